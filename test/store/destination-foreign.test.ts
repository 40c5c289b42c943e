/** Files of others in a destination stay byte for byte; links in it lead nowhere. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { placedTree } from "./content-tree";
import { contentOf, filler, type Content } from "./content";
import {
  factsOf,
  never,
  NEW,
  OLD,
  OWNER,
  refused,
  siteFor,
  sorted,
  type Site,
} from "./destination-for-test";

/** A destination that holds content of ours, and among it what others have put there. */
async function crowded(context: { after(work: () => void): void }): Promise<Site> {
  const site = siteFor(context);
  await site.place(OLD);
  fs.writeFileSync(site.file("mine.txt"), "mine", { mode: 0o600 });
  fs.writeFileSync(site.file("dir/mine.txt"), "mine, too");
  fs.mkdirSync(site.file("theirs"));
  fs.writeFileSync(site.file("theirs/a.txt"), "a");
  fs.symlinkSync("../outside", site.file("outside"));
  return site;
}

const FOREIGN: Content = {
  "dir/": "",
  "dir/mine.txt": "mine, too",
  "mine.txt": "mine",
  outside: "-> ../outside",
  "theirs/": "",
  "theirs/a.txt": "a",
};

describe("with files of others in it", () => {
  test("an update replaces and removes what is ours, and nothing else", async (context) => {
    const { content, destination, file, neighbors, place, report, target, wanted } =
      await crowded(context);
    const before = ["mine.txt", "dir/mine.txt", "theirs/a.txt"].map((name) => factsOf(file(name)));
    const theirs = fs.statSync(file("theirs"));
    const same = fs.statSync(file("same.txt"));
    const folder = fs.statSync(target).ino;
    await place(NEW);
    assert.deepEqual(content(), sorted({ ...FOREIGN, ...NEW }));
    const after = ["mine.txt", "dir/mine.txt", "theirs/a.txt"].map((name) => factsOf(file(name)));
    assert.deepEqual(after, before);
    const { mtimeMs, mode } = fs.statSync(file("theirs"));
    assert.deepEqual([mtimeMs, mode], [theirs.mtimeMs, theirs.mode]);
    assert.equal(fs.statSync(file("same.txt")).ino, same.ino, "what is right is not replaced");
    assert.equal(fs.statSync(target).ino, folder, "the folder is the same");
    assert.deepEqual(neighbors(), []);
    assert.deepEqual(report.lines, []);
    assert.deepEqual(await destination.look(wanted(NEW)), { state: "placed" });
    await place(OLD);
    assert.deepEqual(content(), sorted({ ...FOREIGN, ...OLD }));
  });

  test("the first content comes beside them", async (context) => {
    const { content, destination, file, place, target, wanted } = siteFor(context);
    fs.mkdirSync(target, { recursive: true, mode: 0o700 });
    fs.mkdirSync(file("fresh"), { mode: 0o700 });
    fs.writeFileSync(file("fresh/mine.txt"), "mine");
    const mine = factsOf(file("fresh/mine.txt"));
    await place(NEW);
    assert.deepEqual(content(), sorted({ ...NEW, "fresh/mine.txt": "mine" }));
    assert.deepEqual(factsOf(file("fresh/mine.txt")), mine);
    assert.equal(
      fs.statSync(file("fresh")).mode & 0o777,
      0o700,
      "a folder of others keeps its mode",
    );
    assert.equal(fs.statSync(target).mode & 0o777, 0o700);
    assert.deepEqual(await destination.look(wanted(NEW, "error")), { state: "placed" });
  });

  test("files become folders, and folders files", async (context) => {
    const { content, file, place } = siteFor(context);
    await place({ "a/": "", "a/b": "b", c: "c", d: "-> c", "e/": "", "e/f": "f" });
    fs.writeFileSync(file("mine.txt"), "mine");
    const next = { a: "a", "c/": "", "c/d": "d", "d/": "", "d/x": "x", e: "-> a" };
    await place(next);
    assert.deepEqual(content(), sorted({ ...next, "mine.txt": "mine" }));
  });

  test("a file comes in the place of a folder that others used, and have left", async (context) => {
    const { content, destination, file, place, report, target, wanted } = siteFor(context);
    fs.mkdirSync(join(target, "shared"), { recursive: true });
    for (const name of ["mine.txt", "shared/mine.txt"]) fs.writeFileSync(file(name), "mine");
    await place({ "shared/": "", "shared/a": "a" });
    fs.rmSync(file("shared/mine.txt"));
    await place({ shared: "a file" });
    assert.deepEqual(content(), { "mine.txt": "mine", shared: "a file" });
    assert.deepEqual(await destination.look(wanted({ shared: "a file" })), { state: "placed" });
    assert.deepEqual(report.lines, []);
  });

  test("executable files stay executable, and modes hold whatever the umask", async (context) => {
    const { destination, file, target, report, wanted } = siteFor(context);
    const { tree, fill } = placedTree(context, [
      { path: "bin", type: "directory", mode: 0o750 },
      { path: "bin/run", type: "file", mode: 0o775, text: "#!/bin/sh\n" },
      { path: "secret", type: "file", mode: 0o600, text: "s" },
    ]);
    fs.mkdirSync(target, { recursive: true });
    fs.writeFileSync(file("mine.txt"), "mine");
    const umask = process.umask(0o077);
    try {
      await destination.place({ ...wanted(NEW), tree }, OWNER, fill, report);
    } finally {
      process.umask(umask);
    }
    const modes = ["bin", "bin/run", "secret"].map((name) => fs.statSync(file(name)).mode & 0o777);
    assert.deepEqual(modes, [0o750, 0o775, 0o600]);
  });
});

