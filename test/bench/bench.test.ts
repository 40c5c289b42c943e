/** The parts of the benchmark that numbers depend on. Nothing is timed here. */
import * as assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as artifacts from "../../bench/artifacts";
import { CASES } from "../../bench/cases";
import { isInMemory } from "../../bench/in-memory";
import { measure } from "../../bench/measure";
import { assertSameContent } from "../../bench/same-content";
import { median, summaryOf, type Sample } from "../../bench/statistics";
import { missedBy, tableOf, type Result } from "../../bench/table";
import { folderFor } from "../support/folder-for-test";

const MIB = 1024 ** 2;

test("artifacts are the same bytes each time", () => {
  const makers = [
    () => artifacts.manyFiles(30),
    () => artifacts.bigFiles(5 * MIB),
    () => artifacts.rawFile(1000),
    () => artifacts.manyLayers(2),
    () => artifacts.zipModule(20),
    () => artifacts.fleet(2),
    () => artifacts.chart(),
  ];
  for (const make of makers) {
    const [one, other] = [make(), make()];
    assert.ok(Object.keys(one).length > 0);
    for (const [tag, artifact] of Object.entries(one)) {
      assert.equal(other[tag]?.digest, artifact.digest);
    }
  }
});

test("text can be compressed, noise cannot, and both have the length that was asked for", () => {
  assert.equal(artifacts.text(12_345, 1).length, 12_345);
  assert.equal(artifacts.noise(12_345, 1).length, 12_345);
  assert.ok(new Set(artifacts.noise(10_000, 1)).size === 256);
  assert.notDeepEqual(artifacts.noise(16, 1), artifacts.noise(16, 2));
});

test("medians", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([10, 1, 2, 3]), 2.5);
  assert.equal(median([7]), 7);
  assert.throws(() => median([]));
});

test("a summary has medians of times and the largest of memory", () => {
  const samples = [1, 9, 2].map((wallSeconds, index) => sample(wallSeconds, 100 - index));
  assert.deepEqual(summaryOf(samples), { wallSeconds: 2, cpuSeconds: 4, mostBytes: 100 });
  const unknown = { wallSeconds: 1, cpuSeconds: undefined, mostBytes: undefined };
  assert.deepEqual(summaryOf([unknown]), unknown);
});

describe("musts", () => {
  const result = (wallSeconds: number, mostBytes: number): Result => {
    const what = CASES["huge-raw"];
    assert.ok(what !== undefined);
    const rivals = new Map([["oras-pull", sample(1, 1)]] as const);
    return { name: "huge-raw", what, ours: sample(wallSeconds, mostBytes), rivals };
  };

  test("that are kept are no news", () => {
    assert.deepEqual(missedBy([result(1.25, 100e6)]), []);
  });

  test("that are missed are named, of time and of memory", () => {
    assert.deepEqual(missedBy([result(1.5, 300 * MIB)]), [
      "huge-raw: 1.50 of oras-pull, must be 1.25",
      "huge-raw: 300 MiB, must be 191 MiB",
    ]);
  });

  test("of memory are missed where nobody has measured it", () => {
    const { ours, ...rest } = result(1, 1);
    const unknown = { wallSeconds: ours.wallSeconds, cpuSeconds: undefined, mostBytes: undefined };
    assert.deepEqual(missedBy([{ ...rest, ours: unknown }]), [
      "huge-raw: its memory, which only GNU time can tell (Debian: apt-get install time)",
    ]);
  });

  test("stand in the table, beside the ratio", () => {
    assert.match(
      tableOf([result(1.5, MIB)]),
      /\| oras-pull \| 1\.00 \| 2\.00 \| 0 \| 1\.50 \| 1\.25 \|$/,
    );
  });
});

test("a folder in memory is told from one on a disk", () => {
  const [memory, other] = process.platform === "linux" ? ["/dev/shm", "/proc"] : ["", "/"];
  if (memory !== "") assert.equal(isInMemory(memory), true);
  assert.equal(isInMemory(other), false);
});

test("other content is told from the same", (context) => {
  const [ours, theirs] = [folderFor(context), folderFor(context)];
  for (const folder of [ours, theirs]) writeFileSync(join(folder, "same"), "x");
  assertSameContent("it", ours, theirs);
  writeFileSync(join(theirs, "more"), "x");
  assert.throws(() => {
    assertSameContent("it", ours, theirs);
  }, /^Error: it: 1 of 2 entries differ: more$/);
});

test("a program that fails is not measured", async (context) => {
  const folder = folderFor(context);
  const command = (code: number) => ({
    program: process.execPath,
    args: ["-e", `console.log("said"); process.exitCode = ${code}`],
    environment: {},
  });
  assert.ok((await measure(command(0), folder)).wallSeconds > 0);
  await assert.rejects(measure(command(3), folder), /exit code 3; it printed\nsaid\n/);
});

function sample(wallSeconds: number, mostBytes: number): Sample {
  return { wallSeconds, cpuSeconds: 2 * wallSeconds, mostBytes };
}
