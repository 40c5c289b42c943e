/** Content of which only a part is wanted, over the whole road: what lies there, and what was fetched. */
import * as assert from "node:assert/strict";
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import type { CheckedInputs } from "../provider/pulumi/inputs";
import { gzip, tar, tarGz, type TarMember } from "./support/archives";
import { MEDIA_TYPES, type LayerContent } from "./support/artifacts";
import {
  assertFailed,
  assertPulled,
  openSandbox,
  publishKnown,
  type PullResult,
} from "./support/pulling";
import { registryFor } from "./support/registry-for-test";

type Inputs = Partial<CheckedInputs>;

async function pullPart(
  t: TestContext,
  layers: readonly (readonly TarMember[] | LayerContent)[],
  inputs: Inputs,
): Promise<PullResult> {
  const registry = await registryFor(t);
  publishKnown(registry, {
    layers: layers.map((layer) =>
      "bytes" in layer ? layer : { bytes: gzip(tar(layer)), mediaType: MEDIA_TYPES.tarGzip },
    ),
  });
  return await openSandbox(t, registry).pull({ inputs: { plainHttp: true, ...inputs } });
}

const MEMBERS: readonly TarMember[] = [
  { path: "top/", type: "directory" },
  { path: "top/bin/", type: "directory", mode: 0o750, mtime: 1_600_000_000 },
  { path: "top/bin/run", content: "run", mode: 0o755, mtime: 1_500_000_000 },
  { path: "top/bin/again", type: "hardlink", link: "top/bin/run" },
  { path: "top/bin/link", type: "symlink", link: "run" },
  { path: "top/docs/a.md", content: "a" },
  { path: "top/docs/empty/", type: "directory" },
];

describe("a part of the content", () => {
  test("keeps modes, times and links, and has digests of its own", async (t) => {
    const exclude = ["docs/**", "bin/again"];
    const result = await pullPart(t, [MEMBERS], { stripComponents: 1, exclude });
    const { tree } = assertPulled(result, { "bin/run": "run", "bin/link": " -> run" });
    assert.equal(tree.fileCount, 2);
    assert.deepEqual(readdirSync(tree.directory), ["bin"]);
    assert.deepEqual(modeAndTime(tree.directory, "bin"), [0o750, 1_600_000_000]);
    assert.deepEqual(modeAndTime(tree.directory, "bin/run"), [0o755, 1_500_000_000]);
    const files = { "bin/run": "run" };
    const whole = assertPulled(await pullPart(t, [tarMembers(files)], {}), files);
    assert.notEqual(whole.tree.contentDigest, tree.contentDigest);
  });

  test("a folder that several become has the mode and time of the first", async (t) => {
    const folder = (path: string, mode: number, mtime: number): TarMember => {
      return { path, type: "directory", mode, mtime };
    };
    const members = [
      ...[folder("a/d/", 0o700, 1_100_000_000), folder("b/d/", 0o755, 1_200_000_000)],
      ...[folder("b/d/deep/", 0o711, 1_300_000_000), { path: "b/d/deep/x", content: "x" }],
      { path: "a/d/y", content: "y" },
    ];
    const result = await pullPart(t, [members], { stripComponents: 1 });
    const { directory } = assertPulled(result, { "d/deep/x": "x", "d/y": "y" }).tree;
    assert.deepEqual(modeAndTime(directory, "d"), [0o700, 1_100_000_000]);
    assert.deepEqual(modeAndTime(directory, "d/deep"), [0o711, 1_300_000_000]);
  });

  test("is the same content as an artifact that has just that", async (t) => {
    const part = await pullPart(t, [tarMembers({ "x/a": "1", "x/b/c": "2", y: "3" })], {
      subPath: "x",
    });
    const whole = await pullPart(t, [tarMembers({ a: "1", "b/c": "2" })], {});
    const files = { a: "1", "b/c": "2" };
    assert.equal(
      assertPulled(part, files).tree.contentDigest,
      assertPulled(whole, files).tree.contentDigest,
    );
  });

  test("a folder that loses most is made anew, and one that loses little goes along", async (t) => {
    const names = ["a", "b", "c", "d"];
    const members: readonly TarMember[] = [
      { path: "many/", type: "directory", mode: 0o711, mtime: 1_100_000_000 },
      ...names.map((name) => ({ path: `many/${name}`, content: name })),
      { path: "few/", type: "directory", mode: 0o750, mtime: 1_200_000_000 },
      ...names.map((name) => ({ path: `few/${name}/x`, content: name })),
    ];
    const include = ["many/[bcd]", "few/b/x"];
    const { tree } = assertPulled(await pullPart(t, [members], { include }), {
      "few/b/x": "b",
      "many/b": "b",
      "many/c": "c",
      "many/d": "d",
    });
    assert.deepEqual(modeAndTime(tree.directory, "many"), [0o711, 1_100_000_000]);
    assert.deepEqual(modeAndTime(tree.directory, "few"), [0o750, 1_200_000_000]);
    assert.deepEqual(readdirSync(tree.directory).sort(), ["few", "many"]);
    assert.deepEqual(readdirSync(join(tree.directory, "many")).sort(), ["b", "c", "d"]);
    assert.deepEqual(readdirSync(join(tree.directory, "few")), ["b"]);
  });

  test("a hard link whose target is not selected is a file of its own", async (t) => {
    const inputs = { subPath: "top/bin", include: ["again"] };
    assertPulled(await pullPart(t, [MEMBERS], inputs), { again: "run" });
  });

  test("empty folders stay where they are selected", async (t) => {
    const result = await pullPart(t, [MEMBERS], { subPath: "top/docs" });
    const { tree } = assertPulled(result, { "a.md": "a" });
    assert.deepEqual(readdirSync(tree.directory).sort(), ["a.md", "empty"]);
  });

  test("a link that leads out of it is refused; left out, it is none", async (t) => {
    const members = [
      ...tarMembers({ "shared/x": "x", "app/a": "a" }),
      { path: "app/link", type: "symlink", link: "../shared/x" } as const,
    ];
    const refused = await pullPart(t, [members], { subPath: "app" });
    assertFailed(
      refused,
      "UNSAFE_ARCHIVE",
      /in the selected part, the link "app\/link" links to a/,
    );
    assertPulled(await pullPart(t, [members], { subPath: "app", exclude: ["link"] }), { a: "a" });
    assertPulled(await pullPart(t, [members], { include: ["app/**"] }), {
      "app/a": "a",
      "app/link": " -> ../shared/x",
    });
  });

  test("folders that come to one path are one; files are an error that names both", async (t) => {
    const members = tarMembers({ "a/d/x": "1", "b/d/y": "2" });
    assertPulled(await pullPart(t, [members], { stripComponents: 1 }), { "d/x": "1", "d/y": "2" });
    for (const [one, other] of [
      ["a/d/x", "b/d/x"],
      ["a/d/x", "b/D/y"],
      ["a/d/x", "b/d"],
    ] as const) {
      const clashing = tarMembers({ [one]: "1", [other]: "2" });
      const result = await pullPart(t, [clashing], { stripComponents: 1 });
      assertFailed(result, "BAD_ARCHIVE", /"a\/d(\/x)?" and "b\/[^"]+" both come to "/);
      const kept = await pullPart(t, [clashing], { stripComponents: 1, exclude: [other.slice(2)] });
      if (one.slice(2) !== other.slice(2)) assertPulled(kept, { "d/x": "1" });
    }
  });

  test("whiteouts of an image mean what they mean in the whole", async (t) => {
    const registry = await registryFor(t);
    publishKnown(registry, {
      config: { bytes: "{}", mediaType: MEDIA_TYPES.imageConfig },
      layers: [
        { "etc/a": "1", "etc/b": "2" },
        { "etc/.wh.a": "", "etc/c": "3" },
      ].map((files) => ({
        bytes: tarGz(files),
        mediaType: MEDIA_TYPES.tarGzip,
      })),
    });
    const result = await openSandbox(t, registry).pull({
      inputs: { plainHttp: true, subPath: "etc" },
    });
    assertPulled(result, { b: "2", c: "3" });
  });

  test("nothing selected: nothing is placed", async (t) => {
    const result = await pullPart(t, [MEMBERS], { include: ["*.yaml"] });
    assertFailed(result, "NO_MATCHING_LAYER", /the content has 4\n {2}include leaves 0/);
  });

  test("of which the reference names a folder", async (t) => {
    const registry = await registryFor(t);
    publishKnown(registry, {
      layers: [
        { bytes: tarGz({ "v1/a/b/c": "1", "v1/a/d": "2" }), mediaType: MEDIA_TYPES.tarGzip },
      ],
    });
    const { pulled } = await openSandbox(t, registry).pull({
      reference: `oci://${registry.host}/team/app//a/b?tag=1`,
      inputs: { plainHttp: true, stripComponents: 1, exclude: ["a/d"] },
    });
    assert.match(pulled?.path ?? "", /^\.oci-artifacts\/app-\w{16}\/a\/b$/);
    assert.deepEqual(
      pulled?.tree.entries.map(({ path }) => path),
      ["a", "a/b", "a/b/c"],
    );
  });
});

