/** Work in progress: unique names, what the dead left goes, what the living write stays. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import {
  formatIdentity,
  lifeOf,
  ownIdentity,
  parseIdentity,
  processFacts,
  type ProcessIdentity,
} from "../../provider/store/process-identity";
import { renameInto } from "../../provider/store/rename";
import { removeTree, stagingPath, sweepStaging } from "../../provider/store/staging";
import { folderFor } from "../support/folder-for-test";

/** The identity of a process that has lived and is dead. */
async function deadIdentity(): Promise<ProcessIdentity> {
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: "pipe" });
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  const startTime = processFacts(pid)?.startTime ?? "0";
  child.stdin.end();
  await once(child, "close");
  return { ...ownIdentity(), pid, startTime };
}

describe("the identity of a process", () => {
  test("of a child: its parent is this process, and it starts later", async () => {
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: "pipe" });
    await once(child, "spawn");
    const facts = processFacts(child.pid ?? 0);
    assert.equal(facts?.parent, process.pid);
    assert.ok(Number(facts.startTime) > Number(ownIdentity().startTime));
    const identity = { ...ownIdentity(), pid: facts.pid, startTime: facts.startTime };
    assert.equal(lifeOf(identity), "alive");
    child.stdin.end();
    await once(child, "close");
    assert.equal(lifeOf(identity), "dead");
    assert.equal(processFacts(facts.pid), undefined);
  });

  test("a pid that now belongs to another process is dead", () => {
    assert.equal(lifeOf({ ...ownIdentity(), startTime: "1" }), "dead");
  });

  test("one that could not see when it started lives as long as its pid", () => {
    assert.equal(lifeOf({ ...ownIdentity(), startTime: "0" }), "alive");
  });

  test("another host's life cannot be seen", () => {
    assert.equal(lifeOf({ ...ownIdentity(), realm: "elsewhere-1" }), "elsewhere");
  });

  test("survives the way through a file name", () => {
    const own = ownIdentity();
    assert.deepEqual(parseIdentity(formatIdentity(own)), own);
    assert.match(formatIdentity(own), /^[a-z0-9-]+\.\d+\.\d+$/);
    for (const other of ["", "a.b.c", "../x.1.2", "x.1", "x.1.2.3", "X.1.2"]) {
      assert.equal(parseIdentity(other), undefined);
    }
  });
});

describe("sweeping", () => {
  test("what a dead process left goes, files and folders", async (context) => {
    const area = folderFor(context);
    const dead = formatIdentity(await deadIdentity());
    mkdirSync(join(area, `${dead}.aa`, "deep"), { recursive: true });
    writeFileSync(join(area, `${dead}.bb`), "");
    await sweepStaging(area);
    assert.equal(existsSync(join(area, `${dead}.aa`)), false);
    assert.equal(existsSync(join(area, `${dead}.bb`)), false);
  });

  test("the living, strangers and fresh work of other hosts stay; old work goes", async (context) => {
    const area = folderFor(context);
    const own = basename(stagingPath(area));
    const fresh = "elsewhere-1.10.20.aa";
    const old = "elsewhere-1.10.20.bb";
    for (const name of [own, fresh, old, "notes.txt"]) writeFileSync(join(area, name), "");
    const twoDaysAgo = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000);
    utimesSync(join(area, old), twoDaysAgo, twoDaysAgo);
    await sweepStaging(area);
    const left = [own, fresh, old, "notes.txt"].filter((name) => existsSync(join(area, name)));
    assert.deepEqual(left, [own, fresh, "notes.txt"]);
  });

  test("an area that is not there is no error", async (context) => {
    await sweepStaging(join(folderFor(context), "none"));
  });

  test("no name is given twice", (context) => {
    const area = folderFor(context);
    const paths = [1, 2, 3].map(() => stagingPath(area));
    assert.equal(new Set(paths).size, 3);
    for (const path of paths) assert.equal(existsSync(path), false);
  });
});

test("folders that forbid writing are removed by their owner", async (context) => {
  const folder = folderFor(context);
  const inner = join(folder, "tree", "locked");
  mkdirSync(inner, { recursive: true });
  writeFileSync(join(inner, "file"), "");
  // Root may remove everything: then another user has to try.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    for (const path of [folder, join(folder, "tree"), inner, join(inner, "file")]) {
      chownSync(path, 65_534, 65_534);
    }
  }
  chmodSync(inner, 0o555);
  if (isRoot) process.seteuid?.(65_534);
  try {
    await removeTree(join(folder, "tree"));
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  assert.equal(existsSync(join(folder, "tree")), false);
});

test("a rename tells when the place is taken, and leaves both sides alone", async (context) => {
  const folder = folderFor(context);
  const from = join(folder, "from");
  mkdirSync(from);
  mkdirSync(join(folder, "full", "x"), { recursive: true });
  writeFileSync(join(folder, "file"), "");
  assert.equal(await renameInto(from, join(folder, "full")), false);
  assert.equal(await renameInto(from, join(folder, "file")), false);
  assert.equal(existsSync(from), true);
  assert.equal(await renameInto(from, join(folder, "free")), true);
  await assert.rejects(renameInto(from, join(folder, "free")), { code: "ENOENT" });
});
