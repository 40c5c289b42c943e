/** Read-only checkouts, caches that cannot be written, caches elsewhere: what can be done is done. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { SILENT } from "../../provider/context";
import { digestOf } from "../../provider/digest";
import { openBlobs } from "../../provider/store/blobs";
import { openBlobPlaces } from "../../provider/store/blob-places";
import { formatIdentity, ownIdentity } from "../../provider/store/process-identity";
import { makeTemporaryFolder } from "../../provider/store/temporary";
import { DAY_MS } from "../../provider/store/use-mark";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";
import { recordReport } from "../support/report-for-test";
import type { Outcome } from "./pull-once";
import { pullOnce } from "./pulling-processes";

/** File modes do not bind root, so its processes become this user, which owns no system files. */
const NOBODY = 65_534;
const IS_ROOT = process.getuid?.() === 0;

const FILES = { "a.txt": "alpha\n", "dir/b.txt": "bravo\n" };
const CONTENT = { "a.txt": "alpha\n", "dir/": "", "dir/b.txt": "bravo\n" };

interface Machine {
  readonly registry: TestRegistry;
  readonly project: string;
  readonly cache: string;
  readonly temporary: string;
  readonly pull: (environment?: Readonly<Record<string, string>>) => Promise<Outcome>;
}

/** A registry with one artifact, and the folders of a user whom file modes bind. */
async function machine(context: TestContext): Promise<Machine> {
  const registry = await registryFor(context);
  publish(registry, "team/app", "1", {
    layers: [{ bytes: tarGz(FILES), mediaType: MEDIA_TYPES.tarGzip }],
  });
  let folder = "";
  context.after(() => {
    allow(folder);
  });
  folder = folderFor(context);
  fs.chmodSync(folder, 0o755);
  const [project, cache, temporary, home] = ["project", "cache", "temporary", "home"].map(
    (name) => {
      const path = join(folder, name);
      fs.mkdirSync(path);
      if (IS_ROOT) fs.chownSync(path, NOBODY, NOBODY);
      return path;
    },
  ) as [string, string, string, string];
  const defaults = { OCI_ARTIFACT_CACHE: cache, TMPDIR: temporary, HOME: home };
  return {
    registry,
    project,
    cache,
    temporary,
    pull: (environment = {}) =>
      pullOnce({
        project,
        environment: { ...defaults, ...environment },
        reference: `${registry.host}/team/app:1`,
        ...(IS_ROOT ? { user: NOBODY } : {}),
      }),
  };
}

/** Takes away the right to write anywhere below the folder. */
function forbid(folder: string): void {
  for (const path of below(folder)) fs.chmodSync(path, fs.statSync(path).mode & 0o555);
}

/** Gives it back, so that the folder can be removed. */
function allow(folder: string): void {
  for (const path of below(folder)) fs.chmodSync(path, fs.statSync(path).mode | 0o200);
}

/** The folder and all in it, without links. */
function below(folder: string): readonly string[] {
  const names = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  return [folder, ...names.map((name) => join(folder, name))];
}

function assertPulled(outcome: Outcome): void {
  assert.equal(outcome.message, undefined);
  assert.deepEqual(outcome.content, CONTENT);
}

function setBack(path: string): void {
  const then = new Date(Date.now() - 3 * DAY_MS);
  fs.utimesSync(path, then, then);
}

describe("a read-only checkout", () => {
  test("with the content in it needs no write, and nobody hears of it", async (context) => {
    const { project, pull } = await machine(context);
    assertPulled(await pull());
    const receipts = join(project, ".oci-artifacts", ".pulumi/receipts");
    for (const name of fs.readdirSync(receipts)) setBack(join(receipts, name));
    fs.rmSync(join(project, ".oci-artifacts", ".pulumi/claims"), { recursive: true });
    forbid(project);
    const before = below(project);
    const outcome = await pull();
    assertPulled(outcome);
    assert.deepEqual(outcome.warnings, []);
    assert.deepEqual(below(project), before);
  });

  test("without it is an error that names the folder, and what to do", async (context) => {
    const { project, pull } = await machine(context);
    forbid(project);
    const { code, message } = await pull();
    assert.equal(code, "STORE");
    assert.equal(
      message,
      [
        `cannot write below ${project}/.oci-artifacts: it may not be written (EACCES)`,
        "hint: make room or make the folder writable, or bring it along with this content in it: what is there already needs no write",
      ].join("\n"),
    );
    assert.deepEqual(fs.readdirSync(project), []);
  });
});

