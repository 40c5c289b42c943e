/** A folder of the user's choice: whole or as before, and never anything that is not ours. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { OciError } from "../../provider/errors";
import { openDestination } from "../../provider/store/destination";
import { formatIdentity, ownIdentity } from "../../provider/store/process-identity";
import type { FillTree, TreeKey } from "../../provider/store/trees";
import { folderFor } from "../support/folder-for-test";
import { recordReport } from "../support/report-for-test";
import { contentOf, filler, type Content } from "./content";

const ONE: TreeKey = { name: "app-1111111111111111", key: "sha256:1" };
const TWO: TreeKey = { name: "app-2222222222222222", key: "sha256:2" };
const THREE: TreeKey = { name: "app-3333333333333333", key: "sha256:3" };

const OLD: Content = { "dir/": "", "dir/gone.txt": "gone", "same.txt": "same" };
const NEW: Content = { "new.txt": "new", "same.txt": "same" };

interface Place {
  readonly target: string;
  readonly aside: string;
  readonly cache: string;
  readonly ensure: (key: TreeKey, fill: FillTree) => Promise<string>;
  /** Names beside the target, besides itself. */
  readonly neighbors: () => readonly string[];
}

function place(context: TestContext): Place {
  const folder = folderFor(context);
  const target = join(folder, "work", "out");
  const cache = join(folder, "cache");
  return {
    target,
    cache,
    aside: join(folder, "work", ".out.oci-artifact-old"),
    async ensure(key, fill) {
      return (await openDestination(target, cache).ensure(key, fill, recordReport())).directory;
    },
    neighbors: () => fs.readdirSync(dirname(target)).filter((name) => name !== "out"),
  };
}

const never: FillTree = () => Promise.reject(new Error("filled"));

async function refused(work: Promise<unknown>, fact: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof OciError);
    assert.equal(error.code, "DESTINATION_NOT_OURS");
    assert.match(error.message, /^cannot place content at \/.*\/work\/out: /);
    assert.match(error.message, fact);
    assert.match(error.message, /\nhint: choose another folder/);
    return true;
  });
}

describe("placing", () => {
  test("makes the folder, and those above it", async (context) => {
    const { cache, ensure, neighbors, target } = place(context);
    assert.equal(await ensure(ONE, filler(OLD).fill), target);
    assert.deepEqual(contentOf(target), OLD);
    assert.deepEqual(neighbors(), []);
    assert.equal(fs.readdirSync(join(cache, "destinations")).length, 1);
  });

  test("takes an empty folder", async (context) => {
    const { ensure, neighbors, target } = place(context);
    fs.mkdirSync(target, { recursive: true });
    await ensure(ONE, filler(OLD).fill);
    assert.deepEqual(contentOf(target), OLD);
    assert.deepEqual(neighbors(), []);
  });

  test("the same again touches nothing", async (context) => {
    const { ensure, target } = place(context);
    await ensure(ONE, filler(OLD).fill);
    const before = fs.statSync(join(target, "same.txt"));
    await ensure(ONE, never);
    const after = fs.statSync(join(target, "same.txt"));
    assert.deepEqual([after.ino, after.ctimeMs], [before.ino, before.ctimeMs]);
  });

  test("an update replaces it whole, and old files are gone", async (context) => {
    const { ensure, neighbors, target } = place(context);
    await ensure(ONE, filler(OLD).fill);
    await ensure(TWO, filler(NEW).fill);
    assert.deepEqual(contentOf(target), NEW);
    assert.deepEqual(neighbors(), []);
    await ensure(TWO, never);
  });

  test("a fill that fails leaves the old content, and nothing beside it", async (context) => {
    const { ensure, neighbors, target } = place(context);
    await ensure(ONE, filler(OLD).fill);
    await assert.rejects(ensure(TWO, never), /filled/);
    assert.deepEqual(contentOf(target), OLD);
    assert.deepEqual(neighbors(), []);
    await ensure(ONE, never);
  });

  test("a folder that was moved to another place is no longer ours", async (context) => {
    const { cache, ensure, target } = place(context);
    await ensure(ONE, filler(OLD).fill);
    const moved = join(dirname(target), "elsewhere");
    fs.renameSync(target, moved);
    await assert.rejects(openDestination(moved, cache).ensure(TWO, never, recordReport()), {
      code: "DESTINATION_NOT_OURS",
    });
  });
});

