/** Folders in the way of a tree: its own, which forbids to write, and one in the place of its receipt. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { placed } from "./placed-tree";
import { CONTENT, contentOf, KEY, stagingOf } from "./content";
import { withoutRights } from "./destination-for-test";

test("a damaged tree is healed whose folder forbids its owner to write", async (context) => {
  const { directory, ensure, project, report } = await placed(context);
  fs.writeFileSync(join(directory, "a.txt"), "edited");
  await withoutRights([], project, async () => {
    fs.chmodSync(directory, 0o555);
    await ensure();
  });
  assert.deepEqual(contentOf(directory), CONTENT);
  assert.equal(report.said("warning").length, 1);
  assert.deepEqual(stagingOf(project), []);
});

test("a folder in the place of the receipt makes way for one", async (context) => {
  const { content, ensure, project } = await placed(context);
  const receipt = join(project, ".oci-artifacts/.pulumi/receipts", `${KEY.name}.json`);
  fs.rmSync(receipt);
  fs.mkdirSync(join(receipt, "more"), { recursive: true });
  await ensure();
  await ensure();
  assert.equal(content.calls(), 2);
  assert.ok(fs.statSync(receipt).isFile());
});
