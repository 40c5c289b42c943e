/** Removal takes what we placed and nobody changed, when the last owner goes. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { never, OLD, OWNER, NEW, siteFor } from "./destination-for-test";

const OTHER = { id: "other", urn: "urn:pulumi:prod::app::type::manifests" };

test("what is wholly ours goes with its folder", async (context) => {
  const { destination, neighbors, place, records, report, target } = siteFor(context);
  await place(OLD);
  await destination.remove(OWNER, report);
  assert.equal(fs.existsSync(target), false);
  assert.deepEqual(neighbors(), []);
  assert.deepEqual(fs.readdirSync(records), []);
  assert.deepEqual(report.lines, []);
});

test("edited and foreign files stay, and one warning names them", async (context) => {
  const { content, destination, file, neighbors, place, records, report } = siteFor(context);
  await place(OLD);
  fs.writeFileSync(file("edit.txt"), "edited");
  fs.rmSync(file("same.txt"));
  fs.writeFileSync(file("mine.txt"), "mine");
  await destination.remove(OWNER, report);
  assert.deepEqual(content(), { "edit.txt": "edited", "mine.txt": "mine" });
  assert.deepEqual(neighbors(), []);
  assert.deepEqual(fs.readdirSync(records), []);
  assert.deepEqual(report.lines, [
    "warning: work/out keeps what was changed or added there: ~ ./edit.txt, + ./mine.txt",
  ]);
});

test("removed files alone are no reason to keep anything", async (context) => {
  const { destination, file, place, report, target } = siteFor(context);
  await place(OLD);
  fs.rmSync(file("same.txt"));
  await destination.remove(OWNER, report);
  assert.equal(fs.existsSync(target), false);
  assert.deepEqual(report.lines, []);
});

test("a folder of others that content went into stays", async (context) => {
  const { content, destination, file, place, report, target } = siteFor(context);
  fs.mkdirSync(`${target}/fresh/mine`, { recursive: true });
  await place(NEW);
  fs.writeFileSync(file("mine.txt"), "mine");
  await destination.remove(OWNER, report);
  assert.deepEqual(content(), { "fresh/": "", "fresh/mine/": "", "mine.txt": "mine" });
});

test("the last of two owners removes it, in either order", async (context) => {
  for (const [first, last] of [
    [OWNER, OTHER],
    [OTHER, OWNER],
  ] as const) {
    const { content, destination, place, report, target, wanted } = siteFor(context);
    await place(OLD);
    await place(OLD, { owner: OTHER, fill: never });
    await destination.remove(first, report);
    assert.deepEqual(content(), OLD);
    assert.deepEqual(await destination.look(wanted(OLD)), { state: "placed" });
    await destination.remove(last, report);
    assert.equal(fs.existsSync(target), false);
  }
});

test("a renamed resource places first, and the old one takes nothing with it", async (context) => {
  const { content, destination, place, report } = siteFor(context);
  await place(OLD);
  await place(NEW, { owner: OTHER });
  await destination.remove(OWNER, report);
  assert.deepEqual(content(), NEW);
});

test("nothing there, no record, another's content: no error", async (context) => {
  const { content, destination, place, project, records, report, target } = siteFor(context);
  await destination.remove(OWNER, report);
  assert.deepEqual(fs.readdirSync(project), []);
  await place(OLD);
  await destination.remove(OTHER, report);
  assert.deepEqual(content(), OLD);
  fs.rmSync(dirname(target), { recursive: true });
  await destination.remove(OWNER, report);
  assert.deepEqual(fs.readdirSync(records), []);
  assert.equal(fs.existsSync(dirname(target)), false);
  assert.deepEqual(report.lines, []);
});
