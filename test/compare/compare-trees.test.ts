/** Which entries two trees do not have in common. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { compareTrees } from "../../provider/compare-trees";
import type { TreeEntry } from "../../provider/types";

function file(path: string, sha256 = "a", mode = 0o644): TreeEntry {
  return { path, type: "file", mode, size: 1, sha256 };
}

function link(path: string, target: string): TreeEntry {
  return { path, type: "symlink", mode: 0o777, size: 0, target };
}

const FOLDER: TreeEntry = { path: "folder", type: "directory", mode: 0o755, size: 0 };

function paths(before: readonly TreeEntry[], after: readonly TreeEntry[]) {
  const { added, removed, changed, same } = compareTrees(before, after);
  return [...[added, removed, changed].map((list) => list.map(({ path }) => path)), same];
}

test("added, removed and changed, each by byte order of its paths, whatever order they come in", () => {
  const before = [file("z"), file("b", "a"), file("a"), file("same")];
  const after = [file("é"), file("same"), file("y"), file("b", "b"), file("B")];
  assert.deepEqual(paths(before, after), [["B", "y", "é"], ["a", "z"], ["b"], 1]);
});

test("execution counts, and no other bit of the mode", () => {
  assert.deepEqual(paths([file("a", "x", 0o644)], [file("a", "x", 0o600)]), [[], [], [], 1]);
  assert.deepEqual(paths([file("a", "x", 0o644)], [file("a", "x", 0o755)]), [[], [], ["a"], 0]);
});

test("links are what they lead to; a file in the place of one is a change", () => {
  assert.deepEqual(paths([link("l", "a")], [link("l", "a")]), [[], [], [], 1]);
  assert.deepEqual(paths([link("l", "a")], [link("l", "b")]), [[], [], ["l"], 0]);
  assert.deepEqual(paths([link("l", "a")], [file("l")]), [[], [], ["l"], 0]);
});

test("folders are no entries: a file in the place of one is added", () => {
  assert.deepEqual(paths([FOLDER], []), [[], [], [], 0]);
  assert.deepEqual(paths([FOLDER, file("folder/a")], [file("folder")]), [
    ["folder"],
    ["folder/a"],
    [],
    0,
  ]);
});
