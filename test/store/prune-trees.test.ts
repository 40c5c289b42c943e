/** Trees that nobody claims and nobody used for a week go; all others stay. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { readSettings } from "../../provider/settings/settings";
import { openClaims } from "../../provider/store/claims";
import { listTrees, pruneTrees } from "../../provider/store/prune-trees";
import { openTrees, type TreeKey, type TreeStore } from "../../provider/store/trees";
import { DAY_MS, WEEK_MS } from "../../provider/store/use-mark";
import { openWorld } from "../../provider/world";
import { folderFor } from "../support/folder-for-test";
import { recordReport } from "../support/report-for-test";
import { CONTENT, contentOf, filler, stagingOf } from "./content";
import { withoutRights } from "./destination-for-test";

function keyOf(name: string): TreeKey {
  return { name: `${name}-0123456789abcdef`, key: `sha256:${name}` };
}

interface Project {
  readonly project: string;
  readonly directory: string;
  readonly trees: TreeStore;
  /** Builds a tree that was used last so many days ago. */
  readonly build: (name: string, daysAgo: number) => Promise<TreeKey>;
  /** Names without their digests, in order. */
  readonly names: () => readonly string[];
  readonly prune: () => Promise<readonly string[]>;
}

function openProject(context: TestContext): Project {
  const project = folderFor(context);
  const trees = openTrees(project);
  const { directory } = trees;
  const plain = (name: string): string => name.slice(0, -17);
  return {
    project,
    directory,
    trees,
    async build(name, daysAgo) {
      const key = keyOf(name);
      await trees.ensure(key, filler(CONTENT).fill, recordReport());
      setBack(receiptOf(directory, key), daysAgo);
      return key;
    },
    names: () =>
      fs
        .readdirSync(directory)
        .filter((name) => !name.startsWith("."))
        .map(plain)
        .sort(),
    prune: async () =>
      (await pruneTrees(directory, Date.now() - WEEK_MS)).map(({ name }) => plain(name)),
  };
}

function receiptOf(directory: string, { name }: TreeKey): string {
  return join(directory, ".pulumi/receipts", `${name}.json`);
}

function setBack(path: string, days: number): void {
  const then = new Date(Date.now() - days * DAY_MS);
  fs.utimesSync(path, then, then);
}

