/**
 * Processes that die in the middle of a pull, by a signal that nobody can handle and by one that
 * somebody could: what was there is whole, nothing half is seen, and the next pull puts it right.
 */
import * as assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { verifyCache } from "../../provider/store/cache";
import { heldBlobs } from "../../provider/store/held-blobs";
import { contentOf, type Content } from "../store/content";
import { pullOnce } from "../store/pulling-processes";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";

const COMMAND = join(__dirname, "..", "..", "cli", "main.js");
const PULL_ONCE = join(__dirname, "..", "store", "pull-once.js");
const KILL_SWITCH = join(__dirname, "kill-switch.js");

const OLD = { "a.txt": "old", "dir/b.txt": "old", "old.txt": "old" };
const NEW = { "a.txt": "new", "dir/b.txt": "new", "new/c.txt": "new" };

/** Enough files that unpacking takes a while, in the calling thread. */
const MANY = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`many/${at}`, `${at}`]));

/** Enough bytes that threads unpack them. */
const LARGE = Object.fromEntries(
  Array.from({ length: 300 }, (_, at) => [`large/${at}`, randomBytes(32_768).toString("hex")]),
);

interface Ground {
  readonly registry: TestRegistry;
  readonly folder: string;
  readonly project: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly reference: string;
}

/** A project that holds the old content, and a registry that has other content under the same tag. */
async function ground(t: TestContext, next: Readonly<Record<string, string>>): Promise<Ground> {
  const registry = await registryFor(t);
  const folder = folderFor(t);
  for (const name of ["canary", "home", "project", "temporary"]) fs.mkdirSync(join(folder, name));
  fs.writeFileSync(join(folder, "canary", "song"), "alive");
  const environment = {
    HOME: join(folder, "home"),
    OCI_ARTIFACT_CACHE: join(folder, "cache"),
    TMPDIR: join(folder, "temporary"),
  };
  const reference = `${registry.host}/team/app:1`;
  const here = { registry, folder, project: join(folder, "project"), environment, reference };
  publishFiles(registry, OLD);
  assert.deepEqual((await pullOnce(here)).content, withFolders(OLD));
  publishFiles(registry, next);
  return here;
}

function publishFiles(registry: TestRegistry, files: Readonly<Record<string, string>>): void {
  publish(registry, "team/app", "1", {
    layers: [{ bytes: tarGz(files), mediaType: MEDIA_TYPES.tarGzip }],
  });
}

/** As `contentOf` says it. */
function withFolders(files: Readonly<Record<string, string>>): Content {
  const folders = Object.keys(files)
    .filter((path) => path.includes("/"))
    .map((path) => [`${path.slice(0, path.indexOf("/"))}/`, ""] as const);
  return { ...Object.fromEntries(folders), ...files };
}

/** A pull as a program makes it, which goes on at once. */
function startProgram(here: Ground, kill?: string): ChildProcess {
  const child = start(here, [PULL_ONCE, JSON.stringify({ reference: here.reference })], kill);
  child.stdin?.end();
  return child;
}

/** `oci-artifact pull` into the folder "out" of the project. */
function startCommand(here: Ground, kill?: string): ChildProcess {
  const line = ["pull", here.reference, "--plain-http", "--output", join(here.project, "out")];
  return start(here, [COMMAND, ...line], kill);
}

function start(here: Ground, parts: readonly string[], kill: string | undefined): ChildProcess {
  const hook = kill === undefined ? [] : ["--require", KILL_SWITCH];
  const more = kill === undefined ? {} : { OCI_ARTIFACT_TEST_KILL: kill };
  return spawn(process.execPath, [...hook, ...parts], {
    cwd: here.project,
    env: { ...here.environment, ...more },
    stdio: ["pipe", "ignore", "ignore"],
  });
}

/** Ends the process by the signal as soon as the moment has come; how it ended. */
async function killWhen(
  child: ChildProcess,
  signal: NodeJS.Signals,
  hasCome: () => boolean,
): Promise<NodeJS.Signals | null> {
  const closed = once(child, "close");
  while (!hasCome()) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    await sleep(2);
  }
  child.kill(signal);
  const [, endedBy] = (await closed) as [number | null, NodeJS.Signals | null];
  return endedBy;
}

/** By whichever process, the old content's among them. */
function blobsAsked({ registry }: Ground): number {
  return registry.requests.filter(({ kind }) => kind === "blob").length;
}