describe("what is not ours where content has to go", () => {
  test("is named, and nothing is touched", async (context) => {
    const { content, file, neighbors, place } = await crowded(context);
    fs.mkdirSync(file("fresh"));
    fs.writeFileSync(file("fresh/new.txt"), "not new");
    const before = content();
    const fact =
      /what lies there where content has to go was not placed by oci-artifact: \.\/fresh\/new\.txt\n/;
    await refused(place(NEW), "DESTINATION_NOT_OURS", fact);
    assert.deepEqual(content(), before);
    assert.deepEqual(neighbors(), []);
  });

  test("is named by a look, where the wanted content is known", async (context) => {
    const { destination, file, place, target, wanted } = siteFor(context);
    const { tree, fill } = placedTree(context, [
      { path: "a.txt", type: "file", mode: 0o644, text: "a" },
    ]);
    fs.mkdirSync(target, { recursive: true });
    fs.writeFileSync(file("a.txt"), "mine");
    const look = destination.look({ ...wanted(NEW), tree });
    await refused(look, "DESTINATION_NOT_OURS", /: \.\/a\.txt\n/);
    await refused(place(NEW, { fill }), "DESTINATION_NOT_OURS", /: \.\/a\.txt\n/);
    assert.equal(fs.readFileSync(file("a.txt"), "utf8"), "mine");
  });

  test("also a folder where a file has to go, and a file where a folder has to", async (context) => {
    const { content, file, place, target } = siteFor(context);
    fs.mkdirSync(join(target, "edit.txt"), { recursive: true });
    fs.writeFileSync(file("fresh"), "a file");
    await refused(place(NEW), "DESTINATION_NOT_OURS", /: \.\/edit\.txt, \.\/fresh\n/);
    assert.deepEqual(content(), { "edit.txt/": "", fresh: "a file" });
  });

  test("many of them: the first few are named", async (context) => {
    const { place, target } = siteFor(context);
    fs.mkdirSync(target, { recursive: true });
    const files = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`f${at}`, "new"]));
    for (const name of Object.keys(files)) fs.writeFileSync(join(target, name), "old");
    await refused(place(files), "DESTINATION_NOT_OURS", /: \.\/f0, .*, \.\/f4 and 4 more\n/);
  });

  test("appears while the content is filled: it is refused all the same", async (context) => {
    const { content, neighbors, place, target } = siteFor(context);
    const late = filler(NEW, () => {
      fs.mkdirSync(target);
      fs.writeFileSync(join(target, "edit.txt"), "mine");
      return Promise.resolve();
    });
    await refused(place(NEW, { fill: late.fill }), "DESTINATION_NOT_OURS", /: \.\/edit\.txt\n/);
    assert.deepEqual(content(), { "edit.txt": "mine" });
    assert.deepEqual(neighbors(), []);
  });

  test("but with exactly the wanted content becomes ours", async (context) => {
    const { content, destination, file, place, report, target, wanted } = siteFor(context);
    fs.mkdirSync(target, { recursive: true });
    fs.writeFileSync(file("same.txt"), "same", { mode: 0o755 });
    fs.writeFileSync(file("mine.txt"), "mine");
    const { ino } = fs.statSync(file("same.txt"));
    await place(NEW);
    assert.equal(fs.statSync(file("same.txt")).ino, ino);
    assert.equal(fs.statSync(file("same.txt")).mode & 0o777, 0o644, "its mode is mended");
    assert.deepEqual(await destination.look(wanted(NEW, "error")), { state: "placed" });
    await destination.remove(OWNER, report);
    assert.deepEqual(content(), { "mine.txt": "mine" });
  });
});

