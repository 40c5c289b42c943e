/** The folder in which somebody stands stays the very same folder, whatever is placed there. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { NEW, OLD, OWNER, siteFor, sorted, type Site } from "./destination-for-test";

/** A site with a process that works in `folder` below its destination. */
function siteAround(context: TestContext, folder: string): Site & { readonly inode: number } {
  const site = siteFor(context);
  const before = process.cwd();
  fs.mkdirSync(site.file(folder), { recursive: true });
  process.chdir(site.file(folder));
  context.after(() => {
    process.chdir(before);
  });
  return { ...site, inode: fs.statSync(site.target).ino };
}

describe("a destination that is the working directory", () => {
  test("is filled where it stands", async (context) => {
    const site = siteAround(context, ".");
    await site.place(OLD);
    assert.deepEqual(fs.readdirSync("."), fs.readdirSync(site.target));
    assert.deepEqual(site.content(), OLD);
    assert.equal(fs.statSync(site.target).ino, site.inode);
    assert.deepEqual(site.neighbors(), []);
  });

  test("is changed where it stands, and nothing is left of old content", async (context) => {
    const site = siteAround(context, ".");
    await site.place(OLD);
    await site.place(NEW);
    assert.deepEqual(site.content(), NEW);
    assert.deepEqual(await site.destination.look(site.wanted(NEW, "error")), { state: "placed" });
    assert.equal(fs.statSync(site.target).ino, site.inode);
  });

  test("stays when its content goes", async (context) => {
    const site = siteAround(context, ".");
    await site.place(OLD);
    await site.destination.remove(OWNER, site.report);
    assert.deepEqual(site.content(), {});
    assert.equal(fs.statSync(site.target).ino, site.inode);
    assert.deepEqual(site.report.lines, []);
    assert.deepEqual(fs.readdirSync(site.records), []);
  });

  test("gets old content back that a killed run has left beside it", async (context) => {
    const site = siteAround(context, ".");
    await site.place(OLD);
    const aside = join(dirname(site.target), ".out.oci-artifact-old");
    fs.mkdirSync(aside);
    for (const name of fs.readdirSync(".")) fs.renameSync(name, join(aside, name));
    assert.deepEqual(await site.destination.look(site.wanted(OLD)), { state: "placed" });
    assert.deepEqual(site.content(), OLD);
    assert.equal(fs.statSync(site.target).ino, site.inode);
    assert.deepEqual(site.neighbors(), []);
  });
});

test("a destination above the working directory stays, too", async (context) => {
  const site = siteAround(context, "src");
  await site.place(OLD);
  await site.place(NEW);
  assert.deepEqual(site.content(), sorted({ ...NEW, "src/": "" }));
  assert.equal(fs.statSync(site.target).ino, site.inode);
  assert.equal(fs.statSync(".").ino, fs.statSync(site.file("src")).ino);
});
