/** `pullOnPreview: false`: a preview asks for the digest, and brings no content that is new. */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { UNKNOWN } from "../../provider/pulumi/known";
import { CONTENT_OUTPUTS } from "../../provider/pulumi/outputs";
import { lifecycleWorld, type LifecycleWorld } from "./lifecycle-world";

const PREVIEW = { preview: true } as const;

function given(world: LifecycleWorld) {
  return { reference: world.reference, plainHttp: true, pullOnPreview: false };
}

function blobRequests({ registry }: LifecycleWorld): number {
  return registry.requests.filter(({ path }) => path.includes("/blobs/")).length;
}

describe("pullOnPreview: false", () => {
  test("the digest is known, and what needs the content is not", async (context) => {
    const world = await lifecycleWorld(context);
    const { digest } = world.publish({ "a.txt": "a" });
    const { inputs, failures } = await world.host().check(given(world), PREVIEW);
    assert.deepEqual(failures, []);
    assert.equal(inputs["digest"], digest);
    assert.equal(inputs["tag"], "1");
    for (const name of CONTENT_OUTPUTS) assert.equal(inputs[name], UNKNOWN, name);
    assert.equal("pullOnPreview" in inputs, false);
    assert.equal(blobRequests(world), 0);
    assert.equal(existsSync(join(world.project, ".oci-artifacts")), false);
  });

  test("the update takes the digest that was shown, and brings the content", async (context) => {
    const world = await lifecycleWorld(context);
    const shown = world.publish({ "a.txt": "shown" });
    await world.host().check(given(world), PREVIEW);
    world.publish({ "a.txt": "moved meanwhile" });
    const { inputs } = await world.host().check(given(world));
    assert.equal(inputs["digest"], shown.digest);
    assert.ok(existsSync(join(world.project, String(inputs["path"]), "a.txt")));
  });

  test("content that is here already is known", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish({ "a.txt": "a" });
    const before = await world.host().check(given(world));
    const { inputs } = await world.host().check(given(world), PREVIEW);
    assert.deepEqual(inputs, before.inputs);
  });

  test("on another machine, unchanged content is no diff and is not pulled", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish({ "a.txt": "a" });
    const { inputs: state } = await world.host().check(given(world));
    const elsewhere = world.host(undefined, join(world.project, "other"), join(world.cache, "x"));
    const before = blobRequests(world);
    const { inputs } = await elsewhere.check(given(world), PREVIEW, state);
    assert.deepEqual(inputs, state);
    assert.deepEqual(await elsewhere.lifecycle.diff("id", state, inputs), { changes: false });
    assert.equal(blobRequests(world), before);
  });

  test("a moved tag shows the digests, without names of files", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish({ "a.txt": "a" });
    const { inputs: state } = await world.host().check(given(world));
    const { digest } = world.publish({ "a.txt": "b" });
    const host = world.host();
    const { inputs } = await host.check(given(world), PREVIEW, state);
    assert.equal(inputs["digest"], digest);
    assert.equal(inputs["path"], UNKNOWN);
    assert.deepEqual(await host.lifecycle.diff("id", state, inputs), { changes: true });
    assert.match(host.report.lines.join("\n"), / moved: sha256:\w{12} => sha256:\w{12}$/m);
  });
});
