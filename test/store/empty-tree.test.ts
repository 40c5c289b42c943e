/** A tree without a single entry: there, or missing, though nothing in it could tell. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openTrees } from "../../provider/store/trees";
import { folderFor } from "../support/folder-for-test";
import { recordReport } from "../support/report-for-test";
import { filler, KEY } from "./content";

async function placedEmpty(context: TestContext) {
  const project = folderFor(context);
  const content = filler({});
  const report = recordReport();
  const trees = openTrees(project);
  const directory = join(project, ".oci-artifacts", KEY.name);
  const ensure = () => trees.ensure(KEY, content.fill, report);
  return { content, directory, ensure, report, trees, first: await ensure() };
}

test("is placed, and found again", async (context) => {
  const { content, directory, ensure, first, trees } = await placedEmpty(context);
  assert.deepEqual([first.fileCount, first.size, first.entries], [0, 0, []]);
  assert.deepEqual(fs.readdirSync(directory), []);
  assert.deepEqual(await trees.find(KEY), first);
  assert.deepEqual(await ensure(), first);
  assert.equal(content.calls(), 1);
});

test("is missing where its folder is: built again without a word", async (context) => {
  const { content, directory, ensure, report, trees } = await placedEmpty(context);
  fs.rmdirSync(directory);
  assert.equal(await trees.find(KEY), undefined);
  await ensure();
  assert.equal(content.calls(), 2);
  assert.deepEqual(fs.readdirSync(directory), []);
  assert.deepEqual(report.lines, []);
});

test("is missing where a file has its place", async (context) => {
  const { directory, ensure, trees } = await placedEmpty(context);
  fs.rmdirSync(directory);
  fs.writeFileSync(directory, "");
  assert.equal(await trees.find(KEY), undefined);
  await ensure();
  assert.deepEqual(fs.readdirSync(directory), []);
});

test("is healed of what somebody puts there", async (context) => {
  const { directory, ensure, report } = await placedEmpty(context);
  fs.writeFileSync(join(directory, "stray"), "");
  await ensure();
  assert.deepEqual(fs.readdirSync(directory), []);
  assert.match(report.said("warning").join(), /is restored: \+ \.\/stray$/);
});
