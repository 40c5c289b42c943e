/** What crosses between the threads of a crew arrives as it was. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import type { WrittenEntry } from "../../provider/store/receipt";
import {
  areasOf,
  createBatchMemory,
  factsAt,
  fileAt,
  putFacts,
  putFile,
} from "../../provider/unpack/batches";
import { packEntries, unpackEntries } from "../../provider/unpack/packed";

const facts = {
  size: 3,
  mtimeMs: 1_700_000_000_000,
  ctimeMs: 1_795_289_000_000.125,
  inode: 2 ** 52,
};

const entries: readonly WrittenEntry[] = [
  { path: "d", type: "directory", mode: 0o755, size: 0 },
  { path: "d/a\nb", type: "file", mode: 0o644, size: 3, sha256: "ab".repeat(32), facts },
  { path: "d/hard", type: "file", mode: 0o600, size: 3, sha256: "cd".repeat(32) },
  { path: "größe", type: "symlink", mode: 0o777, size: 0, target: "d/a\nb" },
];

test("entries", () => {
  for (const some of [entries, entries.slice(0, 1), []]) {
    assert.deepEqual(unpackEntries(structuredClone(packEntries(some))), some);
  }
});

test("files to be written, and what came of them, each in its own place", () => {
  const memory = createBatchMemory();
  const file = { path: "/a", mode: 0o644, seconds: 1_700_000_000, size: 3, isHashed: true };
  const other = { ...file, path: "/größe", mode: 0o755, seconds: 1.5, size: 0, isHashed: false };
  const [one, , another] = areasOf(memory);
  const [same] = areasOf(structuredClone(memory));
  assert.ok(one !== undefined && another !== undefined && same !== undefined);
  putFile(one.numbers, 0, file);
  putFile(one.numbers, 255, other);
  one.bytes.write("content", 0);
  another.bytes.fill(0xff);
  another.numbers.fill(7);
  assert.deepEqual(fileAt(same.numbers, 0, "/a"), file);
  assert.deepEqual(fileAt(same.numbers, 255, "/größe"), other);
  assert.equal(same.bytes.toString("utf8", 0, 7), "content");
  putFacts(same.numbers, 0, facts);
  assert.deepEqual(factsAt(one.numbers, 0), facts);
  assert.deepEqual(fileAt(one.numbers, 255, "/größe"), other);
});