describe("links", () => {
  test("a file, a link to a folder, a link to nothing as the destination", async (context) => {
    const { destination, place, target, wanted } = siteFor(context);
    fs.mkdirSync(dirname(target));
    fs.writeFileSync(target, "a file");
    await refused(place(OLD, { fill: never }), "DESTINATION_NOT_OURS", /: it is no folder\n/);
    assert.equal(fs.readFileSync(target, "utf8"), "a file");
    for (const leadsTo of [fs.mkdtempSync(join(dirname(target), "real-")), "nowhere"]) {
      fs.rmSync(target);
      fs.symlinkSync(leadsTo, target);
      await refused(place(OLD, { fill: never }), "DESTINATION_NOT_OURS", /: it is a symlink\n/);
      await refused(destination.look(wanted(OLD)), "DESTINATION_NOT_OURS", /: it is a symlink\n/);
      assert.equal(fs.readlinkSync(target), leadsTo);
    }
  });

  test("a link to the very content that we placed", async (context) => {
    const { destination, place, project, report, target } = siteFor(context);
    await place(OLD);
    const moved = join(project, "moved");
    fs.renameSync(target, moved);
    fs.symlinkSync(moved, target);
    await refused(place(NEW, { fill: never }), "DESTINATION_NOT_OURS", /: it is a symlink\n/);
    await destination.remove(OWNER, report);
    assert.deepEqual(contentOf(moved), OLD);
    assert.deepEqual(report.lines, ["warning: work/out is no folder any more, and stays as it is"]);
  });

  for (const rule of ["restore", "keep"] as const) {
    for (const withForeign of [false, true]) {
      const title = withForeign ? ", beside a file of others" : "";
      test(`${rule}: one in the place of a folder of ours leads nowhere${title}`, async (context) => {
        const { destination, file, neighbors, place, project, report } = siteFor(context);
        await place(OLD);
        const outside = join(project, "outside");
        fs.renameSync(file("dir"), outside);
        fs.symlinkSync(outside, file("dir"));
        if (withForeign) fs.writeFileSync(file("mine.txt"), "mine");
        const next = { ...OLD, "dir/gone.txt": "gone anew", "dir/more.txt": "more" };
        await refused(place(next, { rule }), "DESTINATION_NOT_OURS", /: \.\/dir\n/);
        assert.deepEqual(contentOf(outside), { "gone.txt": "gone" });
        assert.deepEqual(neighbors(), []);
        await destination.remove(OWNER, report);
        assert.deepEqual(contentOf(outside), { "gone.txt": "gone" });
        assert.equal(fs.readlinkSync(file("dir")), outside);
      });
    }
  }

  test("one of others that stands where a folder has to go", async (context) => {
    const { file, place, project, target } = siteFor(context);
    const outside = join(project, "outside");
    fs.mkdirSync(target, { recursive: true });
    fs.mkdirSync(outside);
    fs.symlinkSync(outside, file("fresh"));
    await refused(place(NEW), "DESTINATION_NOT_OURS", /: \.\/fresh\n/);
    assert.deepEqual(contentOf(outside), {});
  });
});
