/** The inputs that choose content, in the life of a resource; and the limits that it may raise. */
import * as assert from "node:assert/strict";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { LIMITS, type Limits } from "../../provider/limits";
import type { Properties } from "../../provider/pulumi/lifecycle";
import { tarGz } from "../support/archives";
import { buildArtifact, buildIndex, MEDIA_TYPES, publish } from "../support/artifacts";
import { lifecycleWorld, type LifecycleWorld } from "./lifecycle-world";

const FILES = { "top/charts/a.yaml": "a", "top/charts/b.yaml": "b", "top/docs/c.md": "c" };

async function publishedWorld(t: TestContext): Promise<LifecycleWorld> {
  const world = await lifecycleWorld(t);
  world.publish(FILES);
  return world;
}

describe("a selection", () => {
  test("is stored, and outputs are those of the selected content", async (t) => {
    const world = await publishedWorld(t);
    const selection = { stripComponents: 1, include: ["charts/*"], exclude: ["**/b.*"] };
    const { inputs } = await world
      .host()
      .check({ reference: world.reference, plainHttp: true, ...selection });
    for (const [name, value] of Object.entries(selection)) assert.deepEqual(inputs[name], value);
    assert.deepEqual(Object.keys(inputs["files"] as object), ["./charts/a.yaml"]);
    assert.equal(inputs["fileCount"], 1);
    assert.equal(inputs["size"], 1);
    assert.deepEqual(readdirSync(join(world.project, String(inputs["path"]), "charts")), [
      "a.yaml",
    ]);
  });

  test("is a diff where it changes: same digest, another path", async (t) => {
    const world = await publishedWorld(t);
    const given = { reference: world.reference, plainHttp: true };
    const host = world.host();
    const all = await host.check(given);
    let before: Properties = all.inputs;
    for (const selection of [
      { subPath: "top/charts" },
      { include: ["**/*.md"] },
      { exclude: ["**/*.md"] },
      { stripComponents: 1 },
      { layers: [0] },
      { mediaTypes: [MEDIA_TYPES.tarGzip] },
      { extract: "never" },
    ]) {
      const { inputs } = await host.check({ ...given, ...selection }, {}, before);
      assert.equal(inputs["digest"], all.inputs["digest"]);
      assert.notEqual(inputs["path"], before["path"]);
      const [name = ""] = Object.keys(selection);
      const [olds, news] = [before, inputs];
      assert.deepEqual(await host.lifecycle.diff("id", olds, news), { changes: true }, name);
      const again = await host.check({ ...given, ...selection }, {}, inputs);
      assert.deepEqual(await host.lifecycle.diff("id", inputs, again.inputs), { changes: false });
      before = inputs;
    }
    const back = await host.check(given, {}, before);
    assert.equal(back.inputs["path"], all.inputs["path"]);
  });

  test("that takes everything leads to the same tree as none", async (t) => {
    const world = await publishedWorld(t);
    const given = { reference: world.reference, plainHttp: true };
    const host = world.host();
    const plain = await host.check(given);
    const all = { extract: "auto", stripComponents: 0, include: [], subPath: "./" };
    const { inputs } = await host.check({ ...given, ...all });
    assert.equal(inputs["path"], plain.inputs["path"]);
  });

  test("costs no request and no unpacking where the tree is there; create brings it back", async (t) => {
    const world = await publishedWorld(t);
    const given = { reference: world.reference, plainHttp: true, subPath: "top/docs" };
    const host = world.host();
    const { inputs } = await host.check(given);
    world.registry.clearRequests();
    const again = await world.host().check(given, {}, inputs);
    assert.deepEqual(again.inputs, inputs);
    assert.equal(world.registry.count({ kind: "blob" }), 0);
    const tree = join(world.project, String(inputs["path"]));
    rmSync(tree, { recursive: true });
    await host.lifecycle.create(inputs, new AbortController().signal);
    assert.ok(existsSync(join(tree, "c.md")));
  });
});

