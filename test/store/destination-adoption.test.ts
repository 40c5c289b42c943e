/** Vendored content in a fresh checkout, where no record tells: equal content is ours, other is not. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openDestination } from "../../provider/store/destination";
import type { Wanted } from "../../provider/store/placing";
import { placedTree, type Part } from "./content-tree";
import { never, NEW, OLD, OWNER, refused, siteFor, type Site } from "./destination-for-test";

const PARTS: readonly Part[] = [
  { path: "bin", type: "directory", mode: 0o755 },
  { path: "bin/run", type: "file", mode: 0o755, text: "#!/bin/sh\n" },
  { path: "doc.txt", type: "file", mode: 0o644, text: "doc" },
  { path: "link", type: "symlink", mode: 0o777, text: "doc.txt" },
];

/** A checkout that holds the content of a tree, by a umask of 002, and no record. */
async function checkout(
  context: { after(work: () => void): void },
  parts: readonly Part[] = PARTS,
): Promise<{ site: Site; wanted: Wanted; before: string }> {
  const site = siteFor(context);
  const { tree, fill } = placedTree(context, parts);
  fs.mkdirSync(site.target, { recursive: true });
  await fill(site.target);
  for (const { path, type } of parts) {
    const { mode } = fs.lstatSync(site.file(path));
    if (type !== "symlink") fs.chmodSync(site.file(path), (mode & 0o100) === 0 ? 0o664 : 0o775);
  }
  return { site, wanted: { ...site.wanted(OLD), tree }, before: tree.contentDigest };
}

describe("without a record", () => {
  test("equal content is placed already, whatever the umask of the checkout", async (context) => {
    const { site, wanted } = await checkout(context);
    assert.deepEqual(await site.destination.look(wanted), { state: "placed" });
    assert.equal(fs.existsSync(site.records), false, "a look writes nothing");
  });

  test("placing it writes the record, mends the modes, and fills nothing", async (context) => {
    const { site, wanted } = await checkout(context);
    const { ino } = fs.statSync(site.file("doc.txt"));
    const tree = await site.destination.place(wanted, OWNER, never, site.report);
    assert.equal(tree.contentDigest, wanted.tree?.contentDigest);
    assert.equal(tree.directory, site.target);
    assert.equal(fs.statSync(site.file("doc.txt")).ino, ino);
    const modes = PARTS.slice(0, 3).map(({ path }) => fs.statSync(site.file(path)).mode & 0o777);
    assert.deepEqual(modes, [0o755, 0o755, 0o644]);
    assert.deepEqual(site.neighbors(), []);
    const strict: Wanted = { key: wanted.key, onLocalChange: "error" };
    assert.deepEqual(await site.destination.look(strict), { state: "placed" });
    await site.destination.remove(OWNER, site.report);
    assert.equal(fs.existsSync(site.target), false);
  });

  test("files of others beside it do not matter, and stay", async (context) => {
    const { site, wanted } = await checkout(context);
    fs.writeFileSync(site.file("mine.txt"), "mine");
    assert.deepEqual(await site.destination.look(wanted), { state: "placed" });
    await site.destination.place(wanted, OWNER, never, site.report);
    await site.destination.remove(OWNER, site.report);
    assert.deepEqual(site.content(), { "mine.txt": "mine" });
  });

  test("a lost bit of execution, or a missing file, is due, and mended", async (context) => {
    for (const spoil of [
      (site: Site) => {
        fs.chmodSync(site.file("bin/run"), 0o664);
      },
      (site: Site) => {
        fs.rmSync(site.file("doc.txt"));
      },
    ]) {
      const { site, wanted } = await checkout(context);
      spoil(site);
      assert.equal((await site.destination.look(wanted)).state, "due");
      const { fill } = placedTree(context, PARTS);
      await site.destination.place(wanted, OWNER, fill, site.report);
      assert.equal(fs.statSync(site.file("bin/run")).mode & 0o777, 0o755);
      assert.deepEqual(await site.destination.look(wanted), { state: "placed" });
    }
  });

  test("content that the state vouches for may be replaced", async (context) => {
    const { site, before } = await checkout(context);
    const wanted: Wanted = { ...site.wanted(NEW), before };
    assert.deepEqual(await site.destination.look(wanted), {
      state: "due",
      reason: "it holds other content",
    });
    const { tree, fill } = placedTree(context, [
      { path: "doc.txt", type: "file", mode: 0o644, text: "other" },
    ]);
    await site.destination.place({ ...wanted, tree }, OWNER, fill, site.report);
    assert.deepEqual(site.content(), { "doc.txt": "other" });
    assert.deepEqual(site.neighbors(), []);
  });

  test("content that it does not vouch for is not ours", async (context) => {
    for (const spoil of ["edited", "beside"]) {
      const { site, before } = await checkout(context);
      fs.writeFileSync(site.file(spoil === "edited" ? "doc.txt" : "mine.txt"), "mine");
      const { tree, fill } = placedTree(context, [
        { path: "doc.txt", type: "file", mode: 0o644, text: "other" },
      ]);
      const wanted: Wanted = { ...site.wanted(NEW), tree, before };
      await refused(site.destination.look(wanted), "DESTINATION_NOT_OURS", /: \.\/doc\.txt\n/);
      const place = site.destination.place(wanted, OWNER, fill, site.report);
      await refused(place, "DESTINATION_NOT_OURS", /: \.\/doc\.txt\n/);
    }
  });
});