describe("what is not ours is refused, and stays as it is", () => {
  test("a folder that somebody else filled", async (context) => {
    const { ensure, neighbors, target } = place(context);
    fs.mkdirSync(target, { recursive: true });
    fs.writeFileSync(join(target, "mine.txt"), "mine");
    await refused(ensure(ONE, never), /was not placed by oci-artifact/);
    assert.deepEqual(contentOf(target), { "mine.txt": "mine" });
    assert.deepEqual(neighbors(), []);
  });

  test("an edited file, an added one, a removed one", async (context) => {
    const { ensure, target } = place(context);
    await ensure(ONE, filler(OLD).fill);
    fs.writeFileSync(join(target, "same.txt"), "edited");
    fs.writeFileSync(join(target, "mine.txt"), "mine");
    fs.rmSync(join(target, "dir", "gone.txt"));
    const edited = contentOf(target);
    const fact =
      /its content was changed since it was placed: - \.\/dir\/gone\.txt, ~ \.\/same\.txt, \+ \.\/mine\.txt/;
    await refused(ensure(ONE, never), fact);
    await refused(ensure(TWO, never), fact);
    assert.deepEqual(contentOf(target), edited);
  });

  test("a file, a link to a folder, a link to nothing", async (context) => {
    const { ensure, target } = place(context);
    fs.mkdirSync(dirname(target), { recursive: true });
    fs.writeFileSync(target, "a file");
    await refused(ensure(ONE, never), /was not placed/);
    assert.equal(fs.readFileSync(target, "utf8"), "a file");
    for (const leadsTo of [fs.mkdtempSync(join(dirname(target), "real-")), "nowhere"]) {
      fs.rmSync(target);
      fs.symlinkSync(leadsTo, target);
      await refused(ensure(ONE, never), /was not placed/);
      assert.equal(fs.readlinkSync(target), leadsTo);
    }
  });

  test("a link to the very content that we placed", async (context) => {
    const { ensure, target } = place(context);
    await ensure(ONE, filler(OLD).fill);
    const moved = join(dirname(target), "moved");
    fs.renameSync(target, moved);
    fs.symlinkSync(moved, target);
    await refused(ensure(TWO, never), /was not placed/);
    assert.deepEqual(contentOf(moved), OLD);
  });

  test("content that was edited while the new one was being fetched", async (context) => {
    const { ensure, neighbors, target } = place(context);
    await ensure(ONE, filler(OLD).fill);
    const late = filler(NEW, async () => {
      fs.writeFileSync(join(target, "same.txt"), "precious");
      await Promise.resolve();
    });
    await refused(ensure(TWO, late.fill), /~ \.\/same\.txt/);
    assert.deepEqual(contentOf(target), { ...OLD, "same.txt": "precious" });
    assert.deepEqual(neighbors(), []);
  });

  test("files that appeared in a free place meanwhile", async (context) => {
    const { ensure, neighbors, target } = place(context);
    const late = filler(NEW, async () => {
      fs.mkdirSync(target);
      fs.writeFileSync(join(target, "mine.txt"), "mine");
      await Promise.resolve();
    });
    await refused(ensure(ONE, late.fill), /was not placed/);
    assert.deepEqual(contentOf(target), { "mine.txt": "mine" });
    assert.deepEqual(neighbors(), []);
  });
});

describe("after a kill", () => {
  test("between the renames: the old content comes back", async (context) => {
    const { aside, ensure, neighbors, target } = place(context);
    await ensure(ONE, filler(OLD).fill);
    fs.renameSync(target, aside);
    await ensure(ONE, never);
    assert.deepEqual(contentOf(target), OLD);
    assert.deepEqual(neighbors(), []);
  });

  test("between the renames, with an empty folder made since: it comes back, too", async (context) => {
    const { aside, ensure, neighbors, target } = place(context);
    await ensure(ONE, filler(OLD).fill);
    fs.renameSync(target, aside);
    fs.mkdirSync(target);
    await ensure(ONE, never);
    assert.deepEqual(contentOf(target), OLD);
    assert.deepEqual(neighbors(), []);
  });

  test("before the old content was removed: the new one stays", async (context) => {
    const { aside, ensure, neighbors, target } = place(context);
    await ensure(ONE, filler(OLD).fill);
    fs.cpSync(target, aside, { recursive: true });
    await ensure(TWO, filler(NEW).fill);
    assert.deepEqual(contentOf(target), NEW);
    assert.deepEqual(neighbors(), []);
  });

  test("before the receipt was in place: the content is ours all the same", async (context) => {
    const { cache, ensure, target } = place(context);
    await ensure(ONE, filler(OLD).fill);
    const [name = ""] = fs.readdirSync(join(cache, "destinations"));
    const current = join(cache, "destinations", name);
    const first = fs.readFileSync(current);
    await ensure(TWO, filler(NEW).fill);
    fs.renameSync(current, current.replace(".json", ".next.json"));
    fs.writeFileSync(current, first);
    await ensure(TWO, never);
    assert.deepEqual(contentOf(target), NEW);
  });

  test("twice, and at the worst moments: the content is still ours", async (context) => {
    const { cache, ensure, target } = place(context);
    await ensure(ONE, filler(OLD).fill);
    const [name = ""] = fs.readdirSync(join(cache, "destinations"));
    const current = join(cache, "destinations", name);
    const next = current.replace(".json", ".next.json");
    const first = fs.readFileSync(current);
    await ensure(TWO, filler(NEW).fill);
    // The first kill: the new content is in place, its receipt is not.
    fs.renameSync(current, next);
    fs.writeFileSync(current, first);
    // The second kill: another update has written its receipt and renamed nothing.
    await assert.rejects(ensure(THREE, never), /filled/);
    fs.writeFileSync(next, first.toString().replace("sha256:1", "sha256:3"));
    await ensure(TWO, never);
    assert.deepEqual(contentOf(target), NEW);
  });

  test("what a dead run left in its staging goes", async (context) => {
    const { ensure, neighbors, target } = place(context);
    const left = join(dirname(target), ".out.oci-artifact-new");
    await ensure(ONE, filler(OLD).fill);
    const realm = /^[^.]+/.exec(ownStagingName())?.[0] ?? "";
    fs.mkdirSync(join(left, `${realm}.999999999.1.abc`, "half"), { recursive: true });
    await ensure(TWO, filler(NEW).fill);
    assert.deepEqual(neighbors(), []);
  });
});

function ownStagingName(): string {
  return formatIdentity(ownIdentity());
}

describe("receipts that cannot be written", () => {
  test("the content is placed without one, and the report says what follows", async (context) => {
    const { cache, neighbors, target } = place(context);
    fs.writeFileSync(cache, "a file");
    const report = recordReport();
    await openDestination(target, cache).ensure(ONE, filler(OLD).fill, report);
    assert.deepEqual(contentOf(target), OLD);
    assert.deepEqual(neighbors(), []);
    assert.deepEqual(report.lines, [
      `warning: the cache ${cache} cannot be written: a part of its path is no folder (ENOTDIR); nothing records that the content of ${target} is ours, so the next pull to it will be refused`,
    ]);
  });
});
