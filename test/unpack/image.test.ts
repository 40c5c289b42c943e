/** Layers of container images: later ones override, whiteouts hide what lies below, and nothing else. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tar, tarGz } from "../support/archives";
import { assertRefused, contentOf, unpackLayers } from "../support/unpacking";

const isImage = true;

describe("overriding", () => {
  test("files, directories and links of lower layers are replaced", async (t) => {
    const lower = tar([
      { path: "file", content: "old" },
      { path: "dir/deep/a" },
      { path: "link", type: "symlink", link: "file" },
      { path: "was-file", content: "f" },
    ]);
    const upper = tar([
      { path: "file", content: "new" },
      { path: "dir", content: "now a file" },
      { path: "link", content: "now a file, too" },
      { path: "was-file", type: "directory" },
      { path: "was-file/x" },
    ]);
    assert.deepEqual(await contentOf(await unpackLayers(t, [lower, upper], { isImage })), {
      file: "new",
      dir: "now a file",
      link: "now a file, too",
      "was-file": "/",
      "was-file/x": "",
    });
  });

  test("directories keep what is in them", async (t) => {
    const layers = [tarGz({ "d/a": "A" }), tarGz({ "d/b": "B" })];
    const wanted = { d: "/", "d/a": "A", "d/b": "B" };
    assert.deepEqual(await contentOf(await unpackLayers(t, layers, { isImage })), wanted);
  });

  test("a directory of the same layer is not replaced with what is in it", async (t) => {
    const layers = [tarGz({ x: "" }), tar([{ path: "d/a" }, { path: "d" }])];
    await assertRefused(t, layers, "BAD_ARCHIVE", /entry "d" of layer 1 .*not empty/, { isImage });
  });
});

describe("whiteouts", () => {
  const lower = tarGz({ "d/a": "A", "d/b": "B", "d/sub/c": "C", e: "E" });
  const cases: Readonly<Record<string, readonly [Parameters<typeof tar>[0], readonly string[]]>> = {
    "of a file": [[{ path: "d/.wh.a" }], ["d", "d/b", "d/sub", "d/sub/c", "e"]],
    "of a directory": [[{ path: ".wh.d" }], ["e"]],
    "of what is not there": [
      [{ path: ".wh.none" }, { path: "no/.wh.x" }],
      ["d", "d/a", "d/b", "d/sub", "d/sub/c", "e"],
    ],
    opaque: [[{ path: "d/.wh..wh..opq" }], ["d", "e"]],
    "opaque root": [[{ path: ".wh..wh..opq" }, { path: "new" }], ["new"]],
    "opaque, after entries of its own layer": [
      [{ path: "d/new" }, { path: "d/sub/own" }, { path: "d/.wh..wh..opq" }],
      ["d", "d/new", "d/sub", "d/sub/own", "e"],
    ],
    "of a file that its own layer has": [
      [{ path: "e", content: "2" }, { path: ".wh.e" }],
      ["d", "d/a", "d/b", "d/sub", "d/sub/c", "e"],
    ],
    "bookkeeping of storage drivers": [
      [{ path: ".wh..wh.plnk", type: "directory" }],
      ["d", "d/a", "d/b", "d/sub", "d/sub/c", "e"],
    ],
  };
  for (const [name, [members, wanted]] of Object.entries(cases)) {
    test(name, async (t) => {
      const { entries } = await unpackLayers(t, [lower, tar(members)], { isImage });
      assert.deepEqual(
        entries.map(({ path }) => path),
        wanted,
      );
    });
  }

  test("a name that was hidden can come back in another case", async (t) => {
    const layers = [tarGz({ README: "old" }), tar([{ path: ".wh.README" }, { path: "readme" }])];
    const content = await contentOf(await unpackLayers(t, layers, { isImage }));
    assert.deepEqual(content, { readme: "" });
  });

  for (const name of [".wh.", ".wh..", ".wh...", "d/.wh..."]) {
    test(`of nothing: ${name}`, async (t) => {
      const layers = [lower, tar([{ path: name }])];
      await assertRefused(t, layers, "UNSAFE_ARCHIVE", /of layer 1 .*whiteout of no name/, {
        isImage,
      });
    });
  }

  for (const name of ["link/.wh.x", "link/.wh..wh..opq"]) {
    test(`through a symlink: ${name}`, async (t) => {
      const layers = [tar([{ path: "link", type: "symlink", link: "." }]), tar([{ path: name }])];
      await assertRefused(t, layers, "UNSAFE_ARCHIVE", /through the symlink "link"/, { isImage });
    });
  }

  test("that leave nothing", async (t) => {
    const layers = [tarGz({ a: "" }), tar([{ path: ".wh.a" }])];
    await assertRefused(t, layers, "NO_MATCHING_LAYER", /no files/, { isImage });
  });
});
