/**
 * Destroying a push: it takes away what the resource itself has made, only if that is asked for, and fails
 * for no reason of a registry.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pushWorld, writesTo, type PushWorld } from "./push-world";

const ASKED = { deleteOnDestroy: true };

/** What a destroy said and did. */
async function destroyed(world: PushWorld, state: object) {
  world.registry.clearRequests();
  const host = world.host();
  await host.lifecycle.delete("id", { ...state });
  return { lines: host.report.lines, writes: writesTo(world.registry) };
}

describe("a destroy", () => {
  test("that is not asked to delete anything asks nobody", async (t) => {
    const world = await pushWorld(t);
    const state = await world.host().create(world.inputs);
    assert.deepEqual(await destroyed(world, state), { lines: [], writes: [] });
    assert.deepEqual(world.registry.requests, []);
    assert.deepEqual(world.repository.tags(), ["1"]);
  });

  test("takes away tags and manifest", async (t) => {
    const world = await pushWorld(t);
    const state = await world.host().create({ ...world.inputs, ...ASKED, tags: ["latest"] });
    assert.deepEqual(await destroyed(world, state), {
      lines: [],
      writes: ["DELETE tag 1", "DELETE tag latest", "DELETE manifest"],
    });
    assert.deepEqual(world.repository.tags(), []);
    assert.deepEqual(world.repository.manifests(), []);
  });

  test("leaves a tag that somebody else has moved", async (t) => {
    const world = await pushWorld(t);
    const state = await world.host().create({ ...world.inputs, ...ASKED, tags: ["latest"] });
    const other = world.repository.putManifest({ schemaVersion: 2, layers: [] }, { tag: "1" });
    const { writes } = await destroyed(world, state);
    assert.deepEqual(writes, ["DELETE tag latest", "DELETE manifest"]);
    assert.equal(world.repository.manifest("1")?.digest, other);
  });

  test("leaves a manifest that another tag names", async (t) => {
    const world = await pushWorld(t);
    const state = await world.host().create({ ...world.inputs, ...ASKED });
    world.repository.tag("release", String(state["digest"]));
    const { lines, writes } = await destroyed(world, state);
    assert.deepEqual(writes, ["DELETE tag 1"]);
    assert.deepEqual(lines, [
      `info: ${String(state["pinned"])} stays: it is named by release, too`,
    ]);
    assert.equal(world.repository.manifest("release")?.digest, state["digest"]);
  });

  test("leaves a manifest, and says so, where the tags cannot be listed", async (t) => {
    const world = await pushWorld(t);
    const state = await world.host().create({ ...world.inputs, ...ASKED });
    world.registry.fault({ kind: "tags", then: { kind: "status", status: 403 } });
    const { lines, writes } = await destroyed(world, state);
    assert.deepEqual(writes, ["DELETE tag 1"]);
    assert.deepEqual(lines, [
      `info: ${String(state["pinned"])} stays: whether another tag names it cannot be told`,
    ]);
  });

  test("leaves what was there before the resource", async (t) => {
    const world = await pushWorld(t);
    await world.host().create(world.inputs);
    const state = await world.host().create({ ...world.inputs, ...ASKED, tags: ["mine"] });
    assert.deepEqual(state["owned"], { manifest: false, tags: ["mine"] });
    const { writes } = await destroyed(world, state);
    assert.deepEqual(writes, ["DELETE tag mine"]);
    assert.equal(world.repository.manifest("1")?.digest, state["digest"]);
  });

  test("knows after an update what it has made before", async (t) => {
    const world = await pushWorld(t);
    const first = await world.host().create({ ...world.inputs, ...ASKED });
    const given = { ...world.inputs, ...ASKED, tags: ["latest"] };
    const next = await world.host().update(given, first);
    assert.deepEqual(next["owned"], { manifest: true, tags: ["1", "latest"] });
    world.write({ "content/main.tf": "a = 2\n" });
    const last = await world.host({ cli: null }).update(given, next);
    assert.deepEqual(last["owned"], { manifest: true, tags: ["1", "latest"] });
    await destroyed(world, last);
    assert.deepEqual(world.repository.tags(), []);
    // What an update has left behind may be pinned by others.
    assert.deepEqual(
      world.repository.manifests().map(({ digest }) => digest),
      [first["digest"]],
    );
  });

  test("of a resource that has another name now leaves what that one publishes", async (t) => {
    const world = await pushWorld(t);
    const given = { ...world.inputs, ...ASKED };
    const state = await world.host().create({ ...given, tags: ["latest"] });
    // As the engine does it: the new one is created, then the old one is deleted.
    const host = world.host();
    const renamed = await host.create(given);
    world.registry.clearRequests();
    await host.lifecycle.delete("id", state);
    assert.deepEqual(writesTo(world.registry), ["DELETE tag latest"]);
    assert.deepEqual(host.report.said("info").slice(-1), [
      `${world.reference} stays: the program publishes it still`,
    ]);
    assert.equal(world.repository.manifest("1")?.digest, renamed["digest"]);
  });

  test("of a resource that is replaced by the very same leaves it", async (t) => {
    const world = await pushWorld(t);
    const given = { ...world.inputs, ...ASKED };
    const state = await world.host().create(given);
    const host = world.host();
    await host.create(given);
    world.registry.clearRequests();
    await host.lifecycle.delete("id", state);
    assert.deepEqual(world.registry.requests, []);
    assert.deepEqual(world.repository.tags(), ["1"]);
  });

  test("deletes by the manifest where the registry deletes no tags", async (t) => {
    const world = await pushWorld(t);
    world.registry.fault({
      kind: "manifest",
      method: "DELETE",
      reference: (name) => !name.startsWith("sha256:"),
      then: { kind: "status", status: 405, body: { errors: [{ code: "UNSUPPORTED" }] } },
    });
    const state = await world.host().create({ ...world.inputs, ...ASKED });
    assert.deepEqual(await destroyed(world, state), {
      lines: [],
      writes: ["DELETE tag 1", "DELETE manifest"],
    });
    assert.deepEqual(world.repository.tags(), []);
  });

  test("says what a registry does not delete", async (t) => {
    const world = await pushWorld(t, { quirks: { refusesDeletion: 405 } });
    const state = await world.host().create({ ...world.inputs, ...ASKED });
    const { lines } = await destroyed(world, state);
    assert.deepEqual(lines, [
      `warning: ${world.reference} stays: the registry does not let it be deleted`,
    ]);
  });

  test("goes on where nobody can be reached", async (t) => {
    const world = await pushWorld(t);
    const state = await world.host().create({ ...world.inputs, ...ASKED });
    await world.registry.stop();
    const { lines } = await destroyed(world, state);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /^warning: .*team\/app:1 stays: .*; delete it by hand$/);
  });
});