/** All files that are being written below the area, by whichever process. */
function filesIn(area: string): readonly string[] {
  try {
    return fs.readdirSync(area, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
}

/** Whatever has happened: what anybody reads is the old content or the new, whole, and no third. */
async function assertWhole(here: Ground, next: Content): Promise<void> {
  const { folder, project } = here;
  const area = join(project, ".oci-artifacts");
  const trees = fs.readdirSync(area).filter((name) => !name.startsWith("."));
  const contents = trees.map((name) => contentOf(join(area, name)));
  assert.ok(
    contents.some((content) => isSame(content, withFolders(OLD))),
    "the old tree is whole",
  );
  for (const content of contents) {
    assert.ok(isSame(content, withFolders(OLD)) || isSame(content, next), "a tree is whole");
  }
  const places = ["cache", "canary", "home", "project", "temporary"];
  assert.deepEqual(fs.readdirSync(folder).sort(), places);
  assert.deepEqual(contentOf(join(folder, "canary")), { song: "alive" });
  assert.deepEqual(fs.readdirSync(join(folder, "home")), []);
  const { damaged } = await verifyCache({ cacheDirectory: join(folder, "cache") });
  assert.deepEqual(damaged, []);
}

function isSame(one: Content, other: Content): boolean {
  return (
    JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort())
  );
}

/** The next pull succeeds, and nothing is left of the one that died. */
async function assertHeals(here: Ground, next: Content): Promise<void> {
  here.registry.clearFaults();
  const outcome = await pullOnce(here);
  assert.equal(outcome.message, undefined);
  assert.deepEqual(outcome.content, next);
  const area = join(here.project, ".oci-artifacts");
  assert.deepEqual(fs.readdirSync(join(area, ".pulumi/staging")), []);
  assert.deepEqual(fs.readdirSync(join(here.folder, "cache", "staging")), []);
  assert.deepEqual(fs.readdirSync(join(here.folder, "temporary")), []);
  await assertWhole(here, next);
}

/** Each tree has its receipt, nothing else has one, and no blob is held for the dead. */
async function assertRecords({ folder, project }: Ground): Promise<void> {
  const area = join(project, ".oci-artifacts");
  const trees = fs.readdirSync(area).filter((name) => !name.startsWith("."));
  // A draft that the dead left beside them is no receipt.
  const records = fs.readdirSync(join(area, ".pulumi/receipts"));
  const receipts = records.filter((name) => name.endsWith(".json"));
  assert.deepEqual(receipts.sort(), trees.map((name) => `${name}.json`).sort());
  const cache = join(folder, "cache");
  assert.deepEqual(await heldBlobs(cache), new Set());
  assert.deepEqual(fs.readdirSync(join(cache, "in-use")), [], "notes of the dead are swept");
}

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  describe(`${signal} to a program`, () => {
    test("that fetches", async (t) => {
      const here = await ground(t, NEW);
      here.registry.fault({ kind: "blob", then: { kind: "stall", afterBytes: 100 } });
      const staging = join(here.folder, "cache", "staging");
      const blobs = blobsAsked(here);
      const child = startProgram(here);
      // Not before the blob is under way: the manifest lies there for an instant, too.
      const isFetching = (): boolean => blobsAsked(here) > blobs && filesIn(staging).length > 0;
      assert.equal(await killWhen(child, signal, isFetching), signal);
      assert.equal(filesIn(staging).length, 1, "it has left something");
      await assertWhole(here, withFolders(NEW));
      await assertHeals(here, withFolders(NEW));
    });

    test("that unpacks what it has not fetched yet", async (t) => {
      const here = await ground(t, LARGE);
      here.registry.fault({ kind: "blob", then: { kind: "stall", afterBytes: 3 * 1024 ** 2 } });
      const staging = join(here.project, ".oci-artifacts", ".pulumi/staging");
      const child = startProgram(here);
      assert.equal(await killWhen(child, signal, () => filesIn(staging).length > 5), signal);
      assert.equal(filesIn(join(here.folder, "cache", "staging")).length, 1, "and a half blob");
      await assertWhole(here, withFolders(LARGE));
      await assertHeals(here, withFolders(LARGE));
    });

    for (const [name, files] of Object.entries({ "in its own thread": MANY, "in others": LARGE })) {
      test(`that unpacks ${name}`, async (t) => {
        const here = await ground(t, files);
        const staging = join(here.project, ".oci-artifacts", ".pulumi/staging");
        const child = startProgram(here);
        assert.equal(await killWhen(child, signal, () => filesIn(staging).length > 5), signal);
        assert.ok(filesIn(staging).length > 5, "it has left something");
        await assertWhole(here, withFolders(files));
        await assertHeals(here, withFolders(files));
      });
    }
  });
}

