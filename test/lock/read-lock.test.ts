/** Lock files on the disk, read by hundreds of resources of one program. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { findEntry } from "../../provider/lock/entries";
import type { LockEntry } from "../../provider/lock/lock-entry";
import { formatLock } from "../../provider/lock/lock-file";
import { readLock } from "../../provider/lock/read-lock";
import { folderFor } from "../support/folder-for-test";

const entry = (name: string, digit: string): LockEntry => ({
  reference: `ghcr.io/team/${name}:1`,
  digest: `sha256:${digit.repeat(64)}`,
  inputs: {},
});

test("a file is parsed once, and again as soon as its text is another", async (t) => {
  const path = join(folderFor(t), "lock.json");
  const read = () => readLock(path, "lock.json");
  assert.equal(await read(), undefined);
  const text = formatLock([entry("app", "a"), entry("web", "b")]);
  await writeFile(path, text);
  const entries = await read();
  assert.deepEqual(entries, [entry("app", "a"), entry("web", "b")]);
  assert.equal(await read(), entries);
  await writeFile(path, formatLock([entry("app", "a"), entry("web", "c")]));
  assert.deepEqual(await read(), [entry("app", "a"), entry("web", "c")]);
  await writeFile(path, "{");
  await assert.rejects(read, { code: "CONFIG" });
  await rm(path);
  assert.equal(await read(), undefined);
  await writeFile(path, text);
  assert.deepEqual(await read(), entries);
});

test("a pipe is no lock file, and nobody waits for what it would say", async (t) => {
  const path = join(folderFor(t), "lock.json");
  execFileSync("mkfifo", [path]);
  await assert.rejects(readLock(path, "lock.json"), {
    code: "CONFIG",
    message: /^cannot read the lock file lock\.json: it is no file\nhint: /,
  });
});

test("a list that gets another entry is looked through anew", () => {
  const entries = [entry("app", "a")];
  const wanted = entry("web", "b");
  assert.deepEqual(findEntry(entries, wanted), { kind: "none" });
  entries.push(wanted);
  assert.deepEqual(findEntry(entries, wanted), { kind: "one", entry: wanted, isSame: true });
});
