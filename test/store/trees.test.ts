/** Trees: built once, found again, healed where they were touched. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openTrees } from "../../provider/store/trees";
import { folderFor } from "../support/folder-for-test";
import { recordReport } from "../support/report-for-test";
import { placed } from "./placed-tree";
import { CONTENT, contentOf, filler, KEY, stagingOf } from "./content";

describe("building", () => {
  test("a new tree: content, .gitignore, facts; nothing is left in staging", async (context) => {
    const { directory, project, report, trees } = await placed(context);
    assert.deepEqual(contentOf(directory), CONTENT);
    assert.equal(fs.readFileSync(join(project, ".oci-artifacts", ".gitignore"), "utf8"), "*\n");
    assert.deepEqual(stagingOf(project), []);
    assert.deepEqual(report.lines, []);
    const tree = await trees.find(KEY);
    assert.equal(tree?.directory, directory);
    assert.equal(tree.name, KEY.name);
    assert.equal(tree.fileCount, 4);
    assert.match(tree.contentDigest, /^sha256:[0-9a-f]{64}$/);
    assert.equal((await trees.receipt(KEY.name))?.key, KEY.key);
  });

  test("once: the second time nothing is filled and nothing is written", async (context) => {
    const { content, directory, ensure, report } = await placed(context);
    const before = fs.statSync(directory);
    await ensure();
    assert.equal(content.calls(), 1);
    assert.deepEqual(report.lines, []);
    assert.equal(fs.statSync(directory).ino, before.ino);
  });

  test("a user's own .gitignore stays", async (context) => {
    const project = folderFor(context);
    fs.mkdirSync(join(project, ".oci-artifacts"));
    fs.writeFileSync(join(project, ".oci-artifacts", ".gitignore"), "mine\n");
    await openTrees(project).ensure(KEY, filler(CONTENT).fill, recordReport());
    const text = fs.readFileSync(join(project, ".oci-artifacts", ".gitignore"), "utf8");
    assert.equal(text, "mine\n");
  });

  test("what is missing is no find, and looking writes nothing", async (context) => {
    const project = folderFor(context);
    const trees = openTrees(project);
    assert.equal(await trees.find(KEY), undefined);
    assert.equal(await trees.receipt(KEY.name), undefined);
    assert.deepEqual(fs.readdirSync(project), []);
  });

  test("a fill that fails leaves no tree, no staging and no receipt", async (context) => {
    const project = folderFor(context);
    const trees = openTrees(project);
    const broken = async (folder: string): Promise<never> => {
      fs.writeFileSync(join(folder, "half"), "");
      await Promise.resolve();
      throw new Error("cut");
    };
    await assert.rejects(trees.ensure(KEY, broken, recordReport()), /^Error: cut$/);
    assert.deepEqual(stagingOf(project), []);
    assert.equal(await trees.receipt(KEY.name), undefined);
    assert.equal(fs.existsSync(join(project, ".oci-artifacts", KEY.name)), false);
  });

  test("a folder at the place that has no receipt is replaced", async (context) => {
    const project = folderFor(context);
    const directory = join(project, ".oci-artifacts", KEY.name);
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(join(directory, "stray"), "");
    await openTrees(project).ensure(KEY, filler(CONTENT).fill, recordReport());
    assert.deepEqual(contentOf(directory), CONTENT);
  });

  test("another key under the same name is another tree", async (context) => {
    const { directory, report, trees } = await placed(context);
    const other = { ...KEY, key: "sha256:another" };
    assert.equal(await trees.find(other), undefined);
    await trees.ensure(other, filler({ only: "this" }).fill, report);
    assert.deepEqual(contentOf(directory), { only: "this" });
  });

  for (const [name, text] of [
    ["cut", '{"version":1,"key":'],
    ["of another version", JSON.stringify({ version: 2, key: KEY.key })],
    [
      "with entries that are none",
      JSON.stringify({ version: 1, key: KEY.key, contentDigest: "x", entries: [{}] }),
    ],
  ] as const) {
    test(`a receipt ${name} means: build anew`, async (context) => {
      const { content, directory, ensure, project } = await placed(context);
      fs.writeFileSync(
        join(project, ".oci-artifacts", ".pulumi/receipts", `${KEY.name}.json`),
        text,
      );
      await ensure();
      assert.equal(content.calls(), 2);
      assert.deepEqual(contentOf(directory), CONTENT);
      await ensure();
      assert.equal(content.calls(), 2);
    });
  }
});

describe("healing, with one warning that names what was changed", () => {
  const cases: readonly [string, (directory: string) => void, readonly string[]][] = [
    [
      "a file of another size",
      (directory) => {
        fs.writeFileSync(join(directory, "a.txt"), "something else");
      },
      ["~ ./a.txt"],
    ],
    [
      "a file of the same size and time",
      (directory) => {
        const file = join(directory, "a.txt");
        const { atime, mtime } = fs.statSync(file);
        fs.writeFileSync(file, "ALPHA");
        fs.utimesSync(file, atime, mtime);
      },
      ["~ ./a.txt"],
    ],
    [
      "a file replaced by another of the same size and time",
      (directory) => {
        const file = join(directory, "a.txt");
        const { atime, mtime } = fs.statSync(file);
        fs.writeFileSync(`${file}.new`, "ALPHA");
        fs.utimesSync(`${file}.new`, atime, mtime);
        fs.renameSync(`${file}.new`, file);
      },
      ["~ ./a.txt"],
    ],
    [
      "a deleted file",
      (directory) => {
        fs.rmSync(join(directory, "dir", "c.txt"));
      },
      ["- ./dir/c.txt"],
    ],
    [
      "an added file and an added folder",
      (directory) => {
        fs.writeFileSync(join(directory, "dir", "new"), "");
        fs.mkdirSync(join(directory, "more", "deep"), { recursive: true });
      },
      ["+ ./dir/new", "+ ./more"],
    ],
    [
      "another mode",
      (directory) => {
        fs.chmodSync(join(directory, "b.txt"), 0o755);
      },
      ["~ ./b.txt"],
    ],
    [
      "another mode of a folder",
      (directory) => {
        fs.chmodSync(join(directory, "dir"), 0o700);
      },
      ["~ ./dir"],
    ],
    [
      "a link that leads elsewhere",
      (directory) => {
        fs.rmSync(join(directory, "link"));
        fs.symlinkSync("b.txt", join(directory, "link"));
      },
      ["~ ./link"],
    ],
    [
      "a file that became a folder",
      (directory) => {
        fs.rmSync(join(directory, "a.txt"));
        fs.mkdirSync(join(directory, "a.txt"));
      },
      ["~ ./a.txt"],
    ],
    [
      "a file that became a link to the same content",
      (directory) => {
        fs.rmSync(join(directory, "b.txt"));
        fs.writeFileSync(join(directory, "..", "elsewhere"), "bravo");
        fs.symlinkSync("../elsewhere", join(directory, "b.txt"));
      },
      ["~ ./b.txt"],
    ],
  ];
  for (const [name, damage, named] of cases) {
    test(name, async (context) => {
      const { content, directory, ensure, project, report, trees } = await placed(context);
      damage(directory);
      assert.equal(await trees.find(KEY), undefined);
      await ensure();
      assert.equal(content.calls(), 2);
      assert.deepEqual(contentOf(directory), CONTENT);
      assert.equal(fs.statSync(join(directory, "b.txt")).mode & 0o777, 0o644);
      assert.deepEqual(report.lines, [
        `warning: .oci-artifacts/${KEY.name} was changed locally and is restored: ${named.join(", ")}`,
      ]);
      assert.deepEqual(stagingOf(project), []);
      await ensure();
      assert.equal(content.calls(), 2);
      assert.equal(report.lines.length, 1);
    });
  }

  test("many changes: a few names and a number", async (context) => {
    const { directory, ensure, report } = await placed(context);
    for (const index of [1, 2, 3, 4, 5, 6, 7]) fs.writeFileSync(join(directory, `n${index}`), "");
    await ensure();
    assert.match(report.said("warning")[0] ?? "", /: \+ \.\/n\d(, \+ \.\/n\d){4} and 2 more$/);
  });

  test("a tree that is gone is built again without a word", async (context) => {
    const { content, directory, ensure, report } = await placed(context);
    fs.rmSync(directory, { recursive: true });
    await ensure();
    assert.equal(content.calls(), 2);
    assert.deepEqual(contentOf(directory), CONTENT);
    assert.deepEqual(report.lines, []);
  });

  test("a fill that fails leaves the damaged tree as it is", async (context) => {
    const { directory, project, report, trees } = await placed(context);
    fs.writeFileSync(join(directory, "a.txt"), "edited");
    const offline = (): Promise<never> => Promise.reject(new Error("offline"));
    await assert.rejects(trees.ensure(KEY, offline, report), /offline/);
    assert.deepEqual(contentOf(directory), { ...CONTENT, "a.txt": "edited" });
    assert.deepEqual(stagingOf(project), []);
    assert.deepEqual(report.lines, []);
  });
});

test("a tree that lost the right to write is whole; one that gained it is not", async (context) => {
  const { content, directory, ensure, report } = await placed(context);
  fs.chmodSync(join(directory, "a.txt"), 0o444);
  fs.chmodSync(join(directory, "dir"), 0o555);
  await ensure();
  assert.deepEqual([content.calls(), report.lines.length], [1, 0]);
  fs.chmodSync(join(directory, "dir"), 0o755);
  fs.chmodSync(join(directory, "b.txt"), 0o646);
  await ensure();
  assert.equal(content.calls(), 2);
  assert.match(report.said("warning").join(), /: ~ \.\/b\.txt$/);
});

test("a copied checkout is whole, and its receipt learns the new inodes", async (context) => {
  const { project } = await placed(context);
  const copy = join(folderFor(context), "copy");
  fs.cpSync(project, copy, { recursive: true, verbatimSymlinks: true });
  const trees = openTrees(copy);
  const before = await trees.receipt(KEY.name);
  const never = (): Promise<never> => Promise.reject(new Error("filled"));
  const report = recordReport();
  await trees.ensure(KEY, never, report);
  const after = await trees.receipt(KEY.name);
  const inode = fs.statSync(join(copy, ".oci-artifacts", KEY.name, "a.txt")).ino;
  assert.notEqual(before?.entries[0]?.facts.inode, inode);
  assert.equal(after?.entries[0]?.facts.inode, inode);
  assert.equal(after.contentDigest, before?.contentDigest);
  assert.deepEqual(report.lines, []);
});
