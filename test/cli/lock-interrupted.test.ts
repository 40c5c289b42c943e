/** `lock` and `vendor` that somebody interrupts: what they say, and that all is as it was. */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { FIRST, SECOND } from "../support/manifests";
import { LOCK_FILE, lockWorld } from "./lock-world";

/** A lock file of one artifact, whose content has moved on, and does not come. */
async function stalled(t: TestContext) {
  const world = await lockWorld(t);
  world.push("app", FIRST);
  await world.runElsewhere("lock", world.reference("app"));
  world.push("app", SECOND);
  world.registry.clearRequests();
  world.registry.fault({ kind: "blob", then: { kind: "stall", afterBytes: 1 } });
  return { ...world, text: world.read() };
}

test("lock: the file is as it was, and nobody is told of a failure", async (t) => {
  const { interrupt, read, text } = await stalled(t);
  const { exitCode, stdout, stderr } = await interrupt("lock");
  assert.equal(exitCode, 130);
  assert.equal(stderr, `${LOCK_FILE} is not written: it was interrupted\n`);
  assert.equal(stdout, "");
  assert.equal(read(), text);
});

test("vendor --frozen: nothing is placed", async (t) => {
  const { interrupt, folder } = await stalled(t);
  const { exitCode, stderr } = await interrupt("vendor", "--frozen");
  assert.equal(exitCode, 130);
  assert.equal(stderr, "nothing is placed: it was interrupted\n");
  assert.ok(!existsSync(join(folder, "vendor")));
});

test("vendor: it is told how much is placed", async (t) => {
  const { interrupt, folder } = await stalled(t);
  const { exitCode, stdout, stderr } = await interrupt("vendor");
  assert.equal(exitCode, 130);
  assert.equal(stdout, "");
  assert.match(stderr, /(^|\n)0 of 1 placed, 1 cancelled\n$/);
  assert.ok(!existsSync(join(folder, "vendor", "app")));
});