describe("a cache that cannot be written", () => {
  test("is done without: one warning, and nothing is left behind", async (context) => {
    const { cache, registry, temporary, pull } = await machine(context);
    forbid(cache);
    const outcome = await pull();
    assertPulled(outcome);
    assert.equal(outcome.warnings.length, 1);
    const [warning = ""] = outcome.warnings;
    assert.ok(
      warning.startsWith(
        `the cache ${cache} cannot be written: it may not be written (EACCES); what is fetched goes to ${temporary}/oci-artifact-`,
      ),
      warning,
    );
    assert.deepEqual(fs.readdirSync(temporary), []);
    assert.deepEqual(fs.readdirSync(cache), []);
    assert.equal(registry.count({ kind: "blob", status: 200 }), 1);
  });

  for (const [name, place] of [
    ["cannot be made in the user's home", "home/.cache"],
    ["is a file", "home/file"],
  ] as const) {
    test(`because it ${name}`, async (context) => {
      const { project, temporary, pull } = await machine(context);
      const home = join(project, "..", "home");
      fs.writeFileSync(join(home, "file"), "");
      forbid(home);
      const outcome = await pull({ OCI_ARTIFACT_CACHE: join(project, "..", place) });
      assertPulled(outcome);
      assert.equal(outcome.warnings.length, 1);
      assert.deepEqual(fs.readdirSync(temporary), []);
    });
  }

  test("serves what it holds", async (context) => {
    const { cache, project, registry, pull } = await machine(context);
    assertPulled(await pull());
    fs.rmSync(join(project, ".oci-artifacts"), { recursive: true });
    forbid(cache);
    registry.clearRequests();
    const outcome = await pull();
    assertPulled(outcome);
    assert.deepEqual(outcome.warnings, []);
    assert.equal(registry.count({ kind: "blob" }), 0);
  });

  test("and holds a damaged blob: it is fetched anew", async (context) => {
    const { cache, project, pull } = await machine(context);
    assertPulled(await pull());
    fs.rmSync(join(project, ".oci-artifacts"), { recursive: true });
    const layer = digestOf(tarGz(FILES));
    const file = openBlobs(cache).file(layer);
    fs.writeFileSync(file, Buffer.alloc(fs.statSync(file).size));
    forbid(cache);
    const outcome = await pull();
    assertPulled(outcome);
    assert.equal(outcome.warnings.length, 2);
    assert.equal(outcome.warnings[0], `the cache held ${layer} damaged; fetching it again`);
  });
});

test("a disk that gets full midway: the blob is read once more, into the temporary folder", async (context) => {
  const folder = folderFor(context);
  fs.mkdirSync(join(folder, "temporary"));
  const blobs = openBlobs(join(folder, "cache"), { temporaryDirectory: join(folder, "temporary") });
  const bytes = Buffer.from("the bytes of a layer");
  let reads = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    await new Promise(setImmediate);
    reads += 1;
    yield bytes.subarray(0, 5);
    if (reads === 1) throw Object.assign(new Error("full"), { code: "ENOSPC" });
    yield bytes.subarray(5);
  }
  const report = recordReport();
  const key = { digest: digestOf(bytes), size: bytes.length };
  assert.equal(await blobs.has(key), false);
  await blobs.write(key, source, "x", report);
  assert.equal(reads, 2);
  assert.equal(await blobs.has(key), true);
  assert.deepEqual(await blobs.read(key.digest), bytes);
  assert.ok(blobs.file(key.digest).startsWith(join(folder, "temporary")));
  assert.match(report.said("warning").join(), /the disk is full \(ENOSPC\)/);
  await blobs.write(key, source, "x", report);
  assert.equal(reads, 3, "the cache is not tried again");
  assert.equal(report.lines.length, 1);
});

test("nowhere to go: the error is the cache's", async (context) => {
  const folder = folderFor(context);
  fs.writeFileSync(join(folder, "cache"), "");
  for (const temporary of [undefined, join(folder, "missing")]) {
    const places = openBlobPlaces(join(folder, "cache"), temporary);
    await assert.rejects(
      places.publish(digestOf("x"), () => Promise.resolve()),
      { code: "STORE", message: /^cannot write below .*cache: a part of its path is no folder/ },
    );
  }
  const blobs = openBlobs(join(folder, "cache"));
  const none = async function* (): AsyncGenerator<Uint8Array> {};
  await assert.rejects(blobs.write({ digest: digestOf(""), size: 0 }, none, "x", SILENT), {
    code: "STORE",
  });
});

test("temporary folders of dead processes go, those of the living and of others stay", (context) => {
  const folder = folderFor(context);
  const dead = formatIdentity({ ...ownIdentity(), startTime: "1" });
  const alive = formatIdentity(ownIdentity());
  for (const name of [`oci-artifact-${dead}.abc`, `oci-artifact-${alive}.abc`, "oci-artifact-x"]) {
    fs.mkdirSync(join(folder, name));
    fs.writeFileSync(join(folder, name, "file"), "");
  }
  const made = makeTemporaryFolder(folder);
  assert.equal(fs.statSync(made).mode & 0o777, 0o700);
  const left = fs.readdirSync(folder).map((name) => join(folder, name));
  assert.deepEqual(
    left.sort(),
    [made, join(folder, `oci-artifact-${alive}.abc`), join(folder, "oci-artifact-x")].sort(),
  );
});

test("a cache on another file system than the checkout", async (context) => {
  const { project, pull } = await machine(context);
  // Where the machine has no second file system at hand, this is any other folder.
  const memory = fs.existsSync("/dev/shm") ? "/dev/shm" : join(project, "..");
  const cache = fs.mkdtempSync(join(memory, "oci-artifact-test-"));
  context.after(() => {
    fs.rmSync(cache, { recursive: true });
  });
  if (IS_ROOT) fs.chownSync(cache, NOBODY, NOBODY);
  const outcome = await pull({ OCI_ARTIFACT_CACHE: cache });
  assertPulled(outcome);
  assert.deepEqual(outcome.warnings, []);
  assert.deepEqual(fs.readdirSync(join(cache, "staging")), []);
});
