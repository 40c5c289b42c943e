/** The parts of the benchmark that numbers depend on. Nothing is timed here. */
import * as assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as artifacts from "../../bench/artifacts";
import { CASES } from "../../bench/cases";
import { isInMemory } from "../../bench/in-memory";
import { RECORD } from "../../bench/keep";
import { measure } from "../../bench/measure";
import { routeTo } from "../../bench/network";
import { optionsOf } from "../../bench/options";
import { oursBy } from "../../bench/ourselves";
import { merged, outcomesIn, textOf, type Comparison, type Outcome } from "../../bench/record";
import { assertSameContent, bytesIn } from "../../bench/same-content";
import { median, summaryOf } from "../../bench/statistics";
import { aimsMissedBy, missedBy, tableOf } from "../../bench/table";
import { digestOf } from "../../provider/digest";
import { folderFor } from "../support/folder-for-test";
import { publishFiles } from "../support/manifests";
import { registryFor } from "../support/registry-for-test";
import { REPOSITORY } from "../support/repository";

const MIB = 1024 ** 2;

test("artifacts are the same bytes each time", () => {
  const makers = [
    () => artifacts.manyFiles(30),
    () => artifacts.bigFiles(5 * MIB),
    () => artifacts.rawFile(1000),
    () => artifacts.manyLayers(2),
    () => artifacts.zipModule(20),
    () => artifacts.rawTenth(1000),
    () => artifacts.fleet(2),
    () => artifacts.mixed(3),
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

test("a summary has medians of times and of what was written, and the largest of memory", () => {
  const samples = [1, 9, 2].map((wallSeconds, index) => ({
    wallSeconds,
    cpuSeconds: 2 * wallSeconds,
    mostBytes: 100 - index,
    writtenBytes: 10 * wallSeconds,
  }));
  const expected = { wallSeconds: 2, cpuSeconds: 4, mostBytes: 100, writtenBytes: 20 };
  assert.deepEqual(summaryOf(samples), expected);
  const { cpuSeconds, mostBytes, writtenBytes } = summaryOf([{ wallSeconds: 1 }]);
  assert.deepEqual([cpuSeconds, mostBytes, writtenBytes], [undefined, undefined, undefined]);
});

describe("bounds", () => {
  const outcome = (compared: Comparison, name = "many"): Outcome => ({
    ...{ name, content: "files", measured: "today, here", rounds: 3 },
    lines: [
      { what: "ours", sample: { wallSeconds: 1.5, cpuSeconds: 3, mostBytes: 2 * MIB } },
      { what: "them", sample: { wallSeconds: 1 }, compared },
    ],
  });
  const kept = outcome({ found: 1.25, unit: "ratio", aim: 1.25, must: 1.25 });
  const over = outcome({ found: 1.5, unit: "ratio", aim: 1.1, must: 1.25 });

  test("that are kept are no news", () => {
    assert.deepEqual(missedBy([kept]), []);
    assert.deepEqual(aimsMissedBy([kept]), []);
  });

  test("that are missed are named in their unit, of aims and of musts", () => {
    assert.deepEqual(missedBy([over]), ["many: them: 1.50, must 1.25"]);
    assert.deepEqual(aimsMissedBy([over]), ["many: them: 1.50, aim 1.10"]);
    assert.deepEqual(missedBy([outcome({ found: 300, unit: "MiB", must: 191 })]), [
      "many: them: 300 MiB, must 191 MiB",
    ]);
    assert.deepEqual(aimsMissedBy([outcome({ found: 12.34, unit: "ms", aim: 10 })]), [
      "many: them: 12.3 ms, aim 10.0 ms",
    ]);
  });

  test("are missed where nobody has measured", () => {
    assert.deepEqual(missedBy([outcome({ unit: "MiB", must: 191 })]), [
      "many: them is not known: only Linux with GNU time can tell (Debian: apt-get install time)",
    ]);
  });

  test("stand in the table, beside what was found", () => {
    const rows = tableOf([over, outcome({ found: 8.26, unit: "ms" }, "stack")])
      .split("\n")
      .slice(2);
    assert.deepEqual(rows, [
      "| `many`: files | ours | 1.50 | 3.00 | 2 |  |  |  |  |",
      "|  | them | 1.00 |  |  |  | 1.50 | 1.10 | 1.25 |",
      "| `stack`: files | ours | 1.50 | 3.00 | 2 |  |  |  |  |",
      "|  | them | 1.00 |  |  |  | 8.3 ms each more |  |  |",
      "",
      "- `many`, `stack`: today, here, 3 rounds",
    ]);
  });

  test("are the same when they come back from their file, with no more digits than mean something", () => {
    const [back] = outcomesIn(textOf([outcome({ found: 1.23456789, unit: "ratio", aim: 2 })]));
    assert.deepEqual(back, outcome({ found: 1.2346, unit: "ratio", aim: 2 }));
  });

  test("that are measured anew take the place of the older ones, in the order of the cases", () => {
    const [first, second] = [outcome({ unit: "ms" }, "b"), outcome({ unit: "ms" }, "a")];
    const fresh = { ...first, rounds: 9 };
    const gone = outcome({ unit: "ms" }, "gone");
    assert.deepEqual(merged([gone, first, second], [fresh], ["a", "b", "c"]), [second, fresh]);
  });
});

test("what the documentation shows was measured of cases that there are", () => {
  const names = outcomesIn(readFileSync(join(REPOSITORY, RECORD), "utf8")).map(({ name }) => name);
  assert.deepEqual(
    names,
    Object.keys(CASES).filter((name) => names.includes(name)),
  );
  const page = readFileSync(join(REPOSITORY, "docs/performance.md"), "utf8");
  const unnamed = Object.keys(CASES).filter((name) => !page.includes(`\`${name}\``));
  assert.deepEqual(unnamed, [], "docs/performance.md says what each case compares");
});

test("cases are told by name, and run in the order of the table", () => {
  assert.deepEqual(optionsOf(["zip", "many", "--rounds", "2"])?.names, ["many", "zip"]);
  assert.equal(optionsOf([])?.names.length, Object.keys(CASES).length);
  for (const args of [["nothing"], ["--rounds", "0"], ["--rounds", "x"], ["--unknown"]]) {
    assert.equal(optionsOf(args), undefined, args.join(" "));
  }
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

test("what a program and its children write is counted, where the system tells it", async (context) => {
  const folder = folderFor(context);
  const isCounted = process.platform === "linux";
  const write = `require("node:fs").writeFileSync("file", Buffer.alloc(3 * ${MIB}))`;
  const inChild = `require("node:child_process").execFileSync(process.execPath, ["-e", ${JSON.stringify(write)}])`;
  for (const script of [write, inChild]) {
    const command = { program: process.execPath, args: ["-e", script], environment: {} };
    const { writtenBytes = 0 } = await measure(command, folder);
    const least = isCounted ? 3 * MIB : 0;
    assert.ok(writtenBytes >= least && writtenBytes < least + MIB, `${writtenBytes} bytes`);
    assert.equal(bytesIn(folder), 3 * MIB, "and what counts it leaves nothing behind");
  }
});

describe("the network between", () => {
  test("passes bytes on as they are, in their order, however late", async (context) => {
    const registry = await registryFor(context);
    const { digest } = publishFiles(registry, { "file.txt": "content" }, "1", "team/it");
    const route = await routeTo(registry.host, { delayMs: 20 }, folderFor(context));
    context.after(() => route.stop());
    assert.notEqual(route.host, registry.host);
    const answer = await fetch(`http://${route.host}/v2/team/it/manifests/1`);
    assert.equal(digestOf(Buffer.from(await answer.arrayBuffer())), digest);
    assert.equal(registry.count(), 1);
  });

  test("has a mirror that takes connections and says nothing, and one that takes none", async (context) => {
    const folder = folderFor(context);
    const silent = await routeTo("registry.example", { deadMirror: "silent" }, folder);
    context.after(() => silent.stop());
    assert.equal(silent.host, "registry.example");
    const [address = "", port] = (silent.deadMirror ?? "").split(":");
    const socket = connect(Number(port), address);
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.destroy();
    const refusing = await routeTo("registry.example", { deadMirror: "refuses" }, folder);
    const [, nobody] = (refusing.deadMirror ?? "").split(":");
    const failure = await new Promise<Error>((resolve) => {
      connect(Number(nobody), "127.0.0.1").once("error", resolve);
    });
    assert.match(failure.message, /ECONNREFUSED/);
  });
});

test("our ways differ in what they find, and in nothing else", async (context) => {
  const site = {
    ...{ repository: "127.0.0.1:5000/bench/it", tag: "image", folder: folderFor(context) },
    ...{ authority: undefined, deadMirror: undefined },
  };
  const cold = await oursBy().prepare(site, "");
  const cached = await oursBy({ finds: "cache" }).prepare(site, "");
  const unchanged = await oursBy({ finds: "content" }).prepare(site, "");
  assert.equal(cold.first, undefined);
  assert.deepEqual(cached.command, cold.command);
  assert.notDeepEqual(cached.first, cold.command, "to another folder, through the same cache");
  assert.deepEqual(cached.first?.environment, cold.command.environment);
  assert.deepEqual([unchanged.first, unchanged.command], [cold.command, cold.command]);
  const mirrored = { ...site, deadMirror: "127.0.0.1:1" };
  const { command } = await oursBy({ count: 2 }).prepare(mirrored, "");
  const flag = command.args.indexOf("--registries-conf");
  assert.match(readFileSync(command.args[flag + 1] ?? "", "utf8"), /location = "127\.0\.0\.1:1"/);
  const without = await oursBy({ withoutMirror: true }).prepare(mirrored, "");
  assert.deepEqual(without.command, cold.command);
});
