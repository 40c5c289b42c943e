/** What killed processes leave in the store goes with the next run; what the living write stays. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { writeLock } from "../../provider/lock/read-lock";
import { draftPath } from "../../provider/store/draft-name";
import { sweepLeftovers } from "../../provider/store/leftovers";
import { formatIdentity, ownIdentity } from "../../provider/store/process-identity";
import { folderFor } from "../support/folder-for-test";

/** The ending of a draft, and work under way, of a process that is dead: nobody has begun so early. */
const DRAFT = draftPath("").replace(/-\d+(-[0-9a-f]{8})$/, "-1$1");
const WORK = `${formatIdentity({ ...ownIdentity(), startTime: "1" })}.0a`;

function write(path: string): void {
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.writeFileSync(path, "half");
}

test("drafts, notes and work of a process that was killed a moment ago go, those of the living stay", async (t) => {
  const trees = join(folderFor(t), ".oci-artifacts");
  const cache = folderFor(t);
  const drafts = [
    join(cache, "tally"),
    join(cache, "tags", "0a"),
    join(cache, "destinations", "0a.json"),
    join(trees, ".gitignore"),
    join(trees, ".pulumi/receipts", "x.json"),
    join(trees, ".pulumi/claims", "0a"),
  ];
  const areas = [join(cache, "staging"), join(cache, "in-use"), join(trees, ".pulumi/staging")];
  const living = drafts.map((path) => draftPath(path));
  const dead = [...drafts.map((path) => path + DRAFT), ...areas.map((area) => join(area, WORK))];
  for (const path of [...drafts, ...living, ...dead]) write(path);
  await sweepLeftovers(trees, cache);
  assert.deepEqual(dead.filter(fs.existsSync), []);
  for (const path of [...drafts, ...living]) assert.ok(fs.existsSync(path), path);
});

test("nothing of a checkout is swept through a link", async (t) => {
  const elsewhere = folderFor(t);
  const trees = join(folderFor(t), ".oci-artifacts");
  write(join(elsewhere, "staging", WORK));
  fs.mkdirSync(trees);
  fs.symlinkSync(elsewhere, join(trees, ".pulumi"));
  await sweepLeftovers(trees, folderFor(t));
  assert.ok(fs.existsSync(join(elsewhere, "staging", WORK)));
});

test("drafts behind a link in the place of a folder of records stay", async (t) => {
  const elsewhere = folderFor(t);
  const trees = join(folderFor(t), ".oci-artifacts");
  const draft = join(elsewhere, `x.json${DRAFT}`);
  write(draft);
  for (const name of ["receipts", "claims", "destinations"]) {
    fs.mkdirSync(join(trees, ".pulumi"), { recursive: true });
    fs.symlinkSync(elsewhere, join(trees, ".pulumi", name));
  }
  await sweepLeftovers(trees, folderFor(t));
  assert.ok(fs.existsSync(draft));
});

test("a cache in a folder of the user's is not swept of what only looks like a draft", async (t) => {
  const [home, trees] = [folderFor(t), folderFor(t)];
  const notes = [home, trees].map((folder) => join(folder, `notes${DRAFT}`));
  notes.forEach(write);
  await sweepLeftovers(trees, home);
  for (const path of notes) assert.ok(fs.existsSync(path), path);
});

test("a lock file that a killed run was writing leaves no draft behind the next write", async (t) => {
  const folder = folderFor(t);
  const path = join(folder, "oci-artifact.lock.json");
  write(path + DRAFT);
  // Of another file: none of our business in a folder of the user's.
  write(join(folder, `notes.txt${DRAFT}`));
  assert.equal(await writeLock(path, "oci-artifact.lock.json", []), true);
  const left = [`notes.txt${DRAFT}`, "oci-artifact.lock.json"];
  assert.deepEqual(fs.readdirSync(folder).sort(), left.sort());
});
