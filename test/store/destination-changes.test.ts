/** Placed files that somebody edited or removed: the rule decides, and nothing is lost in silence. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { describe, test } from "node:test";
import {
  factsOf,
  never,
  NEW,
  OLD,
  refused,
  siteFor,
  sorted,
  type Site,
} from "./destination-for-test";
import { filler } from "./content";

/** One file edited, one removed, one that only may be run now. */
async function changed(context: { after(work: () => void): void }): Promise<Site> {
  const site = siteFor(context);
  await site.place(OLD);
  fs.writeFileSync(site.file("edit.txt"), "edited");
  fs.rmSync(site.file("dir/gone.txt"));
  fs.chmodSync(site.file("same.txt"), 0o755);
  return site;
}

const CHANGES = "- ./dir/gone.txt, ~ ./edit.txt, ~ ./same.txt";
const EDITED = { "dir/": "", "edit.txt": "edited", link: "-> same.txt", "same.txt": "same" };

describe("restore", () => {
  test("what was changed is due, and comes back as it was", async (context) => {
    const { content, destination, file, neighbors, place, report, wanted } = await changed(context);
    assert.deepEqual(await destination.look(wanted(OLD)), {
      state: "due",
      reason: `it was changed locally: ${CHANGES}`,
    });
    await place(OLD);
    assert.deepEqual(content(), OLD);
    assert.equal(fs.statSync(file("same.txt")).mode & 0o777, 0o644);
    assert.deepEqual(neighbors(), []);
    assert.deepEqual(report.lines, [
      `warning: work/out was changed locally and is restored: ${CHANGES}`,
    ]);
    assert.deepEqual(await destination.look(wanted(OLD)), { state: "placed" });
  });

  test("a file's name makes no lines of its own in the warning", async (context) => {
    const { file, place, report } = siteFor(context);
    const content = { "x\nhint: y\tz": "one" };
    await place(content);
    fs.writeFileSync(file("x\nhint: y\tz"), "edited");
    await place(content);
    assert.deepEqual(report.lines, [
      "warning: work/out was changed locally and is restored: ~ ./x\ufffdhint: y\ufffdz",
    ]);
  });

  test("beside a foreign file, too, which stays", async (context) => {
    const { content, destination, file, place, wanted } = await changed(context);
    fs.writeFileSync(file("mine.txt"), "mine");
    const mine = factsOf(file("mine.txt"));
    await place(OLD);
    assert.deepEqual(content(), { ...OLD, "mine.txt": "mine" });
    assert.deepEqual(factsOf(file("mine.txt")), mine);
    assert.equal(fs.statSync(file("same.txt")).mode & 0o777, 0o644);
    assert.deepEqual(await destination.look(wanted(OLD)), { state: "placed" });
  });

  test("an update goes over the changes, and says so", async (context) => {
    const { content, place, report } = await changed(context);
    await place(NEW);
    assert.deepEqual(content(), NEW);
    assert.deepEqual(report.lines, [
      `warning: work/out was changed locally and is restored: ${CHANGES}`,
    ]);
  });

  test("a file in the place of a folder, a folder in the place of a file", async (context) => {
    for (const mine of [{}, { "mine.txt": "mine" }]) {
      const { content, file, place } = siteFor(context);
      await place(OLD);
      fs.rmSync(file("dir"), { recursive: true });
      fs.writeFileSync(file("dir"), "a file");
      fs.rmSync(file("edit.txt"));
      fs.mkdirSync(file("edit.txt"));
      for (const [name, text] of Object.entries(mine)) fs.writeFileSync(file(name), text);
      await place(OLD);
      assert.deepEqual(content(), sorted({ ...OLD, ...mine }));
    }
  });

  test("a folder in the place of a file that has something of others in it is refused", async (context) => {
    const { file, place } = siteFor(context);
    await place(OLD);
    fs.rmSync(file("edit.txt"));
    fs.mkdirSync(file("edit.txt"));
    fs.writeFileSync(file("edit.txt/mine"), "mine");
    await refused(place(OLD), "DESTINATION_NOT_OURS", /was not placed.*: \.\/edit\.txt\/mine\n/);
    assert.equal(fs.readFileSync(file("edit.txt/mine"), "utf8"), "mine");
  });

  test("all of it gone is no change: it is not on this machine", async (context) => {
    const { content, destination, place, report, target, wanted } = siteFor(context);
    for (const rule of ["restore", "keep", "error"] as const) {
      await place(OLD, { rule });
      fs.rmSync(target, { recursive: true });
      const due = { state: "due", reason: "it is not on this machine" };
      assert.deepEqual(await destination.look(wanted(OLD, rule)), due);
      fs.mkdirSync(target);
      fs.writeFileSync(`${target}/mine.txt`, "mine");
      assert.deepEqual(await destination.look(wanted(OLD, rule)), due);
      await place(OLD, { rule });
      assert.deepEqual(content(), sorted({ ...OLD, "mine.txt": "mine" }));
      fs.rmSync(target, { recursive: true });
    }
    assert.deepEqual(report.lines, []);
  });

  test("what is edited while the new content is filled goes the same way", async (context) => {
    const { content, file, place, report } = siteFor(context);
    await place(OLD);
    const late = filler(NEW, () => {
      fs.writeFileSync(file("same.txt"), "edited");
      return Promise.resolve();
    });
    await place(NEW, { fill: late.fill });
    assert.deepEqual(content(), NEW);
    assert.match(report.lines.join(), /is restored: ~ \.\/same\.txt$/);
  });
});

