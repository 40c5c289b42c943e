/** The memory of tags: it makes a HEAD enough where nothing moved, and decides nothing. */
import * as assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { OciError } from "../../provider/errors";
import { lifecycleWorld, type LifecycleWorld } from "./lifecycle-world";

const asked = (world: LifecycleWorld): readonly string[] =>
  world.registry.matching({ kind: "manifest" }).map(({ method }) => method);

test("a new resource whose tag was seen before asks by HEAD", async (context) => {
  const world = await lifecycleWorld(context);
  world.publish({ "a.txt": "old" });
  const given = { reference: world.reference, plainHttp: true };
  await world.host().check(given);
  assert.deepEqual(asked(world), ["GET"]);
  world.registry.clearRequests();
  await world.host().check(given);
  assert.deepEqual(asked(world), ["HEAD"]);
});

test("a tag that has moved is read, and remembered anew", async (context) => {
  const world = await lifecycleWorld(context);
  world.publish({ "a.txt": "old" });
  const given = { reference: world.reference, plainHttp: true };
  await world.host().check(given);
  const moved = world.publish({ "a.txt": "new" });
  world.registry.clearRequests();
  const { inputs } = await world.host().check(given);
  assert.equal(inputs["digest"], moved.digest);
  assert.deepEqual(asked(world), ["HEAD", "GET"]);
  world.registry.clearRequests();
  await world.host().check(given);
  assert.deepEqual(asked(world), ["HEAD"]);
});

test("in an outage it serves nothing: only the state knows what is recorded", async (context) => {
  const world = await lifecycleWorld(context);
  world.publish({ "a.txt": "old" });
  const given = { reference: world.reference, plainHttp: true };
  await world.host().check(given);
  await world.registry.stop();
  await assert.rejects(
    world.host().check(given),
    (error: unknown) => error instanceof OciError && error.code === "UNREACHABLE",
  );
});

test("damaged, it is no memory", async (context) => {
  const world = await lifecycleWorld(context);
  const { digest } = world.publish({ "a.txt": "old" });
  const given = { reference: world.reference, plainHttp: true };
  await world.host().check(given);
  const folder = join(world.cache, "tags");
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), "sha256:../../x");
  world.registry.clearRequests();
  const { inputs } = await world.host().check(given);
  assert.equal(inputs["digest"], digest);
  assert.deepEqual(asked(world), ["GET"]);
});
