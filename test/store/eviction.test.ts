/** The bound of the cache: who goes, who stays, and that nobody looks more often than need be. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import { openBlobs, type BlobStore } from "../../provider/store/blobs";
import { listBlobs, sizeOf } from "../../provider/store/blob-folder";
import { leastRecentlyUsed } from "../../provider/store/evict";
import { formatIdentity, ownIdentity } from "../../provider/store/process-identity";
import { markUsed } from "../../provider/store/use-mark";
import { folderFor } from "../support/folder-for-test";

const SIZE = 100;

/** Blobs of the same size that differ. */
function blobOf(name: string): Buffer {
  return Buffer.alloc(SIZE, `${name}.`);
}

function digestFor(name: string): string {
  return digestOf(blobOf(name));
}

/** Sets back when a blob was used last. */
function age(blobs: BlobStore, name: string, hours: number): void {
  const then = new Date(Date.now() - hours * 3_600_000);
  utimesSync(blobs.file(digestFor(name)), then, then);
}

/** Writes blobs; the first is the oldest. */
async function fill(blobs: BlobStore, names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) {
    await blobs.put(digestFor(name), blobOf(name));
    age(blobs, name, 100 - index);
  }
}

function present(blobs: BlobStore, names: readonly string[]): readonly string[] {
  return names.filter((name) => existsSync(blobs.file(digestFor(name))));
}

const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

describe("beyond the bound", () => {
  test("the least recently used go, and some room is made", async (context) => {
    const blobs = openBlobs(folderFor(context), { maxBytes: 10 * SIZE });
    await fill(blobs, NAMES);
    assert.deepEqual(present(blobs, NAMES), NAMES);
    await blobs.put(digestFor("new"), blobOf("new"));
    assert.deepEqual(present(blobs, [...NAMES, "new"]), [...NAMES.slice(2), "new"]);
  });

  test("what was looked at or read is used", async (context) => {
    const blobs = openBlobs(folderFor(context), { maxBytes: 10 * SIZE });
    await fill(blobs, NAMES);
    assert.equal(await blobs.has({ digest: digestFor("a"), size: SIZE }), true);
    assert.deepEqual(await blobs.read(digestFor("b")), blobOf("b"));
    await blobs.put(digestFor("new"), blobOf("new"));
    assert.deepEqual(present(blobs, ["a", "b", "c", "d", "e"]), ["a", "b", "e"]);
  });

  test("what is held stays, until it is released; so content larger than the bound can be pulled", async (context) => {
    const folder = folderFor(context);
    const blobs = openBlobs(folder, { maxBytes: 3 * SIZE });
    const release = await blobs.hold(NAMES.map(digestFor));
    await fill(blobs, NAMES);
    assert.deepEqual(present(blobs, NAMES), NAMES);
    await release();
    assert.ok(sizeOf(await listBlobs(folder)) <= 3 * SIZE);
    assert.deepEqual(present(blobs, ["i", "j"]), ["i", "j"]);
    assert.deepEqual(readdirSync(join(folder, "in-use")), []);
  });

  test("what another process holds stays; the note of a dead one counts for nothing", async (context) => {
    const folder = folderFor(context);
    const notes = join(folder, "in-use");
    mkdirSync(notes);
    const dead = formatIdentity({ ...ownIdentity(), startTime: "1" });
    writeFileSync(join(notes, `${dead}.0123456789ab`), digestFor("a"));
    const elsewhere = formatIdentity({ ...ownIdentity(), realm: "other-host" });
    writeFileSync(join(notes, `${elsewhere}.0123456789ab`), `${digestFor("b")}\n${digestFor("c")}`);
    const blobs = openBlobs(folder, { maxBytes: 10 * SIZE });
    await fill(blobs, NAMES);
    await blobs.put(digestFor("new"), blobOf("new"));
    assert.deepEqual(present(blobs, ["a", "b", "c", "d", "e"]), ["b", "c", "e"]);
    assert.deepEqual(readdirSync(notes), [`${elsewhere}.0123456789ab`]);
  });

  test("a bound of nothing keeps nothing", async (context) => {
    const folder = folderFor(context);
    await fill(openBlobs(folder), ["a"]);
    await openBlobs(folder, { maxBytes: 0 }).put(digestFor("b"), blobOf("b"));
    assert.deepEqual(await listBlobs(folder), []);
  });
});

