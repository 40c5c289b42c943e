/** What the user allows, over the whole road: which files lie there, at what cost, under which name. */
import * as assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import type { Allowances, EntrySelection } from "../provider/content/selection";
import type { CheckedInputs } from "../provider/pulumi/inputs";
import { outputsOf } from "../provider/pulumi/outputs";
import { parseReference } from "../provider/reference/parse";
import { unpackSelected } from "../provider/select-tree";
import type { PlannedLayer, TreeEntry } from "../provider/types";
import { tar, tarGz } from "./support/archives";
import { MEDIA_TYPES, type LayerContent } from "./support/artifacts";
import { folderFor } from "./support/folder-for-test";
import { assertFailed, assertPulled, openSandbox, publishKnown } from "./support/pulling";
import { registryFor } from "./support/registry-for-test";

type Files = Readonly<Record<string, string>>;

function layerOf(files: Files): LayerContent {
  return { bytes: tarGz(files), mediaType: MEDIA_TYPES.tarGzip };
}

/** A sandbox, and pulls of these layers with these inputs. */
async function published(t: TestContext, ...layers: readonly LayerContent[]) {
  const registry = await registryFor(t);
  publishKnown(registry, { layers });
  const sandbox = openSandbox(t, registry);
  const pull = async (inputs: Partial<CheckedInputs>) => {
    registry.clearRequests();
    return await sandbox.pull({ inputs: { plainHttp: true, ...inputs } });
  };
  return { registry, pull };
}

test("allowOverwrite: the later layer wins, and what is selected is selected of that", async (t) => {
  const { pull } = await published(
    t,
    layerOf({ "a/x": "1", "b/y": "1" }),
    layerOf({ "a/x": "2" }),
    { bytes: "3", mediaType: "text/plain", title: "b/y" },
  );
  assertFailed(
    await pull({}),
    "BAD_ARCHIVE",
    /"a\/x" .* is in layer 0 .*\nhint: set allowOverwrite/,
  );
  assertPulled(await pull({ allowOverwrite: true }), { "a/x": "2", "b/y": "3" });
  assertPulled(await pull({ allowOverwrite: true, subPath: "b" }), { y: "3" });
  const stripped = await pull({ allowOverwrite: true, stripComponents: 1 });
  assertPulled(stripped, { x: "2", y: "3" });
});

test("what is not allowed makes no other tree", async (t) => {
  const { pull } = await published(t, layerOf({ a: "1" }));
  const { tree } = assertPulled(await pull({}), { a: "1" });
  const off = { allowOverwrite: false, allowNameClashes: false, allowEmpty: false };
  assert.equal(assertPulled(await pull(off), { a: "1" }).tree.name, tree.name);
  const on = assertPulled(await pull({ allowOverwrite: true }), { a: "1" });
  assert.notEqual(on.tree.name, tree.name);
  assert.equal(on.tree.contentDigest, tree.contentDigest);
});

describe("allowNameClashes", () => {
  test("in the whole content, and where stripComponents brings names together", async (t) => {
    const files = { "a/README": "1", "a/readme": "2" };
    const { pull } = await published(t, layerOf(files), layerOf({ "b/ReadMe": "3" }));
    const words = /differ only in case.*\nhint: set allowNameClashes: true/;
    assertFailed(await pull({}), "UNSAFE_ARCHIVE", words);
    const allowNameClashes = true;
    assertPulled(await pull({ allowNameClashes }), { ...files, "b/ReadMe": "3" });
    const stripped = await pull({ allowNameClashes, stripComponents: 1 });
    assertPulled(stripped, { README: "1", ReadMe: "3", readme: "2" });
  });

  test("only of the selected part: the error names it, and two equal names stay one", async (t) => {
    const { pull } = await published(t, layerOf({ "a/D/x": "1", "b/d/x": "2", "c/D/y": "3" }));
    const stripComponents = 1;
    const words = /"a\/D" and "b\/d" both come to "d"\nhint: .*allowNameClashes: true: these/;
    assertFailed(await pull({ stripComponents }), "BAD_ARCHIVE", words);
    const allowed = await pull({ stripComponents, allowNameClashes: true });
    assertPulled(allowed, { "D/x": "1", "D/y": "3", "d/x": "2" });
    const twice = await pull({ stripComponents: 2, allowNameClashes: true });
    const { hint } = assertFailed(twice, "BAD_ARCHIVE", /"a\/D\/x" and "b\/d\/x" both come to "x"/);
    assert.doesNotMatch(hint ?? "", /allow/);
  });

  for (const type of ["file", "directory"] as const) {
    test(`a ${type} that this file system takes for another replaces nothing`, async (t) => {
      const staging = folderFor(t);
      // Whoever finds the name taken is on such a file system: no other entry has this very name.
      if (type === "file") writeFileSync(join(staging, "d"), "other");
      else mkdirSync(join(staging, "d"));
      const paths = { "a/D": type, "b/d": type };
      await assert.rejects(selectFrom(staging, paths, { stripComponents: 1 }), {
        code: "STORE",
        message: /^cannot unpack app: this file system takes "d" for another name of the content/,
      });
      if (type === "file") assert.equal(readFileSync(join(staging, "d"), "utf8"), "other");
    });
  }
});

