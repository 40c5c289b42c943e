/** An update leaves the previous content; a later run removes it, once nobody used it for a week. */
import * as assert from "node:assert/strict";
import { existsSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Properties } from "../../provider/pulumi/lifecycle";
import { openClaims } from "../../provider/store/claims";
import { folderFor } from "../support/folder-for-test";
import { lifecycleWorld } from "./lifecycle-world";

const DAY_MS = 24 * 60 * 60 * 1000;

/** It is removed behind the back of the resource's methods, which do not wait for it. */
async function isGone(path: string): Promise<boolean> {
  for (let round = 0; round < 400 && existsSync(path); round += 1) await sleep(5);
  return !existsSync(path);
}

test("the previous tree outlives the update, however long ago it was asked for", async (context) => {
  const world = await lifecycleWorld(context);
  const { project, reference } = world;
  const signal = new AbortController().signal;
  const treeOf = (inputs: Properties): string => join(project, String(inputs["path"]));
  const setBack = (inputs: Properties, days: number): void => {
    const then = new Date(Date.now() - days * DAY_MS);
    const receipt = `${basename(treeOf(inputs))}.json`;
    utimesSync(join(project, ".oci-artifacts/.pulumi/receipts", receipt), then, then);
  };

  world.publish({ "a.txt": "first" });
  const inputs = { reference, plainHttp: true };
  const first = await world.host().check(inputs);
  const { id } = await world.host().lifecycle.create(first.inputs, signal);
  // Nobody claims this one: when it is gone, all that is old has been looked at.
  world.publish({ "a.txt": "unclaimed" }, "2");
  const other = await world.host().check({ ...inputs, reference: reference.replace(/1$/, "2") });
  setBack(first.inputs, 30);
  setBack(other.inputs, 8);

  world.publish({ "a.txt": "second" });
  const update = world.host();
  const second = await update.check(inputs, {}, first.inputs);
  await update.lifecycle.update(id, first.inputs, second.inputs, signal);
  assert.ok(await isGone(treeOf(other.inputs)));
  assert.ok(existsSync(join(treeOf(first.inputs), "a.txt")));
});

test("a claim that somebody made up reaches nothing outside of the trees", async (context) => {
  const folder = folderFor(context);
  const trees = join(folder, ".oci-artifacts");
  const outside = join(folder, "mine-0123456789abcdef.json");
  writeFileSync(outside, "{}");
  utimesSync(outside, 1, 1);
  const claims = openClaims(trees);
  await claims.claim("one", "../../../mine-0123456789abcdef");
  await claims.claim("one", "app-0123456789abcdef");
  assert.equal(statSync(outside).mtimeMs, 1000);
});

test("the previous tree outlives the update, and goes with a run a week later", async (context) => {
  const world = await lifecycleWorld(context);
  const { project, reference } = world;
  const signal = new AbortController().signal;
  const inputs = { reference, plainHttp: true };
  const trees = join(project, ".oci-artifacts");
  const setBack = (path: string, days: number): void => {
    const then = new Date(Date.now() - days * DAY_MS);
    utimesSync(join(trees, ".pulumi/receipts", `${basename(path)}.json`), then, then);
  };

  world.publish({ "a.txt": "first" });
  const first = await world.host().check(inputs);
  const { id } = await world.host().lifecycle.create(first.inputs, signal);
  const oldPath = join(project, String(first.inputs["path"]));

  world.publish({ "a.txt": "second" });
  const update = world.host();
  const second = await update.check(inputs, {}, first.inputs);
  await update.lifecycle.update(id, first.inputs, second.inputs, signal);
  const newPath = join(project, String(second.inputs["path"]));
  assert.notEqual(newPath, oldPath);
  assert.ok(existsSync(oldPath));

  setBack(oldPath, 8);
  setBack(newPath, 8);
  const later = world.host();
  const third = await later.check(inputs, {}, second.inputs);
  assert.deepEqual(await later.lifecycle.diff(id, second.inputs, third.inputs), { changes: false });
  assert.ok(await isGone(oldPath));
  assert.ok(!existsSync(join(trees, ".pulumi/receipts", `${basename(oldPath)}.json`)));
  assert.ok(existsSync(join(newPath, "a.txt")));
});