describe("pruning", () => {
  test("takes what is old and unclaimed, with its receipt, and leaves nothing behind", async (context) => {
    const { build, directory, names, project, prune } = openProject(context);
    await build("old", 8);
    await build("older", 30);
    await build("recent", 6);
    assert.deepEqual(await prune(), ["older", "old"]);
    assert.deepEqual(names(), ["recent"]);
    assert.deepEqual(fs.readdirSync(join(directory, ".pulumi/receipts")), [
      `${keyOf("recent").name}.json`,
    ]);
    assert.deepEqual(stagingOf(project), []);
    assert.deepEqual(await prune(), []);
  });

  test("takes a tree whose folder forbids its owner to write", async (context) => {
    const { build, directory, names, project, prune } = openProject(context);
    const { name } = await build("closed", 8);
    await withoutRights([], project, async () => {
      fs.chmodSync(join(directory, name), 0o555);
      assert.deepEqual(await prune(), ["closed"]);
    });
    assert.deepEqual(names(), []);
    assert.deepEqual(stagingOf(project), []);
  });

  test("leaves a tree as it is that cannot be moved for another reason", async (context) => {
    const { build, directory, names, project, prune } = openProject(context);
    const { name } = await build("stuck", 8);
    fs.chmodSync(join(directory, name), 0o2775);
    await withoutRights([], project, async () => {
      fs.chmodSync(directory, 0o555);
      assert.deepEqual(await prune(), []);
      fs.chmodSync(directory, 0o755);
    });
    assert.equal(fs.statSync(join(directory, name)).mode & 0o7777, 0o2775);
    assert.deepEqual(names(), ["stuck"]);
  });

  test("leaves what a resource claims, however old", async (context) => {
    const { build, directory, names, prune } = openProject(context);
    const { name } = await build("claimed", 400);
    const claims = openClaims(directory);
    await claims.claim("a-resource", name);
    setBack(
      join(directory, ".pulumi/claims", fs.readdirSync(join(directory, ".pulumi/claims"))[0] ?? ""),
      400,
    );
    assert.deepEqual(await prune(), []);
    await claims.release("a-resource");
    assert.deepEqual(await prune(), ["claimed"]);
    assert.deepEqual(names(), []);
  });

  test("leaves what a function claims, for a week after the last call", async (context) => {
    const { build, directory, prune } = openProject(context);
    const { name } = await build("called", 400);
    const claims = openClaims(directory);
    await claims.claimInPassing("function x", name);
    const [file = ""] = fs.readdirSync(join(directory, ".pulumi/claims"));
    setBack(join(directory, ".pulumi/claims", file), 6);
    assert.deepEqual(await prune(), []);
    setBack(join(directory, ".pulumi/claims", file), 8);
    await claims.claimInPassing("function x", name);
    assert.deepEqual(await prune(), [], "claimed again");
    setBack(join(directory, ".pulumi/claims", file), 8);
    assert.deepEqual(await prune(), ["called"]);
    assert.deepEqual(fs.readdirSync(join(directory, ".pulumi/claims")), []);
  });

  test("leaves what was used since: to ask for a tree is to use it, once a day", async (context) => {
    const { build, directory, prune, trees } = openProject(context);
    const key = await build("asked", 8);
    assert.notEqual(await trees.find(key), undefined);
    assert.deepEqual(await prune(), []);
    setBack(receiptOf(directory, key), 0.5);
    const before = fs.statSync(receiptOf(directory, key)).mtimeMs;
    await trees.ensure(key, filler(CONTENT).fill, recordReport());
    assert.equal(fs.statSync(receiptOf(directory, key)).mtimeMs, before);
  });

  test("leaves what is none of ours", async (context) => {
    const { build, directory, names, prune } = openProject(context);
    await build("old", 8);
    for (const name of ["notes-by-hand", "README.md-"]) {
      fs.mkdirSync(join(directory, name));
      setBack(join(directory, name), 400);
    }
    fs.writeFileSync(join(directory, "file-0123456789abcdef"), "");
    assert.deepEqual(await prune(), ["old"]);
    assert.equal(names().length, 3);
  });

  test("takes an old receipt without its tree; a folder without a receipt is as old as its place", async (context) => {
    const { build, directory, names, prune } = openProject(context);
    const orphan = await build("orphan", 8);
    fs.rmSync(join(directory, orphan.name), { recursive: true });
    const stray = await build("stray", 8);
    fs.rmSync(receiptOf(directory, stray));
    setBack(join(directory, stray.name), 400);
    assert.deepEqual(await prune(), ["orphan"]);
    assert.deepEqual(names(), ["stray"]);
  });

  test("of a folder that is not there does nothing", async (context) => {
    const { directory, project, prune } = openProject(context);
    assert.deepEqual(await prune(), []);
    assert.deepEqual(await listTrees(directory), []);
    assert.deepEqual(fs.readdirSync(project), []);
  });
});

test("a user of a tree and who prunes it, again and again at the same moment: the user has a whole tree", async (context) => {
  const { build, directory, prune, trees } = openProject(context);
  for (let round = 0; round < 40; round += 1) {
    const key = await build("raced", 8);
    const use = async (): Promise<void> => {
      for (let turn = 0; turn < round % 5; turn += 1) await new Promise(setImmediate);
      await trees.ensure(key, filler(CONTENT).fill, recordReport());
    };
    await Promise.all([prune(), use(), prune()]);
    assert.deepEqual(contentOf(join(directory, key.name)), CONTENT, `round ${round}`);
  }
});

test("a world tidies once", async (context) => {
  const { build, names, project } = openProject(context);
  const home = folderFor(context);
  const world = openWorld(readSettings({ environment: {}, home }), project);
  context.after(() => world.client.close());
  await build("old", 8);
  await world.tidy();
  assert.deepEqual(names(), []);
  await build("older", 9);
  await world.tidy();
  assert.deepEqual(names(), ["older"]);
});

test("a world sweeps the drafts of small files that killed runs left, and no fresh ones", async (context) => {
  const { project } = openProject(context);
  const home = folderFor(context);
  const world = openWorld(readSettings({ environment: {}, home }), project);
  context.after(() => world.client.close());
  const places = [
    join(world.trees.directory, ".pulumi/receipts"),
    join(world.trees.directory, ".pulumi/claims"),
    join(world.settings.cacheDirectory, "tags"),
  ];
  const old = new Date(Date.now() - 2 * 60 * 60 * 1000);
  for (const place of places) {
    fs.mkdirSync(place, { recursive: true });
    fs.writeFileSync(join(place, "x.json.4711-0a1b2c3d"), "half");
    fs.utimesSync(join(place, "x.json.4711-0a1b2c3d"), old, old);
    fs.writeFileSync(join(place, "x.json.4712-0a1b2c3d"), "being written");
    fs.writeFileSync(join(place, "x.json"), "{}");
    fs.utimesSync(join(place, "x.json"), old, old);
  }
  await world.tidy();
  for (const place of places) {
    assert.deepEqual(fs.readdirSync(place).sort(), ["x.json", "x.json.4712-0a1b2c3d"]);
  }
});