describe("allowEmpty", () => {
  const empty: LayerContent = { bytes: "{}", mediaType: MEDIA_TYPES.emptyJson };
  const cases: Readonly<Record<string, readonly [LayerContent[], Partial<CheckedInputs>]>> = {
    "no layers": [[], {}],
    "the empty layer": [[empty], { stripComponents: 1 }],
    "an archive of nothing": [[{ bytes: tar([]), mediaType: MEDIA_TYPES.tar }], {}],
    "no such layer": [[layerOf({ a: "1" })], { titles: ["b"] }],
    "no such file": [[layerOf({ a: "1" })], { include: ["b"] }],
    "nothing below": [[layerOf({ a: "1" })], { stripComponents: 1 }],
    "a folder with nothing that is wanted": [[layerOf({ "a/b": "1" })], { exclude: ["**"] }],
  };
  for (const [name, [layers, inputs]] of Object.entries(cases)) {
    test(`${name}: an empty folder, found again, and brought back`, async (t) => {
      const { registry, pull } = await published(t, ...layers);
      assertFailed(await pull(inputs), "NO_MATCHING_LAYER", /\nhint: .*allowEmpty: true/);
      const { tree, path } = assertPulled(await pull({ ...inputs, allowEmpty: true }), {});
      assert.deepEqual(readdirSync(tree.directory), []);
      assert.match(path, /^\.oci-artifacts\/app-\w{16}$/);
      assertPulled(await pull({ ...inputs, allowEmpty: true }), {});
      assert.deepEqual(
        registry.requests.map(({ kind }) => kind),
        ["manifest"],
      );
      rmdirSync(tree.directory);
      const { report } = await pull({ ...inputs, allowEmpty: true });
      assert.deepEqual(readdirSync(tree.directory), []);
      assert.deepEqual(report.said("warning"), []);
    });
  }

  test("outputs say that nothing is there", async (t) => {
    const { pull } = await published(t, empty);
    const pulled = assertPulled(await pull({ allowEmpty: true }), {});
    const outputs = outputsOf(parseReference("host/team/app:1"), pulled);
    assert.deepEqual([outputs.fileCount, outputs.size, outputs.files], [0, 0, {}]);
  });

  test("a folder that is not there is as an empty one; a file is none", async (t) => {
    const { pull } = await published(t, layerOf({ a: "1" }));
    assertFailed(await pull({ subPath: "b" }), "NOT_FOUND", /no such folder/);
    assertPulled(await pull({ subPath: "b", allowEmpty: true }), {});
    assertFailed(await pull({ subPath: "a", allowEmpty: true }), "NOT_FOUND", /no such folder/);
  });
});

/** Selects from content that has just these paths, by name of each its type. */
async function selectFrom(
  staging: string,
  paths: Readonly<Record<string, "file" | "directory">>,
  selection: EntrySelection,
): Promise<unknown> {
  const allowances: Allowances = { allowNameClashes: true };
  const descriptor = { mediaType: "a/b", digest: "sha256:0", size: 0, annotations: {} };
  const layer: PlannedLayer = { descriptor, index: 0, form: { kind: "file", name: "a" } };
  const entries = Object.entries(paths).flatMap(([path, type]): readonly TreeEntry[] => [
    { path: dirname(path), type: "directory", mode: 0o755, size: 0 },
    { path, type, mode: 0o755, size: 0 },
  ]);
  const part = { selection, allowances, subject: "app", layer };
  return await unpackSelected(staging, part, (whole) => {
    for (const { path, type } of entries) {
      if (type === "directory") mkdirSync(join(whole, path));
      else writeFileSync(join(whole, path), path);
    }
    return Promise.resolve(entries);
  });
}
