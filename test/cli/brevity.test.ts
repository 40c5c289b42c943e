/** How long the command expects to live: what V8 optimizes meanwhile, and which pull is told to be large. */
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { closeSessions, pullInputs } from "../../provider/pulumi/session";
import { folderFor } from "../support/folder-for-test";
import { publishFiles } from "../support/manifests";
import { registryFor } from "../support/registry-for-test";

/** Of the same build as this test. */
const BREVITY = join(__dirname, "..", "..", "cli", "brevity.js");

/** More than a short life's work, also when it is compressed. */
const MUCH_BYTES = 9 * 1024 ** 2;

type Expected = "expectShortLife" | "expectLongLife";

/** The functions that V8 optimizes in a loop, where the command expects this. */
function optimizedBy(expected: readonly Expected[], flags: readonly string[] = []): number {
  const script = `
    const brevity = require(${JSON.stringify(BREVITY)});
    for (const name of ${JSON.stringify(expected)}) brevity[name]();
    const add = (sum, index) => (sum + index) % 1009;
    let sum = 0;
    for (let index = 0; index < 20_000_000; index += 1) sum = add(sum, index);
  `;
  const args = ["--trace-opt", ...flags, "-e", script];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  assert.equal(status, 0);
  return stdout.match(/^\[completed optimizing/gm)?.length ?? 0;
}

/** Whether anybody is told of much work while a file of so many bytes is pulled. */
async function isToldOf(t: TestContext, bytes: number): Promise<boolean> {
  const registry = await registryFor(t);
  const folder = folderFor(t);
  t.after(closeSessions);
  publishFiles(registry, { file: randomBytes(bytes).toString("base64") }, "1", "team/app");
  let isTold = false;
  const inputs = { reference: `${registry.host}/team/app:1`, plainHttp: true };
  await pullInputs(inputs, {
    directory: folder,
    onMuchWork: () => {
      isTold = true;
    },
  });
  return isTold;
}

test("V8 optimizes nothing for a short life, and everything for a long one", () => {
  assert.equal(optimizedBy(["expectShortLife"]), 0);
  assert.notEqual(optimizedBy(["expectShortLife", "expectLongLife"]), 0);
});

test("whoever has asked Node for something else has that, and Node goes on", () => {
  assert.equal(optimizedBy(["expectLongLife"], ["--no-opt"]), 0);
  assert.equal(optimizedBy(["expectLongLife"], ["--no_opt"]), 0);
  assert.notEqual(optimizedBy(["expectShortLife"], ["--opt"]), 0);
  // A version of V8 that compiles nothing ended the process when it was told to optimize.
  assert.equal(optimizedBy(["expectShortLife", "expectLongLife"], ["--jitless"]), 0);
});

test("a life gets long where much is unpacked, and nowhere else", async (t) => {
  assert.equal(await isToldOf(t, MUCH_BYTES), true);
  assert.equal(await isToldOf(t, 1024), false);
});