describe("with a record of other content, and changes to what is wanted now", () => {
  const file = (path: string, text: string): Part => ({ path, type: "file", mode: 0o644, text });

  /** The new content lies there, of which the record does not tell, beside a file of the old. */
  async function outdated(
    context: { after(work: () => void): void },
    spoil: (site: Site) => void,
  ): Promise<{ site: Site; wanted: Wanted }> {
    const site = siteFor(context);
    const old = placedTree(context, [file("doc.txt", "old"), file("gone.txt", "gone")]);
    const strict = site.wanted(OLD, "error");
    await site.destination.place({ ...strict, tree: old.tree }, OWNER, old.fill, site.report);
    fs.writeFileSync(site.file("doc.txt"), "new!");
    fs.chmodSync(site.file("doc.txt"), 0o664);
    spoil(site);
    const { tree } = placedTree(context, [file("doc.txt", "new!")]);
    return { site, wanted: { ...site.wanted(NEW, "error"), tree } };
  }

  test("it becomes ours where nothing of the old is left, with its modes", async (context) => {
    const { site, wanted } = await outdated(context, ({ file: at }) => {
      fs.rmSync(at("gone.txt"));
    });
    assert.deepEqual(await site.destination.look(wanted), { state: "placed" });
    await site.destination.place(wanted, OWNER, never, site.report);
    assert.equal(fs.statSync(site.file("doc.txt")).mode & 0o777, 0o644);
    await site.place(OLD, { rule: "error" });
    assert.deepEqual(site.content(), OLD);
  });

  for (const [name, spoil] of Object.entries({
    "unchanged is left": () => undefined,
    "changed is left, among files of others": ({ file: at }: Site) => {
      fs.writeFileSync(at("gone.txt"), "edited");
      fs.writeFileSync(at("own.txt"), "own");
    },
  })) {
    test(`a file of the old that ${name} makes it a local change, and stays`, async (context) => {
      const { site, wanted } = await outdated(context, spoil);
      const before = site.content();
      await refused(site.destination.look(wanted), "LOCAL_CHANGE", /doc\.txt/);
      const place = site.destination.place(wanted, OWNER, never, site.report);
      await refused(place, "LOCAL_CHANGE", /doc\.txt/);
      assert.deepEqual(site.content(), before);
    });
  }
});

test("a folder that was moved to another place is no longer ours", async (context) => {
  const { place, project, records, report, target, wanted } = siteFor(context);
  await place(OLD);
  const moved = join(project, "elsewhere");
  fs.renameSync(target, moved);
  const other = openDestination({ folder: moved, shown: "work/out", records });
  const { fill } = placedTree(context, [
    { path: "edit.txt", type: "file", mode: 0o644, text: "two" },
  ]);
  const work = other.place(wanted(NEW), OWNER, fill, report);
  await refused(work, "DESTINATION_NOT_OURS", /: \.\/edit\.txt\n/);
});
