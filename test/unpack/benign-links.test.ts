/** Links and titles as people use them: kept, and counted from where the archive counts them. */
import * as assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { sha256, tar, tarGz } from "../support/archives";
import { contentOf, directoryTitle, unpackLayers } from "../support/unpacking";

describe("links", () => {
  test("symlinks inside are kept as they are", async (t) => {
    const bytes = tar([
      { path: "a/deep/file", content: "F" },
      { path: "up", type: "symlink", link: "a/deep" },
      { path: "a/deep/back", type: "symlink", link: "../../a/./deep/file" },
      { path: "chain", type: "symlink", link: "up/back" },
      { path: "dangling", type: "symlink", link: "not/there" },
      { path: "root", type: "symlink", link: "." },
    ]);
    const unpacked = await unpackLayers(t, [bytes]);
    const content = await contentOf(unpacked);
    assert.equal(content["up"], "-> a/deep");
    assert.equal(content["a/deep/back"], "-> ../../a/./deep/file");
    assert.equal(content["dangling"], "-> not/there");
    assert.equal(content["root"], "-> .");
    assert.equal(await readFile(join(unpacked.staging, "chain"), "utf8"), "F");
  });

  test("hard links count from the archive's root and become files of their own", async (t) => {
    const bytes = tar([
      { path: "dir/file", content: "F", mode: 0o755 },
      { path: "dir/hard", type: "hardlink", link: "./dir/file", mode: 0o600 },
      { path: "dir/file", content: "other" },
    ]);
    const unpacked = await unpackLayers(t, [bytes]);
    const wanted = { dir: "/", "dir/file": "other", "dir/hard": "F" };
    assert.deepEqual(await contentOf(unpacked), wanted);
    const hard = unpacked.entries.find(({ path }) => path === "dir/hard");
    const hex = sha256("F").slice("sha256:".length);
    assert.deepEqual(hard, { path: "dir/hard", type: "file", mode: 0o755, size: 1, sha256: hex });
  });

  test("a hard link to itself, as GNU packs a file that it is told to pack twice, changes nothing", async (t) => {
    const bytes = tar([
      { path: "file", content: "F", mode: 0o755 },
      { path: "other", type: "hardlink", link: "file" },
      { path: "file", type: "hardlink", link: "./file" },
      { path: "soft", type: "symlink", link: "file" },
      { path: "soft", type: "hardlink", link: "soft" },
    ]);
    const unpacked = await unpackLayers(t, [bytes]);
    assert.deepEqual(await contentOf(unpacked), { file: "F", other: "F", soft: "-> file" });
  });

  test("a hard link to a symlink is the same symlink", async (t) => {
    const bytes = tar([
      { path: "file" },
      { path: "soft", type: "symlink", link: "file" },
      { path: "hard", type: "hardlink", link: "soft" },
    ]);
    assert.equal((await contentOf(await unpackLayers(t, [bytes])))["hard"], "-> file");
  });
});

describe("titles of directories", () => {
  const wanted = { charts: "/", "charts/app": "/", "charts/app/a.yaml": "a" };

  test("entries that begin with the title are not doubled", async (t) => {
    const bytes = tarGz({ "charts/app/a.yaml": "a" });
    const unpacked = await unpackLayers(t, [{ bytes, annotations: directoryTitle("charts") }]);
    assert.deepEqual(await contentOf(unpacked), wanted);
  });

  test("entries that do not are put under it", async (t) => {
    const members = [{ path: "./", type: "directory", mode: 0o750 }];
    const bytes = tarGz({ "./app/a.yaml": "a" }, { members, directories: false });
    const unpacked = await unpackLayers(t, [{ bytes, annotations: directoryTitle("./charts/") }]);
    assert.deepEqual(await contentOf(unpacked), wanted);
    assert.equal(unpacked.entries[0]?.mode, 0o750);
  });

  test("hard links inside follow the title, too", async (t) => {
    const bytes = tar([
      { path: "a", content: "A" },
      { path: "b", type: "hardlink", link: "a" },
    ]);
    const layer = { bytes, annotations: directoryTitle("x/y") };
    const content = await contentOf(await unpackLayers(t, [layer]));
    assert.deepEqual(content, { x: "/", "x/y": "/", "x/y/a": "A", "x/y/b": "A" });
  });

  test("the title . is the root", async (t) => {
    const layer = { bytes: tarGz({ a: "A" }), annotations: directoryTitle(".") };
    assert.deepEqual(await contentOf(await unpackLayers(t, [layer])), { a: "A" });
  });
});

test("several layers share directories", async (t) => {
  const unpacked = await unpackLayers(t, [tarGz({ "d/a": "A" }), tarGz({ "d/b": "B" })]);
  assert.deepEqual(await contentOf(unpacked), { d: "/", "d/a": "A", "d/b": "B" });
});
