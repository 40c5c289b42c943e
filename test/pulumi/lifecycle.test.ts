/** Diff, create, update and delete: by the digest of the check, without the registry. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { UNKNOWN } from "../../provider/pulumi/known";
import type { Properties } from "../../provider/pulumi/lifecycle";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { lifecycleWorld } from "./lifecycle-world";

const FILES = { "dir/b.txt": "bravo", "a.txt": "alpha" };
const NO_SIGNAL = new AbortController().signal;

describe("diff", () => {
  test("looks at what decides content, and at nothing else", async (context) => {
    const world = await lifecycleWorld(context);
    const { lifecycle } = world.host();
    const old = { reference: "h/a:1", digest: "d", manifestDigest: "m", path: ".oci-artifacts/a" };
    const same: readonly Properties[] = [
      { ...old, newOutput: "x" },
      { ...old, credentials: { username: "u" }, plainHttp: true, caCertificates: ["x"] },
      { ...old, files: { "./a": "b" }, annotations: {} },
    ];
    for (const news of same)
      assert.deepEqual(await lifecycle.diff("id", old, news), { changes: false });
    for (const name of Object.keys(old)) {
      assert.deepEqual(await lifecycle.diff("id", old, { ...old, [name]: "other" }), {
        changes: true,
      });
      assert.deepEqual(await lifecycle.diff("id", old, { ...old, [name]: UNKNOWN }), {
        changes: true,
      });
    }
  });
});

describe("create, update, delete", () => {
  test("work by the digest of the check, and never ask again", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish({ "a.txt": "checked" });
    const host = world.host();
    const { inputs } = await host.check({ reference: world.reference, plainHttp: true });
    world.publish({ "a.txt": "later" });
    await world.registry.stop();
    const created = await host.lifecycle.create(inputs, NO_SIGNAL);
    assert.deepEqual(created.outs, inputs);
    assert.match(created.id, /^[0-9a-f]{8}-/);
    const updated = await host.lifecycle.update(created.id, inputs, inputs, NO_SIGNAL);
    assert.deepEqual(updated.outs, inputs);
    const claims = join(world.project, ".oci-artifacts", ".pulumi/claims");
    const [claim = ""] = fs.readdirSync(claims);
    assert.equal(`.oci-artifacts/${fs.readFileSync(join(claims, claim), "utf8")}`, inputs["path"]);
    await host.lifecycle.delete(created.id, inputs);
    assert.deepEqual(fs.readdirSync(claims), []);
    // An update of another resource may still read the tree.
    assert.equal(fs.existsSync(join(world.project, String(inputs["path"]))), true);
  });

  test("create brings back a tree that was removed since the check", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish(FILES);
    const host = world.host();
    const { inputs } = await host.check({ reference: world.reference, plainHttp: true });
    fs.rmSync(join(world.project, String(inputs["path"])), { recursive: true });
    await world.registry.stop();
    await host.lifecycle.create(inputs, NO_SIGNAL);
    assert.equal(fs.existsSync(join(world.project, String(inputs["path"]), "a.txt")), true);
  });

  test("delete in an empty project is no error", async (context) => {
    const world = await lifecycleWorld(context);
    await world.host().lifecycle.delete("id", {});
    assert.deepEqual(fs.readdirSync(world.project), []);
  });
});

describe("a folder of the content", () => {
  test("named by the reference is the path, also of a tar without folders", async (context) => {
    const world = await lifecycleWorld(context);
    const bytes = tarGz({ "charts/app/values.yaml": "a: 1" }, { directories: false });
    publish(world.registry, "team/app", "1", {
      layers: [{ bytes, mediaType: MEDIA_TYPES.tarGzip }],
    });
    const reference = `oci://${world.registry.host}/team/app//charts/app?tag=1`;
    const host = world.host();
    const { inputs } = await host.check({ reference, plainHttp: true });
    assert.match(String(inputs["path"]), /^\.oci-artifacts\/app-[0-9a-f]{16}\/charts\/app$/);
    const values = join(world.project, String(inputs["path"]), "values.yaml");
    assert.equal(fs.readFileSync(values, "utf8"), "a: 1");
    const created = await host.lifecycle.create(inputs, NO_SIGNAL);
    assert.deepEqual(created.outs, inputs);
  });

  test("that is not there: the error lists those that are", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish(FILES);
    const reference = `oci://${world.registry.host}/team/app//none?tag=1`;
    await assert.rejects(world.host().check({ reference, plainHttp: true }), (error: Error) => {
      assert.match(
        error.message,
        /^cannot use \/\/none of .*: the content has no such folder\n {2}\/\/dir\n/,
      );
      return true;
    });
  });
});

test("a repository with a very long name has a tree, too", async (context) => {
  const world = await lifecycleWorld(context);
  const repository = `team/${"long".repeat(45)}`;
  world.publish(FILES, "1", repository);
  const reference = `${world.registry.host}/${repository}:1`;
  const { inputs } = await world.host().check({ reference, plainHttp: true });
  assert.equal(fs.existsSync(join(world.project, String(inputs["path"]), "a.txt")), true);
});
