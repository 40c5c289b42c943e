/** A copy of a tree: the same bytes, modes, times and links, and nothing shared that an edit could reach. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { copyTree } from "../../provider/store/copy-tree";
import { inspectTree, receiptOf } from "../../provider/store/inspect-tree";
import { folderFor } from "../support/folder-for-test";
import { placedTree, type Part } from "./content-tree";

/** More than is copied in one piece. */
const LARGE = "0123456789abcdef".repeat(80_000);

const PARTS: readonly Part[] = [
  { path: "bin", type: "directory", mode: 0o755, seconds: 1_100_000_000 },
  { path: "bin/deep", type: "directory", mode: 0o500 | 0o200, seconds: 1_200_000_000 },
  { path: "bin/deep/run", type: "file", mode: 0o777, text: "#!/bin/sh\n", seconds: 1_300_000_000 },
  { path: "dangling", type: "symlink", mode: 0o777, text: "nowhere", seconds: 1_350_000_000 },
  { path: "large", type: "file", mode: 0o640, text: LARGE },
  { path: "link", type: "symlink", mode: 0o777, text: "bin/deep/run", seconds: 1_400_000_000 },
  { path: "locked", type: "file", mode: 0o400, text: "locked" },
  { path: "shared", type: "file", mode: 0o666, text: "shared" },
];

test("bytes, modes, times and links are the tree's, whatever the umask", async (context) => {
  const { tree } = placedTree(context, PARTS);
  const staging = folderFor(context);
  const umask = process.umask(0o077);
  try {
    assert.deepEqual(await copyTree(tree, staging), tree.entries);
  } finally {
    process.umask(umask);
  }
  for (const { path, type, mode, text, seconds = 1_000_000_000 } of PARTS) {
    const facts = fs.lstatSync(join(staging, path));
    assert.equal(facts.mtimeMs, seconds * 1000, path);
    if (type === "symlink") assert.equal(fs.readlinkSync(join(staging, path)), text);
    else assert.equal(facts.mode & 0o777, mode, path);
    if (type === "file") assert.equal(fs.readFileSync(join(staging, path), "utf8"), text);
  }
  assert.equal(fs.readdirSync(staging, { recursive: true }).length, PARTS.length);
});

test("what the file system says of the copies is their own: nothing is hashed at the next look", async (context) => {
  const { tree } = placedTree(context, PARTS);
  const placed = receiptOf("key", tree.directory, tree.entries);
  const staging = folderFor(context);
  const copies = await copyTree({ ...tree, entries: placed.entries }, staging);
  const receipt = receiptOf("key", staging, copies);
  for (const { path, type, facts } of receipt.entries) {
    // Of a folder nothing is compared but its type and its mode.
    if (type === "directory") continue;
    assert.equal(facts.inode, fs.lstatSync(join(staging, path)).ino, path);
  }
  assert.deepEqual(await inspectTree(staging, receipt), { damage: [] });
});

test("an edit of the copy does not reach the tree", async (context) => {
  const { tree } = placedTree(context, PARTS);
  const staging = folderFor(context);
  await copyTree(tree, staging);
  for (const path of ["shared", "large"]) {
    const [source, copy] = [tree.directory, staging].map((folder) => join(folder, path)) as [
      string,
      string,
    ];
    assert.notEqual(fs.statSync(copy).ino, fs.statSync(source).ino);
    assert.equal(fs.statSync(source).nlink, 1);
    const before = fs.readFileSync(source, "utf8");
    fs.appendFileSync(copy, "edited");
    assert.equal(fs.readFileSync(source, "utf8"), before);
  }
});

test("a tree on another file system", async (context) => {
  const { tree } = placedTree(context, PARTS);
  // Where the machine has no second file system at hand, this is any other folder.
  const memory = fs.existsSync("/dev/shm") ? "/dev/shm" : folderFor(context);
  const staging = fs.mkdtempSync(join(memory, "oci-artifact-test-"));
  context.after(() => {
    fs.rmSync(staging, { recursive: true });
  });
  await copyTree(tree, staging);
  assert.equal(fs.readFileSync(join(staging, "large"), "utf8"), LARGE);
  assert.equal(fs.statSync(join(staging, "bin/deep/run")).mode & 0o777, 0o777);
});

test("an entry that is not what the receipt says is an error that names it", async (context) => {
  for (const [path, spoil] of [
    [
      "shared",
      (file: string) => {
        fs.appendFileSync(file, "!");
      },
    ],
    [
      "locked",
      (file: string) => {
        fs.rmSync(file);
      },
    ],
    [
      "link",
      (file: string) => {
        fs.rmSync(file);
        fs.symlinkSync("/etc/passwd", file);
      },
    ],
    [
      "large",
      (file: string) => {
        fs.rmSync(file);
        fs.symlinkSync("/etc/passwd", file);
      },
    ],
  ] as const) {
    const { tree } = placedTree(context, PARTS);
    spoil(join(tree.directory, path));
    await assert.rejects(copyTree(tree, folderFor(context)), {
      code: "STORE",
      message: `cannot copy ${tree.directory}: ./${path} was changed while it was copied\nhint: run again: the tree is restored first`,
    });
  }
});

test("a run that nobody wants any more ends", async (context) => {
  const { tree } = placedTree(context, PARTS);
  const staging = folderFor(context);
  await assert.rejects(copyTree(tree, staging, AbortSignal.abort()), { code: "CANCELLED" });
  assert.deepEqual(fs.readdirSync(staging), []);
});

test("other work of the thread goes on meanwhile", async (context) => {
  const parts = Array.from({ length: 2_000 }, (_, index): Part => {
    return { path: `f${index}`, type: "file", mode: 0o644, text: `${index}` };
  });
  const { tree } = placedTree(context, parts);
  let turns = 0;
  const count = (): void => {
    turns += 1;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  await copyTree(tree, folderFor(context));
  clearImmediate(timer);
  assert.ok(turns > 0);
});
