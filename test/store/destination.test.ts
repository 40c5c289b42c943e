/** A folder of the user's choice: filled, found again, replaced, and recorded. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { openDestination } from "../../provider/store/destination";
import { groundOf } from "../../provider/store/destination-ground";
import type { FillTree } from "../../provider/store/trees";
import { recordReport } from "../support/report-for-test";
import { filler } from "./content";
import { never, NEW, OLD, OWNER, siteAt, siteFor, withoutRights } from "./destination-for-test";

describe("placing", () => {
  test("makes the folder, and those above it", async (context) => {
    const { content, destination, neighbors, place, records, report, target, wanted } =
      siteFor(context);
    assert.deepEqual(await destination.look(wanted(OLD)), {
      state: "due",
      reason: "it is not on this machine",
    });
    assert.equal(fs.existsSync(dirname(target)), false, "a look changes nothing");
    const tree = await place(OLD);
    assert.equal(tree.directory, target);
    assert.equal(tree.name, "out");
    assert.equal(tree.fileCount, 4);
    assert.match(tree.contentDigest, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(content(), OLD);
    assert.deepEqual(neighbors(), []);
    assert.equal(fs.readdirSync(records).length, 1);
    assert.deepEqual(report.lines, []);
    assert.deepEqual(await destination.look(wanted(OLD)), { state: "placed" });
  });

  test("takes an empty folder", async (context) => {
    const { content, neighbors, place, target } = siteFor(context);
    fs.mkdirSync(target, { recursive: true });
    await place(OLD);
    assert.deepEqual(content(), OLD);
    assert.deepEqual(neighbors(), []);
  });

  test("the same again touches nothing", async (context) => {
    const { file, place } = siteFor(context);
    await place(OLD);
    const before = fs.statSync(file("same.txt"));
    const tree = await place(OLD, { fill: never });
    const after = fs.statSync(file("same.txt"));
    assert.deepEqual([after.ino, after.ctimeMs], [before.ino, before.ctimeMs]);
    assert.equal(tree.fileCount, 4);
  });

  test("an update replaces it whole, and old files are gone", async (context) => {
    const { content, destination, neighbors, place, report, target, wanted } = siteFor(context);
    await place(OLD);
    const folder = fs.statSync(target).ino;
    assert.deepEqual(await destination.look(wanted(NEW)), {
      state: "due",
      reason: "it holds other content",
    });
    await place(NEW);
    assert.deepEqual(content(), NEW);
    assert.notEqual(fs.statSync(target).ino, folder);
    assert.deepEqual(neighbors(), []);
    assert.deepEqual(report.lines, []);
    await place(NEW, { fill: never });
  });

  test("the folder itself keeps its mode", async (context) => {
    const { place, target } = siteFor(context);
    fs.mkdirSync(target, { recursive: true });
    fs.chmodSync(target, 0o700);
    for (const content of [OLD, NEW]) {
      await place(content);
      assert.equal(fs.statSync(target).mode & 0o777, 0o700);
    }
  });

  test("content without any file is an empty folder", async (context) => {
    const { content, destination, place, wanted } = siteFor(context);
    await place({});
    assert.deepEqual(content(), {});
    assert.deepEqual(await destination.look(wanted({})), { state: "placed" });
    await place(OLD);
    await place({});
    assert.deepEqual(content(), {});
  });

  test("a fill that fails leaves the old content, and nothing beside it", async (context) => {
    const { content, neighbors, place } = siteFor(context);
    await place(OLD);
    await assert.rejects(place(NEW, { fill: never }), /filled/);
    assert.deepEqual(content(), OLD);
    assert.deepEqual(neighbors(), []);
    await place(OLD, { fill: never });
  });

  test("content that does not come leaves no folders that were made for it, and all others", async (context) => {
    const { place, project, records, wanted } = siteFor(context);
    await assert.rejects(place(OLD, { fill: never }), /filled/);
    assert.equal(fs.existsSync(join(project, "work")), false);
    fs.mkdirSync(join(project, "was/there"), { recursive: true });
    const at = (shown: string) => openDestination({ folder: join(project, shown), shown, records });
    const report = recordReport();
    await assert.rejects(at("was/there/x/y/z").place(wanted(OLD), OWNER, never, report), /filled/);
    assert.deepEqual(fs.readdirSync(join(project, "was"), { recursive: true }), ["there"]);
    const beside: FillTree = (staging) => {
      fs.writeFileSync(join(project, "was/there/x/mine"), "mine");
      return never(staging);
    };
    await assert.rejects(at("was/there/x/y/z").place(wanted(OLD), OWNER, beside, report), /filled/);
    assert.deepEqual(fs.readdirSync(join(project, "was/there"), { recursive: true }), [
      "x",
      join("x", "mine"),
    ]);
  });

  test("a disk that is full while the copy is made leaves the old content", async (context) => {
    const { content, neighbors, place, target } = siteFor(context);
    await place(OLD);
    const full = (): Promise<never> =>
      Promise.reject(Object.assign(new Error("no space"), { code: "ENOSPC" }));
    await assert.rejects(place(NEW, { fill: full }), {
      code: "STORE",
      message: new RegExp(`^cannot write below ${target}: the disk is full \\(ENOSPC\\)\nhint: `),
    });
    assert.deepEqual(content(), OLD);
    assert.deepEqual(neighbors(), []);
    await place(OLD, { fill: never });
  });

  test("a folder that cannot be made is named", async (context) => {
    const { place, project } = siteFor(context);
    fs.writeFileSync(join(project, "work"), "a file");
    await assert.rejects(place(OLD), { code: "STORE", message: /is no folder|no folder/ });
    assert.equal(fs.readFileSync(join(project, "work"), "utf8"), "a file");
  });
});

describe("the record", () => {
  test("goes along with a checkout that is moved, and the copy needs no new one", async (context) => {
    const { place, project } = siteFor(context);
    await place(OLD);
    const moved = `${project}-moved`;
    context.after(() => {
      fs.rmSync(moved, { recursive: true });
    });
    // A copy has other inodes and times of change.
    fs.cpSync(project, moved, {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
    });
    const site = siteAt(moved);
    assert.deepEqual(await site.destination.look(site.wanted(OLD)), { state: "placed" });
    await site.place(NEW);
    assert.deepEqual(site.content(), NEW);
  });

  test("holds today's facts after a look at a copied checkout", async (context) => {
    const { destination, file, place, records, wanted } = siteFor(context);
    await place(OLD);
    const later = new Date(1_800_000_000_000);
    fs.utimesSync(file("edit.txt"), later, later);
    assert.deepEqual(await destination.look(wanted(OLD)), { state: "placed" });
    const [name = ""] = fs.readdirSync(records);
    assert.match(fs.readFileSync(join(records, name), "utf8"), /"mtimeMs":1800000000000/);
  });

  test("is found by another way to the same folder", async (context) => {
    const { content, place, project, records, wanted } = siteFor(context);
    await place(OLD);
    fs.symlinkSync("work", join(project, "shortcut"));
    const other = openDestination({
      folder: join(project, "shortcut", "out"),
      shown: "shortcut/out",
      records,
    });
    assert.deepEqual(await other.look(wanted(OLD)), { state: "placed" });
    await other.place(wanted(NEW), OWNER, filler(NEW).fill, recordReport());
    assert.deepEqual(content(), NEW);
  });

  test("of a folder outside of the program has the whole path in its name", (context) => {
    const { project, records } = siteFor(context);
    const cache = join(project, "cache", "destinations");
    const nameAt = (folder: string, below: string): string => {
      const { recordFile } = groundOf({ folder, shown: "out", records: below });
      return recordFile.slice(below.length);
    };
    assert.notEqual(nameAt(join(project, "out"), records), nameAt(join(project, "out"), cache));
    assert.equal(
      nameAt(join(project, "..", "out"), records),
      nameAt(join(project, "..", "out"), cache),
    );
  });

  test("without owners, of an earlier version, is a record", async (context) => {
    const { content, place, records } = siteFor(context);
    await place(OLD);
    const [name = ""] = fs.readdirSync(records);
    const file = join(records, name);
    const { owners, shared, ...receipt } = JSON.parse(fs.readFileSync(file, "utf8")) as Record<
      string,
      unknown
    >;
    assert.deepEqual([owners, shared], [[OWNER], []]);
    fs.writeFileSync(file, JSON.stringify(receipt));
    await place(NEW);
    assert.deepEqual(content(), NEW);
  });

  test("with a path that leads out of the folder is none", async (context) => {
    const { destination, place, project, records, report } = siteFor(context);
    await place(OLD);
    const precious = join(project, "work", "precious");
    fs.writeFileSync(precious, "one");
    const [name = ""] = fs.readdirSync(records);
    const file = join(records, name);
    const text = fs.readFileSync(file, "utf8").replace('"edit.txt"', '"../precious"');
    fs.writeFileSync(file, text);
    await destination.remove(OWNER, report);
    assert.equal(fs.readFileSync(precious, "utf8"), "one");
  });

  for (const [title, spoil] of [
    [
      "whose folder is a file",
      (records: string) => {
        fs.mkdirSync(dirname(records), { recursive: true });
        fs.writeFileSync(records, "a file");
      },
    ],
    [
      "below a file",
      (records: string) => {
        fs.mkdirSync(dirname(dirname(records)), { recursive: true });
        fs.writeFileSync(dirname(records), "a file");
      },
    ],
  ] as const) {
    test(`${title}: the content is placed without one, and the report says what follows`, async (context) => {
      const { content, neighbors, place, records, report } = siteFor(context);
      spoil(records);
      await place(OLD);
      assert.deepEqual(content(), OLD);
      assert.deepEqual(neighbors(), []);
      assert.equal(report.lines.length, 1);
      const fact =
        /^warning: .*\.pulumi.destinations cannot be written: .* \((EEXIST|ENOTDIR)\); nothing records that the content of work\/out is ours, so other content will be refused there$/;
      assert.match(report.lines.join(), fact);
    });
  }

  test("that cannot be kept up stops an update before anything is touched", async (context) => {
    const site = siteFor(context);
    await site.place(OLD);
    await withoutRights([site.records], site.project, async () => {
      await assert.rejects(site.place(NEW), {
        code: "STORE",
        message: new RegExp(`^cannot write below ${site.records}: it may not be written`),
      });
    });
    assert.deepEqual(site.content(), OLD);
    assert.deepEqual(site.neighbors(), []);
    await site.place(NEW);
    assert.deepEqual(site.content(), NEW);
  });
});

describe("where nothing can be written", () => {
  test("content that is there is found, by a new owner, too", async (context) => {
    const site = siteFor(context);
    await site.place(OLD);
    const folders = [site.records, dirname(site.target), site.target];
    await withoutRights(folders, site.project, async () => {
      assert.deepEqual(await site.destination.look(site.wanted(OLD)), { state: "placed" });
      await site.place(OLD, { fill: never });
      assert.deepEqual(site.report.lines, []);
      await site.place(OLD, { fill: never, owner: { id: "other", urn: "" } });
      assert.match(site.report.lines.join(), /^warning: .* cannot be written: .*EACCES/);
    });
  });

  test("an update fails and names the folder, and the old content is whole", async (context) => {
    const site = siteFor(context);
    await site.place(OLD);
    await withoutRights([dirname(site.target)], site.project, async () => {
      await assert.rejects(site.place(NEW), {
        code: "STORE",
        message: new RegExp(`^cannot write below ${dirname(site.target)}: it may not be written`),
      });
    });
    assert.deepEqual(site.content(), OLD);
    assert.deepEqual(site.neighbors(), []);
  });
});
