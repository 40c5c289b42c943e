/** A thread that unpacks by itself leaves small files to one that writes: to the same tree, with the same errors. */
import * as assert from "node:assert/strict";
import { lstatSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Worker } from "node:worker_threads";
import { SILENT, type Report } from "../../provider/context";
import { DEFAULT_LIMITS } from "../../provider/limits";
import type { WrittenEntry } from "../../provider/store/receipt";
import type { Plan } from "../../provider/types";
import { borrowWriter, prepareWriter } from "../../provider/unpack/own-writer";
import { isForCrew, unpack } from "../../provider/unpack/unpack";
import { sha256, tar, type TarMember } from "../support/archives";
import { layLayer, type LaidLayer } from "../support/laid-layer";
import { zip } from "../support/zips";
import { SUBJECT } from "../support/unpacking";

const MIB = 1024 ** 2;

/** More than all batches hold, so that both threads write. */
const small: readonly TarMember[] = Array.from({ length: 3_000 }, (_, index) => ({
  path: `d${index % 7}/e${index % 31}/f${index}`,
  content: `${index}`.repeat((index * 37) % 500),
  mode: index % 3 === 0 ? 0o755 : 0o600,
}));

const mixed: readonly TarMember[] = [
  ...small.slice(0, 1_500),
  { path: "empty", content: "" },
  { path: "large", content: "l".repeat(MIB) },
  { path: "twice", content: "first" },
  { path: "hard", type: "hardlink", link: "d1/e1/f1" },
  { path: "twice", content: "last" },
  { path: "link", type: "symlink", link: "d1/e1" },
  ...small.slice(1_500),
];

const threads: Worker[] = [];
process.on("worker", (worker: Worker) => threads.push(worker));

async function unpacked(
  { plan, file, staging }: LaidLayer,
  signal = new AbortController().signal,
  report: Report = SILENT,
): Promise<readonly WrittenEntry[]> {
  const context = { limits: DEFAULT_LIMITS, signal, report };
  return await unpack(plan, () => ({ path: file }), staging, context, SUBJECT);
}

/** Waits until a writer takes what it is given: before that, nothing is left to it. */
async function startedWriter(): Promise<void> {
  prepareWriter();
  const writer = borrowWriter();
  assert.ok(writer !== undefined);
  await writer.flushed();
  writer.giveBack();
}

/** Each file holds what the archive says, and is as it was seen when it was written. */
async function assertWritten(
  { staging }: LaidLayer,
  entries: readonly WrittenEntry[],
  members: readonly TarMember[],
): Promise<void> {
  const wanted = new Map(members.map(({ path, content = "" }) => [path, content.toString()]));
  for (const { path, type, facts, sha256: hex } of entries) {
    if (type !== "file" || path === "hard") continue;
    const content = await readFile(join(staging, path));
    assert.equal(content.toString(), wanted.get(path), path);
    assert.equal(`sha256:${hex ?? ""}`, sha256(content), path);
    const { size, mtimeMs, ctimeMs, ino: inode, nlink } = lstatSync(join(staging, path));
    if (nlink === 1) assert.deepEqual(facts, { size, mtimeMs, ctimeMs, inode }, path);
  }
}

test("from a mebibyte on one thread is started, and the next layer finds it there", async (t) => {
  await unpacked(await layLayer(t, tar(small.slice(0, 100))));
  assert.equal(threads.length, 0);
  for (const members of [mixed, mixed]) {
    const laid = await layLayer(t, tar(members));
    await startedWriter();
    const entries = await unpacked(laid);
    assert.equal(entries.filter(({ type }) => type === "file").length, small.length + 4);
    await assertWritten(laid, entries, members);
  }
  assert.equal(threads.length, 1);
});

test("a zip goes the same way", async (t) => {
  const files = small.map(({ path, content = "" }) => ({ path, content: content.toString() }));
  const laid = await layLayer(
    t,
    zip([...files, { path: "z", content: "z".repeat(2 * MIB), isStored: true }]),
  );
  await startedWriter();
  const entries = await unpacked(laid);
  await assertWritten(laid, entries, [...small, { path: "z", content: "z".repeat(2 * MIB) }]);
});