/** Kills one run before its first such change, the next before its second, until one comes through. */
async function killEach(
  t: TestContext,
  here: Ground,
  startRun: (kill: string) => ChildProcess,
  changes: string,
  check: (isKilled: boolean) => Promise<void>,
): Promise<void> {
  const before = join(folderFor(t), "before");
  fs.cpSync(here.folder, before, { recursive: true, preserveTimestamps: true });
  let isKilled = true;
  let runs = 0;
  for (; isKilled && runs < 100; runs += 1) {
    fs.rmSync(here.folder, { recursive: true });
    fs.cpSync(before, here.folder, { recursive: true, preserveTimestamps: true });
    const [, endedBy] = (await once(startRun(`${runs + 1} ${changes}`), "close")) as unknown[];
    isKilled = endedBy === "SIGKILL";
    await check(isKilled);
  }
  assert.ok(!isKilled && runs > 5, `${runs} changes are no pull`);
}

test("SIGKILL before each change that makes something visible, or takes it away", async (t) => {
  const here = await ground(t, NEW);
  const run = (kill: string): ChildProcess => startProgram(here, kill);
  await killEach(t, here, run, "rename rm unlink writeFile", async () => {
    await assertWhole(here, withFolders(NEW));
    await assertHeals(here, withFolders(NEW));
    await assertRecords(here);
  });
});

describe("SIGKILL to oci-artifact pull", () => {
  /** The output holds all of the old, all of the new, or for an instant nothing. */
  const assertOutput = (here: Ground, next: Content, mayBeGone: boolean): void => {
    const output = join(here.project, "out");
    if (mayBeGone && !fs.existsSync(output)) return;
    const content = contentOf(output);
    assert.ok(isSame(content, withFolders(OLD)) || isSame(content, next), JSON.stringify(content));
  };

  /** The next pull succeeds, and nothing is left beside the output. */
  const assertOutputHeals = async (here: Ground, next: Content): Promise<void> => {
    here.registry.clearFaults();
    const [code] = (await once(startCommand(here), "close")) as [number];
    assert.equal(code, 0);
    assert.deepEqual(contentOf(join(here.project, "out")), next);
    const names = fs.readdirSync(here.project).filter((name) => name !== ".oci-artifacts");
    assert.deepEqual(names, ["out"]);
    assert.deepEqual(fs.readdirSync(join(here.folder, "cache", "staging")), []);
    await assertWhole(here, next);
  };

  const withOutput = async (t: TestContext, next: Readonly<Record<string, string>>) => {
    const here = await ground(t, OLD);
    const [code] = (await once(startCommand(here), "close")) as [number];
    assert.equal(code, 0);
    assert.deepEqual(contentOf(join(here.project, "out")), withFolders(OLD));
    publishFiles(here.registry, next);
    return here;
  };

  test("that fetches what replaces old content", async (t) => {
    const here = await withOutput(t, NEW);
    here.registry.fault({ kind: "blob", then: { kind: "stall", afterBytes: 100 } });
    const staging = join(here.folder, "cache", "staging");
    const child = startCommand(here);
    assert.equal(await killWhen(child, "SIGKILL", () => filesIn(staging).length > 0), "SIGKILL");
    assert.deepEqual(contentOf(join(here.project, "out")), withFolders(OLD));
    await assertOutputHeals(here, withFolders(NEW));
  });

  test("that unpacks what replaces old content", async (t) => {
    const here = await withOutput(t, MANY);
    const child = startCommand(here);
    const seen = (): boolean => filesIn(here.project).length > 100;
    assert.equal(await killWhen(child, "SIGKILL", seen), "SIGKILL");
    assert.deepEqual(contentOf(join(here.project, "out")), withFolders(OLD));
    await assertOutputHeals(here, withFolders(MANY));
  });

  test("before each of its renames", async (t) => {
    const here = await withOutput(t, NEW);
    const run = (kill: string): ChildProcess => startCommand(here, kill);
    await killEach(t, here, run, "rename", async (isKilled) => {
      assertOutput(here, withFolders(NEW), isKilled);
      await assertOutputHeals(here, withFolders(NEW));
    });
  });
});