describe("keep", () => {
  test("changes are no reason to place anything", async (context) => {
    const { content, destination, place, report, wanted } = await changed(context);
    assert.deepEqual(await destination.look(wanted(OLD, "keep")), { state: "placed" });
    await place(OLD, { rule: "keep", fill: never });
    assert.deepEqual(content(), EDITED);
    assert.deepEqual(report.lines, []);
  });

  test("an update leaves changed files as they are, and names those it would have changed", async (context) => {
    const { content, destination, file, neighbors, place, report, wanted } = await changed(context);
    const next = { ...NEW, "dir/": "", "dir/gone.txt": "gone anew" };
    const edited = factsOf(file("edit.txt"));
    await place(next, { rule: "keep" });
    assert.deepEqual(content(), { ...NEW, "dir/": "", "edit.txt": "edited" });
    assert.deepEqual(factsOf(file("edit.txt")), edited);
    assert.equal(fs.statSync(file("same.txt")).mode & 0o777, 0o755);
    assert.deepEqual(neighbors(), []);
    assert.deepEqual(report.lines, [
      "warning: work/out keeps local changes to what is other content now: - ./dir/gone.txt, ~ ./edit.txt",
    ]);
    assert.deepEqual(await destination.look(wanted(next, "keep")), { state: "placed" });
    await place(next, { rule: "restore" });
    assert.deepEqual(content(), sorted(next), "the changes are known as such");
  });

  test("a changed file that the content no longer has stays, and is named", async (context) => {
    const { content, place, report } = await changed(context);
    await place({ "only.txt": "only" }, { rule: "keep" });
    assert.deepEqual(content(), { "edit.txt": "edited", "only.txt": "only", "same.txt": "same" });
    assert.match(report.lines.join(), /keeps local changes .*: ~ \.\/edit\.txt, ~ \.\/same\.txt$/);
  });

  test("an edit that the new content has, too, is no change any more", async (context) => {
    const { content, destination, file, place, report, wanted } = siteFor(context);
    await place(OLD);
    fs.writeFileSync(file("edit.txt"), "two");
    await place(NEW, { rule: "keep" });
    assert.deepEqual(content(), NEW);
    assert.deepEqual(report.lines, []);
    assert.deepEqual(await destination.look(wanted(NEW, "error")), { state: "placed" });
  });

  test("where all that is wanted was removed, it comes at once and not with the next run", async (context) => {
    const { content, destination, file, place, report, wanted } = siteFor(context);
    await place(OLD);
    fs.rmSync(file("edit.txt"));
    await place({ "edit.txt": "two" }, { rule: "keep" });
    assert.deepEqual(content(), { "edit.txt": "two" });
    assert.deepEqual(report.lines, []);
    const state = await destination.look(wanted({ "edit.txt": "two" }, "keep"));
    assert.deepEqual(state, { state: "placed" });
  });

  test("of content that is nothing but folders, one that was changed is no fresh machine", async (context) => {
    const { content, destination, file, place, wanted } = siteFor(context);
    await place({ "dir/": "", "other/": "" });
    fs.rmdirSync(file("dir"));
    fs.writeFileSync(file("dir"), "mine");
    const only = { "dir/": "", "other/": "" };
    assert.deepEqual(await destination.look(wanted(only, "keep")), { state: "placed" });
    await place(only, { rule: "keep", fill: never });
    assert.deepEqual(content(), { dir: "mine", "other/": "" });
    await refused(place(only, { rule: "error" }), "LOCAL_CHANGE", /: ~ \.\/dir\n/);
  });

  test("a folder that was removed is made again for new files in it", async (context) => {
    const { content, file, place } = siteFor(context);
    await place(OLD);
    fs.rmSync(file("dir"), { recursive: true });
    await place({ ...OLD, "dir/more.txt": "more" }, { rule: "keep" });
    const { "dir/gone.txt": _, ...rest } = OLD;
    assert.deepEqual(content(), sorted({ ...rest, "dir/more.txt": "more" }));
  });
});

describe("error", () => {
  test("says what was changed, what to do, and touches nothing", async (context) => {
    const { content, destination, place, wanted } = await changed(context);
    const fact = new RegExp(
      `: its content was changed since it was placed: ${CHANGES}\nhint: .*onLocalChange: "restore".*"keep"`,
    );
    await refused(destination.look(wanted(OLD, "error")), "LOCAL_CHANGE", fact);
    await refused(destination.look(wanted(NEW, "error")), "LOCAL_CHANGE", fact);
    await refused(place(NEW, { rule: "error", fill: never }), "LOCAL_CHANGE", fact);
    assert.deepEqual(content(), EDITED);
  });

  test("also for what is changed while the new content is filled", async (context) => {
    const { content, file, neighbors, place } = siteFor(context);
    await place(OLD);
    const late = filler(NEW, () => {
      fs.writeFileSync(file("same.txt"), "precious");
      return Promise.resolve();
    });
    const work = place(NEW, { rule: "error", fill: late.fill });
    await refused(work, "LOCAL_CHANGE", /~ \.\/same\.txt/);
    assert.deepEqual(content(), { ...OLD, "same.txt": "precious" });
    assert.deepEqual(neighbors(), []);
  });

  test("added files are none", async (context) => {
    const { destination, file, place, wanted } = siteFor(context);
    await place(OLD);
    fs.writeFileSync(file("mine.txt"), "mine");
    fs.mkdirSync(file("dir/mine"));
    assert.deepEqual(await destination.look(wanted(OLD, "error")), { state: "placed" });
    await place(NEW, { rule: "error" });
    assert.equal(fs.existsSync(file("dir/mine")), true);
  });
});
