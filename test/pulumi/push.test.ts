/**
 * The life of a push: what a preview knows before anything is pushed, what an update pushes, and what it
 * leaves alone. Behavior and traffic.
 */
import * as assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { UNKNOWN } from "../../provider/pulumi/known";
import type { Properties } from "../../provider/pulumi/lifecycle";
import { PUSH_OUTPUTS } from "../../provider/pulumi/push/push-outputs";
import { NO_SIGNAL, pushWorld, short, writesTo } from "./push-world";

describe("a preview", () => {
  test("knows the digest and the files, and nothing is written", async (t) => {
    const world = await pushWorld(t);
    const { inputs } = await world.host().check(world.inputs, { preview: true });
    const { digest, contentDigest, ...rest } = inputs;
    assert.match(String(digest), /^sha256:[0-9a-f]{64}$/);
    assert.match(String(contentDigest), /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(rest, {
      source: "./content",
      reference: world.reference,
      pinned: `${world.registry.host}/team/app@${String(digest)}`,
      tagged: { "1": digest },
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      artifactType: "application/vnd.unknown.artifact.v1",
      fileCount: 2,
      size: 11,
      files: { "./charts/b.yaml": short("b: 2\n"), "./main.tf": short("a = 1\n") },
    });
    assert.deepEqual(
      world.registry.requests.map(({ method, path }) => `${method} ${path}`),
      ["HEAD /v2/team/app/manifests/1"],
    );
    assert.deepEqual(world.staged(), []);
  });

  test("says so where the registry cannot be asked, and shows the digest", async (t) => {
    const world = await pushWorld(t);
    const whole = await world.host().check(world.inputs, { preview: true });
    await world.registry.stop();
    const host = world.host();
    const { inputs, failures } = await host.check(world.inputs, { preview: true });
    assert.deepEqual(failures, []);
    assert.deepEqual(inputs, whole.inputs);
    assert.match(host.report.said("warning").join(), /the registry cannot be asked what the tags/);
  });

  test("of unknown inputs has unknown outputs, and asks nobody", async (t) => {
    const world = await pushWorld(t);
    const given = { ...world.inputs, annotations: { a: UNKNOWN } };
    const { inputs } = await world.host().check(given, { preview: true });
    for (const name of Object.keys(PUSH_OUTPUTS).filter((each) => each !== "owned")) {
      assert.equal(inputs[name], UNKNOWN, name);
    }
    assert.equal("plainHttp" in inputs, false);
    assert.deepEqual(world.registry.requests, []);
  });

  test("with dependsOn waits for a source that is not there yet", async (t) => {
    const world = await pushWorld(t);
    const host = world.host();
    const given = { ...world.inputs, source: "./dist" };
    const { inputs } = await host.check(given, { preview: true, dependsOn: true });
    assert.equal(inputs["digest"], UNKNOWN);
    assert.deepEqual(host.report.said("info"), [
      "./dist is not there yet, so what it holds is known only in the update",
    ]);
    await assert.rejects(
      host.check(given, { preview: true }),
      /cannot pack .*dist: it is not there/,
    );
    await assert.rejects(
      host.check(given, { dependsOn: true }),
      /cannot pack .*dist: it is not there/,
    );
  });
});

describe("an update", () => {
  test("pushes blobs, then the manifest, then the tags in their order", async (t) => {
    const world = await pushWorld(t);
    const host = world.host();
    const state = await host.create({ ...world.inputs, tags: ["v1", "1", "latest"] });
    assert.deepEqual(state["owned"], { manifest: true, tags: ["1", "v1", "latest"] });
    const writes = writesTo(world.registry);
    assert.deepEqual(writes.slice(-4), [
      "PUT manifest",
      "PUT tag 1",
      "PUT tag v1",
      "PUT tag latest",
    ]);
    assert.deepEqual(world.repository.tags(), ["1", "latest", "v1"]);
    for (const tag of world.repository.tags()) {
      assert.equal(world.repository.manifest(tag)?.digest, state["digest"]);
    }
    assert.deepEqual(world.staged(), []);
  });

  test("stores neither how the registry is reached nor secrets", async (t) => {
    const world = await pushWorld(t, {
      auth: { kind: "basic", username: "u", password: "hunter2-x" },
    });
    const credentials = { username: "u", password: "hunter2-x" };
    const how = { credentials, immutableTags: true, onTagDrift: "keep", timeouts: { connect: 5 } };
    const state = await world.host().create({ ...world.inputs, ...how });
    assert.doesNotMatch(
      JSON.stringify(state),
      /hunter2|plainHttp|immutableTags|onTagDrift|timeouts/,
    );
    const other = await world.host().preview({ ...world.inputs, credentials }, state);
    assert.equal(other.changes, false);
  });

  test("of what is there changes nothing, and writes nothing", async (t) => {
    const world = await pushWorld(t);
    const state = await world.host().create(world.inputs);
    world.registry.clearRequests();
    const host = world.host();
    assert.equal(await host.update(world.inputs, state), state);
    assert.deepEqual(
      world.registry.requests.map(({ method, path }) => `${method} ${path}`),
      ["HEAD /v2/team/app/manifests/1"],
    );
    assert.deepEqual(host.report.lines, []);
    assert.deepEqual(world.staged(), []);
  });

  test("is not needed for other times, another order, other modes of groups", async (t) => {
    const world = await pushWorld(t);
    const state = await world.host().create(world.inputs);
    const file = join(world.project, "content/main.tf");
    rmSync(file);
    writeFileSync(file, "a = 1\n");
    utimesSync(file, 1, 1);
    chmodSync(file, 0o600);
    assert.equal((await world.host().preview(world.inputs, state)).changes, false);
    chmodSync(file, 0o700);
    const { inputs, changes } = await world.host().preview(world.inputs, state);
    assert.equal(changes, true);
    assert.notEqual(inputs["contentDigest"], state["contentDigest"]);
  });

  test("of another file shows digest and file, and pushes what is new", async (t) => {
    const world = await pushWorld(t);
    const state = await world.host().create(world.inputs);
    world.write({ "content/main.tf": "a = 2\n" });
    const shown = await world.host().preview(world.inputs, state);
    assert.equal(shown.changes, true);
    assert.notEqual(shown.inputs["digest"], state["digest"]);
    assert.deepEqual(shown.inputs["files"], {
      "./charts/b.yaml": short("b: 2\n"),
      "./main.tf": short("a = 2\n"),
    });
    const next = await world.host().update(world.inputs, state);
    assert.equal(next["digest"], shown.inputs["digest"]);
    assert.equal(world.repository.manifest("1")?.digest, next["digest"]);
    // What others may have pinned stays.
    assert.ok(world.repository.manifest(String(state["digest"])) !== undefined);
  });

  test("holds to its preview in whatever order the engine gives the names of inputs", async (t) => {
    const world = await pushWorld(t);
    const given = { ...world.inputs, annotations: { a: "1", b: "2", secret: "hunter2-x" } };
    await world.host().check(given, { preview: true });
    world.write({ "content/main.tf": "a = 2\n" });
    const annotations = { secret: "hunter2-x", b: "2", a: "1" };
    const { reference, source, plainHttp } = given as Properties;
    const again = { annotations, plainHttp, reference, source };
    await assert.rejects(world.host().check(again), /it is not what the preview has shown/);
    // Annotations may be secret: what a preview leaves on the disk names none.
    const runs = join(world.cache, "run");
    const records = readdirSync(runs, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".json"))
      .map((name) => readFileSync(join(runs, name), "utf8"));
    assert.equal(records.length, 1);
    assert.doesNotMatch(records.join(), /hunter2/);
  });

  test("takes no source that the preview has not shown", async (t) => {
    const world = await pushWorld(t);
    await world.host().check(world.inputs, { preview: true });
    world.write({ "content/main.tf": "a = 2\n" });
    await assert.rejects(world.host().check(world.inputs), (error: Error) => {
      assert.match(
        error.message,
        /^cannot push .*team\/app:1: it is not what the preview has shown\n/,
      );
      assert.match(
        error.message,
        /\nhint: its source or its tag has changed in between: run again/,
      );
      return true;
    });
    assert.deepEqual(world.staged(), []);
    assert.deepEqual(writesTo(world.registry), []);
    // Another run has seen nothing; nor has one that waits for what it depends on.
    await world.host({ cli: null }).create(world.inputs);
    await world.host().check(world.inputs, { dependsOn: true });
  });

  test("needs a check in the same process", async (t) => {
    const world = await pushWorld(t);
    const { inputs } = await world.host().check(world.inputs);
    await assert.rejects(
      world.host().lifecycle.create(inputs, NO_SIGNAL),
      /this process has not checked the resource\nhint: run again/,
    );
  });

  test("fails where the registry cannot be reached and something is to be pushed", async (t) => {
    const world = await pushWorld(t);
    const state = await world.host().create(world.inputs);
    await world.registry.stop();
    const host = world.host();
    assert.equal(await host.update(world.inputs, state), state);
    assert.match(host.report.said("warning").join(), /cannot be asked/);
    world.write({ "content/main.tf": "a = 2\n" });
    await assert.rejects(world.host().check(world.inputs, {}, state), /cannot read|cannot/);
    assert.deepEqual(world.staged(), []);
  });

  test("of two resources with the same content pushes both", async (t) => {
    const world = await pushWorld(t);
    const host = world.host();
    const [one, two] = [await host.check(world.inputs), await host.check(world.inputs)];
    await host.lifecycle.create(one.inputs, NO_SIGNAL);
    await host.lifecycle.create(two.inputs, NO_SIGNAL);
    assert.deepEqual(world.staged(), []);
  });
});
