/** Large layers are unpacked by a crew of threads: to the same tree, with the same errors, and gone with them. */
import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { lstatSync } from "node:fs";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { Worker } from "node:worker_threads";
import { SILENT, type Report } from "../../provider/context";
import { DEFAULT_LIMITS } from "../../provider/limits";
import type { WrittenEntry } from "../../provider/store/receipt";
import type { TreeEntry } from "../../provider/types";
import { DirectFiles } from "../../provider/unpack/files";
import { doUnpack } from "../../provider/unpack/job";
import { unpack } from "../../provider/unpack/unpack";
import { gzip, sha256, tar, type TarMember } from "../support/archives";
import { zip } from "../support/zips";
import { layLayer, type LaidLayer } from "../support/laid-layer";
import { assertRefused, contentOf, SUBJECT, unpackLayers } from "../support/unpacking";

const MIB = 1024 ** 2;
const noise = randomBytes(9 * MIB);
const large: TarMember = { path: "large.bin", content: noise };
const small: readonly TarMember[] = Array.from({ length: 1500 }, (_, index) => ({
  path: `d${index % 7}/e${index % 31}/f${index}`,
  content: "x".repeat((index * 37) % 5000),
  mode: index % 3 === 0 ? 0o755 : 0o600,
}));

/** Threads that were started, in their order: the one that writes, then the one that extracts. */
const threads: Worker[] = [];
process.on("worker", (worker: Worker) => threads.push(worker));

/** All that a tree can have, and each content at some boundary of a batch. */
const everything = tar([
  { path: "empty", content: "" },
  ...small.slice(0, 700),
  large,
  { path: "batch", content: noise.subarray(0, 512 * 1024) },
  { path: "twice", content: "first" },
  { path: "hard", type: "hardlink", link: "large.bin" },
  { path: "twice", content: "last" },
  { path: "turned/", type: "directory" },
  ...small.slice(700),
  { path: "turned", content: "into a file" },
  { path: "again", type: "hardlink", link: "twice" },
  { path: "link", type: "symlink", link: "d1/e1" },
  { path: "zeros", content: Buffer.alloc(3 * MIB) },
  { path: "last", content: "" },
]);

async function byCrew(
  { plan, file, staging }: LaidLayer,
  signal = new AbortController().signal,
  report: Report = SILENT,
): Promise<readonly TreeEntry[]> {
  const context = { limits: DEFAULT_LIMITS, signal, report };
  const entries = await unpack(plan, () => ({ path: file }), staging, context, SUBJECT);
  assertFacts(entries, staging);
  return entries.map(plain);
}

/** What each tree has of its own left out. */
function plain({ facts: _facts, ...entry }: WrittenEntry): TreeEntry {
  return entry;
}

/** What was seen of a file when it was written still holds, and only of hard links nothing is said. */
function assertFacts(entries: readonly WrittenEntry[], staging: string): void {
  for (const { path, type, facts } of entries) {
    const now = lstatSync(join(staging, path));
    assert.equal(facts === undefined, type !== "file" || now.nlink > 1, path);
    if (facts === undefined) continue;
    const { size, mtimeMs, ctimeMs, ino: inode } = now;
    assert.deepEqual(facts, { size, mtimeMs, ctimeMs, inode }, path);
  }
}

function onStatus(act: () => void): Report {
  return { ...SILENT, status: act };
}

before(() => {
  assert.equal(threads.length, 0);
});

test("a small layer needs no thread", async (t) => {
  await unpackLayers(t, [gzip(tar(small.slice(0, 100)))]);
  assert.equal(threads.length, 0);
});

test("a large layer starts two, and the next one finds them there", async (t) => {
  await byCrew(await layLayer(t, everything));
  assert.equal(threads.length, 2);
  await byCrew(await layLayer(t, everything));
  assert.equal(threads.length, 2);
});

for (const [name, bytes] of Object.entries({ plain: everything, gzip: gzip(everything) })) {
  test(`${name}: the tree is the one that this thread makes by itself`, async (t) => {
    const [one, two] = [await layLayer(t, bytes), await layLayer(t, bytes)];
    const entries = await byCrew(one);
    const job = { plan: two.plan, blobFiles: [{ path: two.file }], staging: two.staging };
    const tools = {
      files: new DirectFiles(),
      pace: () => undefined,
      mayBlock: true,
      status: () => undefined,
    };
    const made = await doUnpack({ ...job, limits: DEFAULT_LIMITS, subject: SUBJECT }, tools);
    assertFacts(made, two.staging);
    assert.deepEqual(entries, made.map(plain));
    assert.equal(entries.filter(({ type }) => type === "file").length, small.length + 9);
    assert.deepEqual(await contentOf({ ...one, entries }), await contentOf({ ...two, entries }));
    for (const { path, type, mode, size } of entries.filter(({ type }) => type === "file")) {
      const found = await stat(join(one.staging, path));
      const wantedStat = await stat(join(two.staging, path));
      assert.deepEqual(
        [type, found.mode & 0o7777, found.size, found.mtimeMs],
        ["file", mode, size, wantedStat.mtimeMs],
        path,
      );
    }
  });
}

