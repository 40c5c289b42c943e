/** What a person can do with the store: list, prune, verify. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { digestOf } from "../../provider/digest";
import { openBlobs, type BlobStore } from "../../provider/store/blobs";
import { listCache, pruneCache, verifyCache, type StorePlaces } from "../../provider/store/cache";
import { openClaims } from "../../provider/store/claims";
import { formatIdentity, ownIdentity } from "../../provider/store/process-identity";
import { openTrees } from "../../provider/store/trees";
import { DAY_MS } from "../../provider/store/use-mark";
import { folderFor } from "../support/folder-for-test";
import { recordReport } from "../support/report-for-test";
import { CONTENT, filler, KEY } from "./content";
import { withoutRights } from "./destination-for-test";

interface Store {
  readonly places: StorePlaces;
  readonly blobs: BlobStore;
  /** The digest of a new blob that was used last so many days ago. */
  readonly put: (text: string, daysAgo: number) => Promise<string>;
  /** The size of a new tree that was used last so many days ago. */
  readonly build: (daysAgo: number) => Promise<number>;
}

function openStore(context: TestContext): Store {
  const folder = folderFor(context);
  const [cacheDirectory, projectDirectory] = [join(folder, "cache"), join(folder, "project")];
  const blobs = openBlobs(cacheDirectory);
  const setBack = (path: string, days: number): void => {
    const then = new Date(Date.now() - days * DAY_MS);
    fs.utimesSync(path, then, then);
  };
  return {
    places: { cacheDirectory, cacheMaxBytes: 1000, projectDirectory },
    blobs,
    async put(text, daysAgo) {
      const digest = digestOf(text);
      await blobs.put(digest, Buffer.from(text));
      setBack(blobs.file(digest), daysAgo);
      return digest;
    },
    async build(daysAgo) {
      const trees = openTrees(projectDirectory);
      const { size } = await trees.ensure(KEY, filler(CONTENT).fill, recordReport());
      setBack(join(trees.directory, ".pulumi/receipts", `${KEY.name}.json`), daysAgo);
      return size;
    },
  };
}

test("a listing: blobs by use, trees with their size and claims, and no write", async (context) => {
  const { build, places, put } = openStore(context);
  assert.deepEqual(await listCache(places), { blobs: [], trees: [], size: 0 });
  assert.equal(fs.existsSync(places.cacheDirectory), false);
  const digests = [await put("bb", 1), await put("aaa", 3)];
  const size = await build(2);
  fs.writeFileSync(join(places.cacheDirectory, "blobs", "sha256", "no digest"), "");
  const listing = await listCache(places);
  assert.deepEqual(
    listing.blobs.map(({ digest, size }) => [digest, size]),
    [
      [digests[1], 3],
      [digests[0], 2],
    ],
  );
  assert.equal(listing.size, 5);
  const [tree] = listing.trees;
  assert.equal(listing.trees.length, 1);
  assert.equal(tree?.name, KEY.name);
  assert.equal(tree.size, size);
  assert.equal(tree.isClaimed, false);
  await openClaims(join(places.projectDirectory, ".oci-artifacts")).claim("x", KEY.name);
  assert.equal((await listCache(places)).trees[0]?.isClaimed, true);
});

