/** What crosses between the threads of a crew arrives as it was. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import type { WrittenEntry } from "../../provider/store/receipt";
import {
  packEntries,
  packFiles,
  packWritten,
  unpackEntries,
  unpackFiles,
  unpackWritten,
} from "../../provider/unpack/packed";

const facts = {
  size: 3,
  mtimeMs: 1_700_000_000_000,
  ctimeMs: 1_795_289_000_000.125,
  inode: 2 ** 52,
};

const entries: readonly WrittenEntry[] = [
  { path: "d", type: "directory", mode: 0o755, size: 0 },
  { path: "d/a\nb", type: "file", mode: 0o644, size: 3, sha256: "ab".repeat(32), written: facts },
  { path: "d/hard", type: "file", mode: 0o600, size: 3, sha256: "cd".repeat(32) },
  { path: "größe", type: "symlink", mode: 0o777, size: 0, target: "d/a\nb" },
];

test("entries", () => {
  for (const some of [entries, entries.slice(0, 1), []]) {
    assert.deepEqual(unpackEntries(structuredClone(packEntries(some))), some);
  }
});

test("files to be written, and what came of them", () => {
  const file = {
    path: "/staging/d/a",
    mode: 0o644,
    seconds: 1_700_000_000,
    size: 3,
    isHashed: true,
  };
  const other = { ...file, path: "/staging/größe", size: 0, isHashed: false };
  const written = [
    { sha256: "ab".repeat(32), facts },
    { sha256: undefined, facts },
  ];
  for (const count of [0, 1, 2]) {
    const files = [file, other].slice(0, count);
    assert.deepEqual(unpackFiles(structuredClone(packFiles(files))), files);
    const some = written.slice(0, count);
    assert.deepEqual(unpackWritten(structuredClone(packWritten(some))), some);
  }
  const [, unhashed] = written;
  assert.ok(unhashed !== undefined);
  assert.deepEqual(unpackWritten(packWritten([unhashed])), [unhashed]);
});