describe("layers", () => {
  const LAYERS: readonly LayerContent[] = [
    { bytes: tarGz({ a: "1" }), mediaType: MEDIA_TYPES.tarGzip },
    { bytes: "{}", mediaType: "application/json", title: "config.json" },
    { bytes: tarGz({ b: "2" }), mediaType: "application/octet-stream", title: "b.tgz" },
  ];

  test("only the chosen ones are fetched", async (t) => {
    const registry = await registryFor(t);
    publishKnown(registry, { layers: LAYERS });
    const sandbox = openSandbox(t, registry);
    const inputs = { plainHttp: true, mediaTypes: ["application/json"] };
    assertPulled(await sandbox.pull({ inputs }), { "config.json": "{}" });
    assert.equal(registry.count({ kind: "blob" }), 1);
    const titled = { plainHttp: true, titles: ["config.json"] };
    assertPulled(await sandbox.pull({ inputs: titled }), { "config.json": "{}" });
    assert.equal(registry.count({ kind: "blob" }), 1, "from the cache");
  });

  test("extract: always unpacks titled archives at the root, and keeps what is none", async (t) => {
    const files = { a: "1", b: "2", "config.json": "{}" };
    assertPulled(await pullPart(t, LAYERS, { extract: "always" }), files);
  });

  test("extract: never keeps the bytes of every layer", async (t) => {
    const result = await pullPart(t, LAYERS, { extract: "never" });
    const { tree } = result.pulled ?? assert.fail(result.error?.message);
    const sizes = tree.entries.map(({ path, size }) => [path, size]);
    assert.deepEqual(sizes, [
      ["b.tgz", Buffer.byteLength(LAYERS[2]?.bytes ?? "")],
      ["blob-0.tar.gz", Buffer.byteLength(LAYERS[0]?.bytes ?? "")],
      ["config.json", 2],
    ]);
  });
});

function modeAndTime(directory: string, name: string): readonly number[] {
  const { mode, mtimeMs } = lstatSync(join(directory, name));
  return [mode & 0o777, mtimeMs / 1_000];
}

function tarMembers(files: Readonly<Record<string, string>>): readonly TarMember[] {
  return Object.entries(files).map(([path, content]) => ({ path, content }));
}