describe("pruning", () => {
  test("by itself: what is beyond the bound, and trees unused for a week", async (context) => {
    const { build, places, put } = openStore(context);
    const [oldest, newer] = [await put("a".repeat(600), 2), await put("b".repeat(600), 1)];
    await build(6);
    const result = await pruneCache(places);
    assert.deepEqual(
      result.blobs.map(({ digest }) => digest),
      [oldest],
    );
    assert.deepEqual([result.trees, result.freed, result.size], [[], 600, 600]);
    const size = await build(8);
    const again = await pruneCache(places);
    assert.deepEqual(
      again.trees.map(({ name }) => name),
      [KEY.name],
    );
    assert.equal(again.freed, size);
    const left = await listCache(places);
    assert.deepEqual(
      left.blobs.map(({ digest }) => digest),
      [newer],
    );
    assert.deepEqual(left.trees, []);
  });

  test("of what was not used for some time, whatever the bound", async (context) => {
    const { build, places, put } = openStore(context);
    const [old, fresh] = [await put("old", 3), await put("fresh", 1)];
    await build(3);
    const { blobs, trees } = await pruneCache(places, { olderThanMs: 2 * DAY_MS });
    assert.deepEqual(
      blobs.map(({ digest }) => digest),
      [old],
    );
    assert.equal(trees.length, 1);
    assert.deepEqual(
      (await listCache(places)).blobs.map(({ digest }) => digest),
      [fresh],
    );
  });

  test("of all: not what is at work or claimed", async (context) => {
    const { blobs, build, places, put } = openStore(context);
    const [idle, busy] = [await put("idle", 0), await put("busy", 9)];
    const release = await blobs.hold([busy]);
    await build(0);
    const claims = openClaims(join(places.projectDirectory, ".oci-artifacts"));
    await claims.claim("x", KEY.name);
    const first = await pruneCache(places, { all: true });
    assert.deepEqual([first.blobs.map(({ digest }) => digest), first.trees], [[idle], []]);
    await release();
    await claims.release("x");
    const second = await pruneCache(places, { all: true });
    assert.deepEqual(
      [second.blobs.map(({ digest }) => digest), second.trees.map(({ name }) => name)],
      [[busy], [KEY.name]],
    );
    assert.equal(second.size, 0);
  });

  test("takes what has a time to come, of a clock that was wrong, like all that is old", async (context) => {
    const { build, places, put } = openStore(context);
    const digest = await put("blob", -400);
    await build(-400);
    const claims = openClaims(join(places.projectDirectory, ".oci-artifacts"));
    await claims.claim("x", KEY.name);
    const first = await pruneCache(places, { olderThanMs: 30 * DAY_MS });
    assert.deepEqual([first.blobs.map((blob) => blob.digest), first.trees], [[digest], []]);
    await claims.release("x");
    const { trees, refused } = await pruneCache(places);
    assert.deepEqual([trees.map(({ name }) => name), refused], [[KEY.name], []]);
  });

  test("names what it cannot remove; such a tree stays of use", async (context) => {
    const { build, places, put } = openStore(context);
    const digest = await put("blob", 0);
    await build(9);
    const { projectDirectory, cacheDirectory } = places;
    const trees = openTrees(projectDirectory);
    const closed = [trees.directory, join(cacheDirectory, "blobs/sha256")];
    await withoutRights(closed, join(projectDirectory, ".."), async () => {
      const { blobs, trees: gone, refused, freed } = await pruneCache(places, { all: true });
      assert.deepEqual([blobs, gone, freed], [[], [], 0]);
      const fact = "it may not be written (EACCES)";
      assert.deepEqual(refused, [
        { name: digest, fact },
        { name: KEY.name, fact },
      ]);
      assert.ok(await trees.find(KEY));
    });
    assert.deepEqual((await pruneCache(places, { all: true })).refused, []);
  });

  test("does not wait for a pipe among the notes of blobs at work", async (context) => {
    const { places, put } = openStore(context);
    const digest = await put("blob", 0);
    fs.mkdirSync(join(places.cacheDirectory, "in-use"));
    execFileSync("mkfifo", [join(places.cacheDirectory, "in-use", "pipe")]);
    const { blobs } = await pruneCache(places, { all: true });
    assert.deepEqual(
      blobs.map((blob) => blob.digest),
      [digest],
    );
  });

  test("takes what killed downloads left, and leaves those under way", async (context) => {
    const { places, put } = openStore(context);
    await put("x", 0);
    const staging = join(places.cacheDirectory, "staging");
    const dead = formatIdentity({ ...ownIdentity(), startTime: "1" });
    const alive = formatIdentity(ownIdentity());
    for (const name of [dead, alive]) fs.writeFileSync(join(staging, `${name}.0123456789ab`), "");
    await pruneCache(places);
    assert.deepEqual(fs.readdirSync(staging), [`${alive}.0123456789ab`]);
  });
});

test("verifying reads every blob, and removes those that are not what they are called", async (context) => {
  const { blobs, places, put } = openStore(context);
  const [whole, flipped, cut] = [await put("whole", 0), await put("flip", 1), await put("cut", 2)];
  fs.writeFileSync(blobs.file(flipped), "flop");
  fs.writeFileSync(blobs.file(cut), "");
  const { checked, damaged, size } = await verifyCache(places);
  assert.deepEqual([checked, size], [3, 9]);
  assert.deepEqual(
    damaged.map(({ digest, isRemoved }) => [digest, isRemoved]).sort(),
    [
      [cut, true],
      [flipped, true],
    ].sort(),
  );
  assert.deepEqual(
    (await listCache(places)).blobs.map(({ digest }) => digest),
    [whole],
  );
  assert.deepEqual((await verifyCache(places)).damaged, []);
});