test("of two at once, one has the writer, and both are right", async (t) => {
  const [one, two] = [await layLayer(t, tar(mixed)), await layLayer(t, tar(mixed))];
  await startedWriter();
  const [first, second] = await Promise.all([unpacked(one), unpacked(two)]);
  await assertWritten(one, first, mixed);
  await assertWritten(two, second, mixed);
  const plain = ({ facts: _facts, ...entry }: WrittenEntry): object => entry;
  assert.deepEqual(first.map(plain), second.map(plain));
});

test("what the disk refuses is said, nothing is under way, and the next layer is written", async (t) => {
  const laid = await layLayer(
    t,
    tar([...small, { path: "a" }, ...small.map((_, index) => ({ path: `b${index}` }))]),
  );
  await writeFile(join(laid.staging, "a"), "not ours");
  await startedWriter();
  const message = /^cannot unpack .*EEXIST.*\/staging\/a/;
  await assert.rejects(unpacked(laid), { name: "OciError", code: "STORE", message });
  // A file that somebody still wrote would come back, or fail for want of its folder.
  await rm(laid.staging, { recursive: true });
  const next = await layLayer(t, tar(mixed));
  await assertWritten(next, await unpacked(next), mixed);
  await assert.rejects(readFile(join(laid.staging, "a")), { code: "ENOENT" });
});

test("an end from outside is an end, and the next layer is unpacked", async (t) => {
  const controller = new AbortController();
  const laid = await layLayer(t, tar(mixed));
  await startedWriter();
  const abort = (): void => {
    controller.abort();
  };
  const report = { ...SILENT, status: () => setImmediate(abort) };
  await assert.rejects(unpacked(laid, controller.signal, report), { code: "CANCELLED" });
  const next = await layLayer(t, tar(mixed));
  await assertWritten(next, await unpacked(next), mixed);
});

test("the death of the writer is an error, and the next layer gets another", async (t) => {
  const laid = await layLayer(t, tar(mixed));
  await startedWriter();
  const started = threads.length;
  const report = { ...SILENT, status: () => void threads.at(-1)?.terminate() };
  const message = /^cannot unpack .*: a (worker )?thread .*has ended\nhint: run again/;
  await assert.rejects(unpacked(laid, undefined, report), {
    name: "OciError",
    code: "STORE",
    message,
  });
  const next = await layLayer(t, tar(mixed));
  await startedWriter();
  await assertWritten(next, await unpacked(next), mixed);
  assert.equal(threads.length, started + 1);
});

test("another umask than that of the layer before changes no mode", async (t) => {
  const modes = async (): Promise<readonly string[]> => {
    const laid = await layLayer(t, tar(mixed));
    const entries = await unpacked(laid);
    return entries
      .filter(({ type }) => type !== "symlink")
      .filter(({ path, mode }) => (lstatSync(join(laid.staging, path)).mode & 0o777) !== mode)
      .map(({ path }) => path);
  };
  const before = process.umask(0o022);
  t.after(() => process.umask(before));
  await startedWriter();
  assert.deepEqual(await modes(), []);
  process.umask(0o077);
  assert.deepEqual(await modes(), []);
});

test("an end from outside stays one though the writer has ended, too", async (t) => {
  const controller = new AbortController();
  const laid = await layLayer(t, tar(mixed));
  await startedWriter();
  const end = (): void => {
    void threads.at(-1)?.terminate();
    controller.abort();
  };
  const report = { ...SILENT, status: () => setImmediate(end) };
  await assert.rejects(unpacked(laid, controller.signal, report), { code: "CANCELLED" });
});

describe("who serves nobody else unpacks more by itself", () => {
  const sized = (...sizes: readonly number[]): Plan => ({
    isImage: false,
    layers: sizes.map((size, index) => ({
      descriptor: { mediaType: "a/b", digest: sha256("a"), size, annotations: {} },
      index,
      form: { kind: "archive", directory: "" },
    })),
  });

  test("the crew gets what is 8 MiB together, or 64 MiB", () => {
    for (const [bytes, context] of [
      [8 * MIB, {}],
      [64 * MIB, { ownsThread: true }],
    ] as const) {
      assert.equal(isForCrew(sized(bytes), context), true);
      assert.equal(isForCrew(sized(bytes - 1), context), false);
      assert.equal(isForCrew(sized(bytes / 2, bytes / 2), context), true);
    }
  });
});