describe("the whole cache is looked at", () => {
  /** Puts a blob where it belongs without telling anybody. */
  function smuggle(blobs: BlobStore, name: string): void {
    const file = blobs.file(digestFor(name));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, blobOf(name));
    age(blobs, name, 1000);
  }

  test("when what was written since comes to the bound, and not before", async (context) => {
    const blobs = openBlobs(folderFor(context), { maxBytes: 3 * SIZE });
    await fill(blobs, ["a"]);
    for (const name of ["x", "y", "z"]) smuggle(blobs, name);
    await fill(blobs, ["b", "c"]);
    assert.deepEqual(present(blobs, ["x", "y", "z"]), ["x", "y", "z"]);
    await blobs.put(digestFor("d"), blobOf("d"));
    assert.deepEqual(present(blobs, ["x", "y", "z", "a", "b", "c", "d"]), ["c", "d"]);
  });

  test("when other processes have written the most of it", async (context) => {
    const folder = folderFor(context);
    const stores = [1, 2, 3, 4].map(() => openBlobs(folder, { maxBytes: 3 * SIZE }));
    for (const [index, store] of stores.entries()) await fill(store, [NAMES[index] ?? ""]);
    assert.ok(sizeOf(await listBlobs(folder)) <= 3 * SIZE);
  });

  for (const [name, text] of [
    ["lost", undefined],
    ["damaged", "12\nx\n"],
    ["very long", "0\n".repeat(40_000)],
  ] as const) {
    test(`when the tally is ${name}`, async (context) => {
      const folder = folderFor(context);
      const blobs = openBlobs(folder, { maxBytes: 3 * SIZE });
      for (const smuggled of ["w", "x", "y", "z"]) smuggle(blobs, smuggled);
      if (text !== undefined) writeFileSync(join(folder, "tally"), text);
      await blobs.put(digestFor("a"), blobOf("a"));
      assert.ok(sizeOf(await listBlobs(folder)) <= 3 * SIZE);
      assert.ok(statSync(join(folder, "tally")).size < 10);
    });
  }

  test("when the tally is a pipe, which nobody waits for", async (context) => {
    const folder = folderFor(context);
    execFileSync("mkfifo", [join(folder, "tally")]);
    const blobs = openBlobs(folder, { maxBytes: 3 * SIZE });
    await fill(blobs, NAMES);
    assert.ok(sizeOf(await listBlobs(folder)) <= 3 * SIZE);
    assert.ok(statSync(join(folder, "tally")).isFile());
  });
});

test("that a blob is used is written down at most once an hour", async (context) => {
  const blobs = openBlobs(folderFor(context));
  await fill(blobs, ["a"]);
  const key = { digest: digestFor("a"), size: SIZE };
  const usedAt = (): number => statSync(blobs.file(key.digest)).mtimeMs;
  age(blobs, "a", 0.5);
  const before = usedAt();
  assert.equal(await blobs.has(key), true);
  await blobs.read(key.digest);
  assert.equal(usedAt(), before);
  age(blobs, "a", 2);
  await blobs.has(key);
  assert.ok(usedAt() > before);
  age(blobs, "a", -1000);
  await blobs.has(key);
  assert.ok(usedAt() < Date.now() + 3_600_000, "a time to come is put right");
  assert.equal(await markUsed(blobs.file(key.digest), 0), true);
  assert.equal(await markUsed(blobs.file(digestFor("none")), 0), false);
});

test("choosing who goes: the oldest first, no more than need be, none that is held", () => {
  const blobs = NAMES.map((digest, usedAt) => ({ digest, size: SIZE, usedAt }));
  const chosen = (bytes: number, ...held: readonly string[]): readonly string[] =>
    leastRecentlyUsed(blobs, new Set(held), bytes).map(({ digest }) => digest);
  assert.deepEqual(chosen(0), []);
  assert.deepEqual(chosen(-5), []);
  assert.deepEqual(chosen(1), ["a"]);
  assert.deepEqual(chosen(SIZE + 1, "a"), ["b", "c"]);
  assert.deepEqual(chosen(10_000, "j"), NAMES.slice(0, 9));
});
