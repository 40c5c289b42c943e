/**
 * Disks that are full or read-only while a pull is at work: an error in words, nothing half, what was
 * there whole, and the next pull with room puts it right. Where the machine lets anybody mount (a
 * namespace of users and mounts), the disk is a real one of 1 MiB; elsewhere a stand-in refuses as it
 * would, and the test's name says so. The limit of a file's size is the kernel's own everywhere.
 */
import * as assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test, type TestContext } from "node:test";
import { createHash } from "node:crypto";
import { contentOf } from "../store/content";
import type { Outcome } from "../store/pull-once";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";
import type { Scenario, Seen, Step } from "./disk-scenario";

const IS_REAL =
  spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", tmpdir()], { stdio: "ignore" })
    .status === 0;

const OLD = { "old.txt": "old" };

/** Two megabytes that stay one in a gzip. */
const LARGE = {
  "a.txt": "new",
  "large.txt": Array.from({ length: 32_768 }, (_, index) =>
    createHash("sha256").update(`${index}`).digest("hex"),
  ).join(""),
};

interface Places {
  readonly disk: string;
  readonly project: string;
  readonly cache: string;
  readonly temporary: string;
}

const IN_PROJECT = { disk: "disk", project: "disk/project", cache: "cache", temporary: "tmp" };
const IN_CACHE = { disk: "disk", project: "project", cache: "disk/cache", temporary: "tmp" };
const IN_BOTH = { disk: "disk", project: "project", cache: "disk/cache", temporary: "disk/tmp" };

/** The steps, by process after process, and what could be seen after each. */
async function play(
  t: TestContext,
  places: Places,
  steps: readonly (readonly [tag: "old" | "large", disk: Step["disk"]])[],
): Promise<{ readonly seen: readonly Seen[]; readonly folder: string }> {
  const registry = await registryFor(t);
  for (const [tag, files] of Object.entries({ old: OLD, large: LARGE })) {
    publish(registry, "team/app", tag, {
      layers: [{ bytes: tarGz(files), mediaType: MEDIA_TYPES.tarGzip }],
    });
  }
  const folder = folderFor(t);
  const scenario: Scenario = {
    folder,
    ...places,
    isReal: IS_REAL,
    steps: steps.map(([tag, disk]) => ({ reference: `${registry.host}/team/app:${tag}`, disk })),
  };
  const line = [process.execPath, join(__dirname, "disk-scenario.js"), JSON.stringify(scenario)];
  const [command = "", ...parts] = IS_REAL ? ["unshare", "-rm", ...line] : line;
  const child = spawn(command, parts, { stdio: ["ignore", "pipe", "inherit"] });
  const [printed] = await Promise.all([text(child.stdout), once(child, "close")]);
  return { seen: JSON.parse(printed) as readonly Seen[], folder };
}

function assertSeen(seen: Seen | undefined, trees: readonly object[]): Outcome {
  assert.ok(seen !== undefined);
  assert.deepEqual(seen.unfinished, []);
  const found = Object.values(seen.trees);
  assert.equal(found.length, trees.length);
  for (const tree of trees)
    assert.ok(found.some((one) => JSON.stringify(one) === JSON.stringify(tree)));
  return seen.outcome;
}

