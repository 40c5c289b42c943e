/**
 * Tags that somebody else has moved or deleted: a refresh shows it, a check sees it without one, and the
 * rule of the user decides.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Properties } from "../../provider/pulumi/lifecycle";
import { NO_SIGNAL, pushWorld, writesTo, type PushWorld } from "./push-world";

interface Drifted {
  readonly world: PushWorld;
  readonly state: Properties;
  readonly digest: string;
  /** What somebody else has pushed. */
  readonly foreign: string;
}

/** Two tags were pushed; somebody else has moved one of them and deleted the other. */
async function drifted(t: Parameters<typeof pushWorld>[0]): Promise<Drifted> {
  const world = await pushWorld(t);
  const state = await world.host().create({ ...world.inputs, tags: ["latest"] });
  const { repository } = world;
  const digest = String(state["digest"]);
  const bytes = repository.manifest(digest)?.bytes ?? new Uint8Array();
  const document = JSON.parse(Buffer.from(bytes).toString()) as object;
  const foreign = repository.putManifest({ ...document, annotations: { by: "another" } });
  repository.tag("1", foreign);
  repository.untag("latest");
  world.registry.clearRequests();
  return { world, state, digest, foreign };
}

function inputsOf(world: PushWorld, rule?: string): Properties {
  const given = { ...world.inputs, tags: ["latest"] };
  return rule === undefined ? given : { ...given, onTagDrift: rule };
}

describe("drift", () => {
  test("is restored by default, and the reason is said", async (t) => {
    const { world, state, digest, foreign } = await drifted(t);
    const host = world.host();
    const shown = await host.preview(inputsOf(world), state);
    assert.equal(shown.changes, true);
    assert.deepEqual(host.report.said("info"), [
      `the tag 1 names ${foreign}, and not what was pushed; it is set to ${digest} again`,
      `the tag latest is not there, and not what was pushed; it is set to ${digest} again`,
    ]);
    assert.deepEqual(writesTo(world.registry), []);
    const next = await world.host().update(inputsOf(world), state);
    assert.deepEqual(next, state);
    assert.deepEqual(writesTo(world.registry), ["PUT tag 1", "PUT tag latest"]);
    assert.equal(world.repository.manifest("1")?.digest, digest);
    assert.equal(world.repository.manifest("latest")?.digest, digest);
    assert.equal((await world.host().preview(inputsOf(world), next)).changes, false);
  });

  test("is shown by a refresh, and put right by the next update", async (t) => {
    const { world, state, digest, foreign } = await drifted(t);
    const found = await world.host().lifecycle.read(state, NO_SIGNAL);
    const tagged = { "1": foreign, latest: "missing" };
    assert.deepEqual(found.props, { ...state, tagged });
    const { owned: _owned, ...inputs }: Properties = found.props;
    assert.deepEqual(found.inputs, inputs);
    assert.deepEqual(writesTo(world.registry), []);
    const shown = await world.host().preview(inputsOf(world), found.props);
    assert.equal(shown.changes, true);
    assert.deepEqual(shown.inputs["tagged"], { "1": digest, latest: digest });
    const next = await world.host().update(inputsOf(world), found.props);
    assert.deepEqual(next, state);
    assert.equal(world.repository.manifest("latest")?.digest, digest);
  });

  test('is left with "keep", also when other content comes', async (t) => {
    const { world, state, foreign } = await drifted(t);
    const host = world.host();
    const shown = await host.preview(inputsOf(world, "keep"), state);
    assert.deepEqual(shown.inputs["tagged"], { "1": foreign, latest: "missing" });
    assert.equal(host.report.said("warning").length, 2);
    const kept = await world.host().update(inputsOf(world, "keep"), state);
    assert.deepEqual(writesTo(world.registry), []);
    assert.equal((await world.host().preview(inputsOf(world, "keep"), kept)).changes, false);
    world.write({ "content/main.tf": "a = 2\n" });
    const next = await world.host({ cli: null }).update(inputsOf(world, "keep"), kept);
    assert.notEqual(next["digest"], state["digest"]);
    assert.equal(world.repository.manifest("1")?.digest, foreign);
    assert.ok(world.repository.manifest(String(next["digest"])) !== undefined);
  });

  test('fails with "error", and names the tags', async (t) => {
    const { world, state, foreign } = await drifted(t);
    await assert.rejects(
      world.host().preview(inputsOf(world, "error"), state),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "TAG_MOVED");
        assert.match(error.message, new RegExp(`\\n  the tag 1 names ${foreign}\\n`));
        assert.match(error.message, /\n {2}the tag latest is not there\nhint: .*onTagDrift/);
        return true;
      },
    );
    assert.deepEqual(world.staged(), []);
  });

  test("is none where the tag is new to this resource", async (t) => {
    const { world, state } = await drifted(t);
    const given = { ...world.inputs, reference: `${world.registry.host}/team/other:1` };
    world.registry
      .repository("team/other")
      .putManifest({ schemaVersion: 2, layers: [] }, { tag: "1" });
    const host = world.host();
    const next = await host.update({ ...given, onTagDrift: "error" }, state);
    assert.equal(world.registry.repository("team/other").manifest("1")?.digest, next["digest"]);
    assert.deepEqual(next["owned"], { manifest: true, tags: ["1"] });
  });
});