describe("limits", () => {
  const layer = (files: Readonly<Record<string, string>>) => ({
    bytes: tarGz(files),
    mediaType: MEDIA_TYPES.tarGzip,
  });
  const content = {
    layers: [layer({ "deep/folder/name.txt": "x".repeat(5_000) }), layer({ "b.txt": "b" })],
  };
  const nested = [1, 2, 3].reduce(
    (artifact) => buildIndex({ manifests: [{ artifact }] }),
    buildArtifact(content),
  );

  /** Bounds that the content goes beyond, and those that let it pass. */
  const CASES: readonly [name: keyof Limits, low: Partial<Limits>, high: Partial<Limits>][] = [
    ["manifestBytes", { manifestBytes: 50 }, { manifestBytes: 5_000 }],
    ["layers", { layers: 1 }, { layers: 2 }],
    ["blobBytes", { blobBytes: 50 }, { blobBytes: 10_000 }],
    ["extractedBytes", { extractedBytes: 5_000 }, { extractedBytes: 5_001 }],
    ["entries", { entries: 3 }, { entries: 4 }],
    ["pathBytes", { pathBytes: 19 }, { pathBytes: 20 }],
    ["componentBytes", { componentBytes: 7 }, { componentBytes: 8 }],
    ["ratio", { ratio: 2, ratioFreeBytes: 100 }, { ratio: 500, ratioFreeBytes: 100 }],
    ["ratio", { ratio: 2, ratioFreeBytes: 100 }, { ratio: 2, ratioFreeBytes: 100_000 }],
    ["indexDepth", {}, { indexDepth: 3 }],
  ];
  for (const [name, low, high] of CASES) {
    test(`${JSON.stringify(low)} stops, ${JSON.stringify(high)} lets pass`, async (t) => {
      const world = await lifecycleWorld(t);
      publish(world.registry, "team/app", "1", name === "indexDepth" ? nested : content);
      const given = { reference: world.reference, plainHttp: true };
      const refusal = {
        code: "LIMIT_EXCEEDED",
        message: new RegExp(`\nhint: .* limits\\.${name}$`),
      };
      await assert.rejects(world.host().check({ ...given, limits: low }), refusal);
      const { inputs, failures } = await world.host().check({ ...given, limits: high });
      assert.deepEqual(failures, []);
      assert.equal(inputs["fileCount"], 2);
      assert.equal("limits" in inputs, false, "how: not stored");
    });
  }

  test("redirects", async (t) => {
    const world = await lifecycleWorld(t);
    const [blob] = world.publish({ "a.txt": "a" }).layers;
    const location = `/v2/team/app/blobs/${blob?.digest ?? ""}`;
    const given = { reference: world.reference, plainHttp: true };
    const longWay = (): void => {
      world.registry.fault({ kind: "blob", times: 7, then: { kind: "redirect", location } });
    };
    longWay();
    const refusal = { code: "LIMIT_EXCEEDED", message: /limits\.redirects$/ };
    await assert.rejects(world.host().check(given), refusal);
    longWay();
    const { inputs } = await world.host().check({ ...given, limits: { redirects: 9 } });
    assert.equal(inputs["fileCount"], 1);
  });

  test("tokenBytes", async (t) => {
    const credentials = { username: "robot", password: "correct horse" };
    const world = await lifecycleWorld(t, { auth: { kind: "token", ...credentials } });
    world.publish({ "a.txt": "a" });
    const given = { reference: world.reference, plainHttp: true, credentials };
    const refusal = { code: "LIMIT_EXCEEDED", message: /limits\.tokenBytes$/ };
    await assert.rejects(world.host().check({ ...given, limits: { tokenBytes: 10 } }), refusal);
    const { inputs } = await world.host().check({ ...given, limits: { tokenBytes: 10_000 } });
    assert.equal(inputs["fileCount"], 1);
  });

  test("a limit that stops the check does not stop what is there already", async (t) => {
    const world = await publishedWorld(t);
    const given = { reference: world.reference, plainHttp: true };
    const first = await world.host().check(given);
    const { inputs } = await world.host().check({ ...given, limits: { entries: 1 } });
    assert.equal(inputs["path"], first.inputs["path"]);
  });

  test("null is as good as not given, and all defaults stay", async (t) => {
    const world = await publishedWorld(t);
    const limits = Object.fromEntries(Object.keys(LIMITS).map((name) => [name, null]));
    const { failures } = await world
      .host()
      .check({ reference: world.reference, plainHttp: true, limits });
    assert.deepEqual(failures, []);
  });
});