describe(IS_REAL ? "a disk of 1 MiB, or read-only" : "what stands in for such a disk", () => {
  test("is full while a tree is written: nothing of it is seen, and later it is whole", async (t) => {
    const { seen, folder } = await play(t, IN_PROJECT, [
      ["old", "roomy"],
      ["large", "full"],
      ["old", "full"],
      ["large", "roomy"],
    ]);
    assert.deepEqual(assertSeen(seen[0], [OLD]).content, OLD);
    const failed = assertSeen(seen[1], [OLD]);
    assert.equal(failed.code, "STORE", failed.message);
    assert.match(failed.message ?? "", /^cannot .*: the disk is full \(ENOSPC\)\nhint: make room/);
    const area = join(folder, "disk/project/.oci-artifacts");
    assert.ok(failed.message?.includes(` below ${area}`), failed.message);
    assert.deepEqual(assertSeen(seen[2], [OLD]).content, OLD);
    assert.deepEqual(assertSeen(seen[3], [OLD, LARGE]).content, LARGE);
  });

  test("is read-only: what is there serves, what is not is an error with the folder", async (t) => {
    const { seen, folder } = await play(t, IN_PROJECT, [
      ["old", "roomy"],
      ["old", "read-only"],
      ["large", "read-only"],
      ["large", "roomy"],
    ]);
    const served = assertSeen(seen[1], [OLD]);
    assert.deepEqual([served.content, served.warnings], [OLD, []]);
    const failed = assertSeen(seen[2], [OLD]);
    assert.equal(failed.code, "STORE", failed.message);
    const area = join(folder, "disk/project/.oci-artifacts");
    const words = `cannot write below ${area}: the file system is read-only (EROFS)\nhint: make room`;
    assert.ok(failed.message?.startsWith(words), failed.message);
    assert.deepEqual(assertSeen(seen[3], [OLD, LARGE]).content, LARGE);
  });

  for (const [disk, fact] of [
    ["full", "the disk is full (ENOSPC)"],
    ["read-only", "the file system is read-only (EROFS)"],
  ] as const) {
    test(`is ${disk} and holds the cache: the pull goes on without, and says so`, async (t) => {
      const { seen, folder } = await play(t, IN_CACHE, [
        ["old", "roomy"],
        ["large", disk],
        ["large", "roomy"],
      ]);
      const { content, warnings } = assertSeen(seen[1], [OLD, LARGE]);
      assert.deepEqual(content, LARGE);
      assert.equal(warnings.length, 1);
      const words = `the cache ${join(folder, "disk/cache")} cannot be written: ${fact}; what is`;
      assert.ok(warnings[0]?.startsWith(words), warnings[0]);
      assert.deepEqual(assertSeen(seen[2], [OLD, LARGE]).warnings, []);
    });
  }

  test("is full and holds the temporary folder as well: an error with the folder", async (t) => {
    const { seen, folder } = await play(t, IN_BOTH, [
      ["old", "roomy"],
      ["large", "full"],
      ["large", "roomy"],
    ]);
    const failed = assertSeen(seen[1], [OLD]);
    assert.equal(failed.code, "STORE", failed.message);
    const words = `cannot write below ${join(folder, "disk")}`;
    assert.ok(failed.message?.startsWith(words), failed.message);
    assert.match(failed.message ?? "", /: the disk is full \(ENOSPC\)\nhint: make room/);
    assert.deepEqual(assertSeen(seen[2], [OLD, LARGE]).content, LARGE);
  });
});

test("a limit of the size of a file: nothing is seen of what goes beyond, and later it is whole", async (t) => {
  const registry = await registryFor(t);
  const zeros = { "a.txt": "new", "large.txt": "0".repeat(2_000_000) };
  publish(registry, "team/app", "1", {
    layers: [{ bytes: tarGz(zeros), mediaType: MEDIA_TYPES.tarGzip }],
  });
  const folder = folderFor(t);
  const reference = `${registry.host}/team/app:1`;
  const pull = async (limit: string): Promise<Outcome> => {
    const script = [join(__dirname, "..", "store", "pull-once.js"), JSON.stringify({ reference })];
    const line = ["-c", 'ulimit -f "$0" && exec "$@"', limit, process.execPath, ...script];
    const child = spawn("sh", line, {
      cwd: folder,
      env: { HOME: folder, OCI_ARTIFACT_CACHE: join(folder, "cache"), TMPDIR: folder },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [printed] = await Promise.all([text(child.stdout), once(child, "close")]);
    return JSON.parse(printed.slice("ready\n".length)) as Outcome;
  };
  const { code, message } = await pull("1000");
  assert.equal(code, "STORE", message);
  assert.match(
    message ?? "",
    /^cannot unpack .*: the system limits the size of a file .*\(EFBIG\)\nhint: raise the limit/,
  );
  const area = join(folder, ".oci-artifacts");
  assert.deepEqual(fs.readdirSync(area).sort(), [".gitignore", ".pulumi"]);
  assert.deepEqual(fs.readdirSync(join(area, ".pulumi/staging")), []);
  assert.deepEqual((await pull("unlimited")).content, zeros);
  assert.equal(Object.keys(contentOf(area)).filter((name) => name.endsWith(".txt")).length, 2);
});
