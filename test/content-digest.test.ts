/** One digest a tree: the same everywhere, another for whatever differs. */
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { TreeEntry } from "../provider/types";
import { contentDigest } from "../provider/content-digest";
import { tar, tarGz } from "./support/archives";
import { unpackLayers } from "./support/unpacking";

const file: TreeEntry = { path: "a", type: "file", mode: 0o644, size: 1, sha256: "0a" };
const link: TreeEntry = { path: "b", type: "symlink", mode: 0o777, size: 0, target: "a" };
const directory: TreeEntry = { path: "c", type: "directory", mode: 0o755, size: 0 };

test("the documented text is what is hashed", () => {
  const text = [
    "oci-artifact-tree/1",
    '["a","file","644",1,"0a"]',
    '["b","symlink","777",0,"a"]',
    '["c","directory","755",0,""]',
    "",
  ].join("\n");
  const hex = createHash("sha256").update(text).digest("hex");
  assert.equal(contentDigest([directory, link, file]), `sha256:${hex}`);
});

test("each property counts, and no two trees fall together", () => {
  const trees: readonly (readonly TreeEntry[])[] = [
    [],
    [file],
    [{ ...file, path: "b" }],
    [{ ...file, mode: 0o755 }],
    [{ ...file, size: 2 }],
    [{ ...file, sha256: "0b" }],
    [{ ...link, target: "c" }],
    [link],
    [{ ...link, path: 'b"', target: "" }],
    [{ ...link, path: "b", target: '","' }],
    [{ ...link, path: 'b","symlink","777",0,"a"]\n["c' }],
    [file, link],
    [directory],
  ];
  assert.equal(new Set(trees.map(contentDigest)).size, trees.length);
});

test("neither packing, nor order, nor times change it", async (t) => {
  const one = await unpackLayers(t, [tarGz({ "d/a": "A", b: "B" })]);
  const other = await unpackLayers(t, [
    tar([
      { path: "b", content: "B", mtime: 5 },
      { path: "d/a", content: "A" },
      { path: "d", type: "directory", mtime: 7 },
    ]),
  ]);
  assert.equal(contentDigest(one.entries), contentDigest(other.entries));
});
