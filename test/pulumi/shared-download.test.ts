/** Two resources with one digest: one download, one tree, whoever comes first. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { lifecycleWorld } from "./lifecycle-world";

test("in one process at once: one download", async (context) => {
  const world = await lifecycleWorld(context);
  world.publish({ "a.txt": "alpha" });
  world.publish({ "a.txt": "alpha" }, "same");
  const host = world.host();
  const [first, second] = await Promise.all(
    ["1", "same"].map((tag) =>
      host.check({ reference: world.reference.replace(/1$/, tag), plainHttp: true }),
    ),
  );
  assert.deepEqual(first?.failures, []);
  assert.equal(first.inputs["path"], second?.inputs["path"]);
  assert.equal(world.registry.count({ kind: "blob" }), 1);
});

test("in another process later: none", async (context) => {
  const world = await lifecycleWorld(context);
  world.publish({ "a.txt": "alpha" });
  const given = { reference: world.reference, plainHttp: true };
  await world.host().check(given);
  world.registry.clearRequests();
  const other = await world.host(undefined, `${world.project}-other`).check(given);
  assert.deepEqual(other.failures, []);
  assert.equal(world.registry.count({ kind: "blob" }), 0, "another project, the same cache");
});