describe("a tag that two resources set", () => {
  test("is a warning, because each takes it from the other", async (t) => {
    const world = await pushWorld(t);
    const host = world.host({ cli: null });
    const first = await host.create(world.inputs);
    await host.create({ ...world.inputs, tags: ["latest"] });
    assert.deepEqual(host.report.said("warning"), []);
    await host.create({ ...world.inputs, annotations: { by: "another" } });
    assert.deepEqual(host.report.said("warning"), [
      `another resource of this program sets ${world.reference}, too, to ${String(first["digest"])}: whoever is last has it; give each a tag of its own`,
    ]);
  });
});

describe("a tag that may not move", () => {
  test("is an error in the preview already", async (t) => {
    const world = await pushWorld(t);
    world.repository.putManifest({ schemaVersion: 2, layers: [] }, { tag: "1" });
    const given = { ...world.inputs, immutableTags: true };
    await assert.rejects(
      world.host().check(given, { preview: true }),
      (error: Error & { code?: string }) => error.code === "TAG_EXISTS",
    );
    assert.deepEqual(writesTo(world.registry), []);
  });

  test("is fine where it names the same", async (t) => {
    const world = await pushWorld(t);
    const given = { ...world.inputs, immutableTags: true };
    const state = await world.host().create(given);
    assert.equal((await world.host().preview(given, state)).changes, false);
  });
});

describe("a refresh", () => {
  test("changes nothing where nothing has, and where nobody can be asked", async (t) => {
    const world = await pushWorld(t);
    const state = await world.host().create(world.inputs);
    assert.deepEqual(await world.host().lifecycle.read(state, NO_SIGNAL), { props: state });
    await world.registry.stop();
    const host = world.host();
    assert.deepEqual(await host.lifecycle.read(state, NO_SIGNAL), { props: state });
    const [warning = "", ...others] = host.report.lines;
    assert.deepEqual(others, []);
    assert.match(
      warning,
      /^warning: what the tags of .*team\/app.* cannot be asked, so this refresh/,
    );
  });

  test("shows what has moved with a login that may only pull", async (t) => {
    const login = { username: "u", password: "hunter2-x" };
    const world = await pushWorld(t, { auth: { kind: "token", ...login, anonymousPull: true } });
    const state = await world.host().create({ ...world.inputs, credentials: login });
    const foreign = world.repository.putManifest({ schemaVersion: 2, layers: [] }, { tag: "1" });
    const { props } = await world.host().lifecycle.read(state, NO_SIGNAL);
    assert.deepEqual(props["tagged"], { "1": foreign });
  });

  test("survives any state", async (t) => {
    const world = await pushWorld(t);
    for (const state of [{}, { reference: 1 }, { reference: "::", tagged: {} }, { tagged: null }]) {
      assert.deepEqual(await world.host().lifecycle.read(state, NO_SIGNAL), { props: state });
    }
  });
});
