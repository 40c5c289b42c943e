/** Folders of a destination that somebody closed to its owner: mended where they are ours, else named. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import {
  OLD,
  OWNER,
  NEW,
  refused,
  siteFor,
  withoutRights,
  type Site,
} from "./destination-for-test";

/** The module itself, whose functions can be replaced. */
const system = createRequire(__filename)("node:fs") as typeof import("node:fs");

/** Does `work` while a folder of the destination may not be looked into, as long as nobody opens it. */
async function withClosed(
  site: Site,
  name: string,
  work: () => Promise<void>,
  mode = 0,
): Promise<void> {
  await withoutRights([], site.project, async () => {
    fs.chmodSync(site.file(name), mode);
    try {
      await work();
    } finally {
      if (fs.existsSync(site.file(name))) fs.chmodSync(site.file(name), 0o755);
    }
  });
}

for (const mode of [0, 0o400, 0o100]) {
  test(`a folder of ours with mode ${mode.toString(8)} is a local change, and is mended`, async (context) => {
    const site = siteFor(context);
    await site.place(OLD);
    await withClosed(
      site,
      "dir",
      async () => {
        const state = await site.destination.look(site.wanted(OLD));
        assert.deepEqual(state, {
          state: "due",
          reason: "it was changed locally: ~ ./dir, ~ ./dir/gone.txt",
        });
        await site.place(OLD);
        assert.equal(fs.statSync(site.file("dir")).mode & 0o777, 0o755);
        assert.deepEqual(await site.destination.look(site.wanted(OLD)), { state: "placed" });
      },
      mode,
    );
    assert.deepEqual(site.content(), OLD);
    assert.deepEqual(site.report.lines, [
      "warning: work/out was changed locally and is restored: ~ ./dir",
    ]);
  });
}

test("a closed folder of ours is opened among files of others, which stay", async (context) => {
  const site = siteFor(context);
  await site.place(OLD);
  fs.writeFileSync(site.file("mine.txt"), "mine");
  fs.writeFileSync(site.file("dir/mine.txt"), "mine");
  await withClosed(site, "dir", async () => {
    await site.place(NEW);
  });
  assert.deepEqual(site.content(), {
    "dir/": "",
    "dir/mine.txt": "mine",
    ...NEW,
    "mine.txt": "mine",
  });
});

test("error names a closed folder, and keep leaves it as it is", async (context) => {
  const site = siteFor(context);
  await site.place(OLD);
  await withClosed(site, "dir", async () => {
    const { destination, wanted } = site;
    await refused(destination.look(wanted(OLD, "error")), "LOCAL_CHANGE", /~ \.\/dir,/);
    assert.deepEqual(await destination.look(wanted(OLD, "keep")), { state: "placed" });
    const more = { ...OLD, "dir/new.txt": "new" };
    const work = site.place(more, { rule: "keep" });
    await refused(work, "DESTINATION_NOT_OURS", /: \.\/dir\n/);
    assert.equal(fs.statSync(site.file("dir")).mode & 0o777, 0);
  });
  assert.deepEqual(site.content(), OLD);
});

test("a closed folder of others is let be, and refused where content has to go", async (context) => {
  const site = siteFor(context);
  fs.mkdirSync(site.file("fresh"), { recursive: true });
  await withClosed(site, "fresh", async () => {
    const before = { ...site.wanted(OLD), before: `sha256:${"0".repeat(64)}` };
    assert.equal((await site.destination.look(before)).state, "due");
    await site.place(OLD);
    await refused(site.place(NEW), "DESTINATION_NOT_OURS", /: \.\/fresh\n/);
    assert.equal(fs.statSync(site.file("fresh")).mode & 0o777, 0);
  });
  assert.deepEqual(site.neighbors(), []);
});

test("removal takes a destination that forbids its owner to write", async (context) => {
  const site = siteFor(context);
  await site.place(OLD);
  await withoutRights([], site.project, async () => {
    fs.chmodSync(site.target, 0o555);
    await site.destination.remove(OWNER, site.report);
  });
  assert.equal(fs.existsSync(site.target), false);
  assert.deepEqual(site.neighbors(), []);
  assert.deepEqual(site.report.lines, []);
});

test("a destination that cannot be removed is where it was, and still ours", async (context) => {
  const site = siteFor(context);
  await site.place(OLD);
  const mode = fs.statSync(site.target).mode;
  const real = system.renameSync;
  context.after(() => {
    system.renameSync = real;
  });
  system.renameSync = (from, to) => {
    const isIntoArea = String(to).includes(".out.oci-artifact-new");
    if (isIntoArea && fs.lstatSync(from).isDirectory()) {
      throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
    }
    real(from, to);
  };
  await assert.rejects(site.destination.remove(OWNER, site.report), {
    code: "STORE",
    message: /: it may not be written \(EACCES\)\nhint: /,
  });
  system.renameSync = real;
  assert.deepEqual(site.content(), OLD);
  assert.equal(fs.statSync(site.target).mode, mode);
  assert.deepEqual(site.neighbors(), []);
  await site.destination.remove(OWNER, site.report);
  assert.equal(fs.existsSync(site.target), false);
});

test("removal leaves a closed folder, and names it", async (context) => {
  const site = siteFor(context);
  await site.place(OLD);
  await withClosed(site, "dir", async () => {
    await site.destination.remove(OWNER, site.report);
  });
  assert.deepEqual(site.content(), { "dir/": "", "dir/gone.txt": "gone" });
  assert.deepEqual(site.report.lines, [
    "warning: work/out keeps what was changed or added there: ~ ./dir, ~ ./dir/gone.txt",
  ]);
});

test("a file that is wanted in the place of a closed folder of others and ours is refused, not told as placed", async (context) => {
  const site = siteFor(context);
  fs.mkdirSync(site.file("shared"), { recursive: true });
  fs.writeFileSync(site.file("shared/mine.txt"), "mine");
  await site.place({ "shared/": "", "shared/a": "a" });
  await withClosed(site, "shared", async () => {
    await refused(site.place({ shared: "a file" }), "DESTINATION_NOT_OURS", /: \.\/shared\n/);
  });
  assert.deepEqual(site.content(), { "shared/": "", "shared/a": "a", "shared/mine.txt": "mine" });
});
