/** What somebody puts at a destination while a run is at work there is never removed. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import { describe, test, type TestContext } from "node:test";
import { filler } from "./content";
import { NEW, OLD, OWNER, siteFor, sorted, type Site } from "./destination-for-test";

/** The module itself, whose functions can be replaced. */
const system = createRequire(__filename)("node:fs") as typeof import("node:fs");

/** Does `work` right before the folder of the site is renamed for the first time. */
function beforeItGoesAside(context: TestContext, { target }: Site, work: () => void): void {
  const real = system.renameSync;
  context.after(() => {
    system.renameSync = real;
  });
  system.renameSync = (from, to) => {
    if (from === target) {
      system.renameSync = real;
      work();
    }
    real(from, to);
  };
}

/** What somebody does at the very moment, and what lies there once NEW was placed under "restore". */
const DEEDS = [
  { title: "puts a file there", file: "mine.txt", text: "mine", after: { "mine.txt": "mine" } },
  {
    title: "puts a file into a folder that goes",
    file: "dir/mine.txt",
    text: "mine",
    after: { "dir/": "", "dir/mine.txt": "mine" },
  },
] as const;

describe("while the folder is exchanged whole, somebody", () => {
  for (const { title, file, text, after } of DEEDS) {
    test(title, async (context) => {
      const site = siteFor(context);
      await site.place(OLD);
      beforeItGoesAside(context, site, () => {
        fs.writeFileSync(site.file(file), text);
      });
      await site.place(NEW);
      assert.deepEqual(site.content(), sorted({ ...NEW, ...after }));
      assert.deepEqual(site.neighbors(), []);
      assert.deepEqual(await site.destination.look(site.wanted(NEW, "error")), { state: "placed" });
    });
  }

  test("edits a file of ours that is to stay as somebody has it", async (context) => {
    const site = siteFor(context);
    await site.place(OLD);
    beforeItGoesAside(context, site, () => {
      fs.writeFileSync(site.file("edit.txt"), "precious");
    });
    await site.place(NEW, { rule: "keep" });
    assert.deepEqual(site.content(), sorted({ ...NEW, "edit.txt": "precious" }));
    assert.equal(site.report.lines.length, 1);
    assert.deepEqual(site.neighbors(), []);
  });

  test("edits a file of ours where that is an error: all stays", async (context) => {
    const site = siteFor(context);
    await site.place(OLD);
    beforeItGoesAside(context, site, () => {
      fs.writeFileSync(site.file("edit.txt"), "precious");
    });
    await assert.rejects(site.place(NEW, { rule: "error" }), { code: "LOCAL_CHANGE" });
    assert.deepEqual(site.content(), sorted({ ...OLD, "edit.txt": "precious" }));
    assert.deepEqual(site.neighbors(), []);
  });

  test("puts a file where content has to go: an error, and both stay", async (context) => {
    const site = siteFor(context);
    await site.place(OLD);
    beforeItGoesAside(context, site, () => {
      fs.writeFileSync(site.file("fresh"), "mine");
    });
    await assert.rejects(site.place(NEW), { code: "DESTINATION_NOT_OURS" });
    assert.deepEqual(site.content(), sorted({ ...OLD, fresh: "mine" }));
    assert.deepEqual(site.neighbors(), []);
  });
});

test("a folder that the system will not rename is exchanged file by file", async (context) => {
  for (const code of ["EXDEV", "EBUSY"]) {
    const site = siteFor(context);
    await site.place(OLD);
    const { ino } = fs.statSync(site.target);
    beforeItGoesAside(context, site, () => {
      throw Object.assign(new Error(code), { code });
    });
    await site.place(NEW);
    assert.deepEqual(site.content(), NEW);
    assert.equal(fs.statSync(site.target).ino, ino);
    assert.deepEqual(site.neighbors(), []);
    assert.deepEqual(site.report.lines, []);
  }
});

test("a file that comes while the content is removed stays, and is named", async (context) => {
  const site = siteFor(context);
  await site.place(OLD);
  beforeItGoesAside(context, site, () => {
    fs.writeFileSync(site.file("mine.txt"), "mine");
  });
  await site.destination.remove(OWNER, site.report);
  assert.deepEqual(site.content(), { "mine.txt": "mine" });
  assert.equal(site.report.lines.length, 1);
  assert.deepEqual(site.neighbors(), []);
  assert.deepEqual(fs.readdirSync(site.records), []);
});

test("a file that comes while the content is filled stays", async (context) => {
  const site = siteFor(context);
  const put = (): Promise<void> => {
    fs.mkdirSync(site.target, { recursive: true });
    fs.writeFileSync(site.file("mine.txt"), "mine");
    return Promise.resolve();
  };
  await site.place(OLD, { fill: filler(OLD, put).fill });
  assert.deepEqual(site.content(), sorted({ ...OLD, "mine.txt": "mine" }));
});

describe("while a folder is looked at that may hold what the state says, somebody", () => {
  for (const [title, deed] of Object.entries({
    "removes a file": (path: string) => {
      fs.rmSync(path);
    },
    "makes a folder of one": (path: string) => {
      fs.rmSync(path);
      fs.mkdirSync(path);
    },
  })) {
    test(`${title}: it holds other content`, async (context) => {
      const site = siteFor(context);
      const { contentDigest: before } = await site.place(OLD);
      fs.rmSync(site.records, { recursive: true });
      const real = system.readFileSync;
      context.after(() => {
        system.readFileSync = real;
      });
      system.readFileSync = ((...given: Parameters<typeof real>) => {
        if (given[0] === site.file("edit.txt")) {
          system.readFileSync = real;
          deed(site.file("edit.txt"));
        }
        return real(...given);
      }) as typeof real;
      const state = await site.destination.look({ ...site.wanted(NEW), before });
      assert.deepEqual(state, { state: "due", reason: "it is not on this machine" });
    });
  }
});

test("while files are removed one by one, somebody removes one of them: that is no error", async (context) => {
  const site = siteFor(context);
  await site.place(OLD);
  fs.writeFileSync(site.file("mine.txt"), "mine");
  const real = system.unlinkSync;
  context.after(() => {
    system.unlinkSync = real;
  });
  system.unlinkSync = (path) => {
    if (path === site.file("edit.txt")) fs.rmSync(path);
    real(path);
  };
  await site.destination.remove(OWNER, site.report);
  assert.deepEqual(site.content(), { "mine.txt": "mine" });
  assert.deepEqual(site.neighbors(), []);
});