test("a large zip and a large file without an archive go the same way", async (t) => {
  const annotations = { "org.opencontainers.image.title": "raw.bin" };
  const zipped = zip([{ path: "in.zip", content: noise, isStored: true }, { path: "a" }]);
  const unpacked = await unpackLayers(t, [{ bytes: zipped }, { bytes: noise, annotations }]);
  const hashes = unpacked.entries.map(({ path, sha256: hex }) => [path, hex && `sha256:${hex}`]);
  assert.deepEqual(hashes, [
    ["a", sha256("")],
    ["in.zip", sha256(noise)],
    ["raw.bin", sha256(noise)],
  ]);
  const names = (await readdir(unpacked.staging)).sort();
  assert.deepEqual(names, ["a", "in.zip", "raw.bin"]);
});

test("several at once become each its own tree", async (t) => {
  const layers = await Promise.all([1, 2, 3].map(() => layLayer(t, everything)));
  const [first, ...others] = await Promise.all(layers.map((layer) => byCrew(layer)));
  for (const other of others) assert.deepEqual(other, first);
});

describe("errors cross from the threads", () => {
  test("of an unsafe archive", async (t) => {
    const bytes = tar([large, { path: "../canary/song" }]);
    const error = await assertRefused(
      t,
      [bytes],
      "UNSAFE_ARCHIVE",
      /entry "\.\.\/canary\/song" of/,
    );
    assert.match(error.hint ?? "", /publisher/);
  });

  test("of a limit", async (t) => {
    const limits = { extractedBytes: MIB };
    const words = /entry "large.bin" .*limit extractedBytes of 1048576/;
    await assertRefused(t, [tar([large])], "LIMIT_EXCEEDED", words, { limits });
  });

  test("of a wrong digest, with what was wanted and found", async (t) => {
    const layer = { bytes: tar([large]), digest: sha256("else") };
    const error = await assertRefused(t, [layer], "DIGEST_MISMATCH", /layer 0/);
    assert.equal(error.details.length, 2);
  });

  test("of an archive that is cut off in the middle of a file", async (t) => {
    const bytes = tar([large]).subarray(0, 8.5 * MIB);
    await assertRefused(t, [bytes], "BAD_ARCHIVE", /no tar that can be read/);
    assert.deepEqual((await byCrew(await layLayer(t, tar([large])))).length, 1);
  });

  test("of a disk that refuses a file", async (t) => {
    const laid = await layLayer(t, tar([large, { path: "b" }]));
    await writeFile(join(laid.staging, "b"), "not ours");
    const message = /^cannot unpack .*EEXIST.*\/staging\/b/;
    await assert.rejects(byCrew(laid), { name: "OciError", code: "STORE", message });
  });
});

test("an end from outside is an end, and the next layer is unpacked", async (t) => {
  const controller = new AbortController();
  const laid = await layLayer(t, everything);
  const report = onStatus(() => {
    controller.abort();
  });
  await assert.rejects(byCrew(laid, controller.signal, report), { code: "CANCELLED" });
  await assert.rejects(byCrew(laid, AbortSignal.abort()), { code: "CANCELLED" });
  assert.ok((await byCrew(await layLayer(t, everything))).length > small.length);
});

for (const [position, name] of ["the writer", "the extractor"].entries()) {
  test(`the death of ${name} is an error, and the next layer gets a new crew`, async (t) => {
    await byCrew(await layLayer(t, tar([large])));
    const started = threads.length;
    const victim = threads.slice(-2)[position];
    const report = onStatus(() => {
      void victim?.terminate();
    });
    const many = Array.from({ length: 12 }, (_, index) => ({ ...large, path: `large${index}` }));
    const unpacking = byCrew(await layLayer(t, tar([...many, ...small])), undefined, report);
    const message = /^cannot unpack .*: a (worker )?thread .*has ended\nhint: /;
    await assert.rejects(unpacking, { name: "OciError", code: "STORE", message });
    assert.equal((await byCrew(await layLayer(t, tar([large])))).length, 1);
    assert.equal(threads.length, started + 2);
  });
}

describe("a process of its own", () => {
  const program = `
    const { unpack } = require(process.argv[1]);
    const { DEFAULT_LIMITS: limits } = require(process.argv[2]);
    const { file, staging, plan } = JSON.parse(process.argv[3]);
    let threads = 0;
    process.on("worker", () => { threads += 1; });
    const report = { info() {}, warning() {}, status() {} };
    const { signal } = new AbortController();
    unpack(plan, () => ({ path: file }), staging, { limits, signal, report }, "a/b:1").then(
      (entries) => { console.log(entries.length, threads); },
    );
  `;
  const room = join(__dirname, "../../provider");

  async function print(laid: LaidLayer, prefix: string): Promise<string> {
    const paths = [join(room, "unpack/unpack.js"), join(room, "limits.js")];
    const all = ["-e", prefix + program, ...paths, JSON.stringify(laid)];
    const { stdout } = await promisify(execFile)(process.execPath, all, { timeout: 60_000 });
    return stdout;
  }

  test("ends by itself while its crew idles", async (t) => {
    assert.equal(await print(await layLayer(t, tar([large])), ""), "1 2\n");
  });

  test("does it all by itself where there are no files to start threads from", async (t) => {
    const bundled = `require("node:fs").existsSync = () => false;`;
    assert.equal(
      await print(await layLayer(t, tar([large, ...small])), bundled),
      `${small.length + 1 + 7 + 7 * 31} 0\n`,
    );
  });

  test("does so, too, where threads are forbidden", async (t) => {
    const forbidden = `require("node:worker_threads").Worker = class { constructor() { throw new Error("no"); } };`;
    assert.equal(await print(await layLayer(t, tar([large])), forbidden), "1 0\n");
  });
});
