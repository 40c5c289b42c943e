/** A tag that has moved: the program says it when it pulls ahead, and check says it no second time. */
import * as assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { formatLock } from "../../provider/lock/lock-file";
import type { Properties } from "../../provider/pulumi/lifecycle";
import { pullAhead } from "../../provider/pulumi/session";
import { ownIdentity } from "../../provider/store/process-identity";
import { recordReport } from "../support/report-for-test";
import { programsFor } from "../support/session-for-test";
import { lifecycleWorld, URN } from "./lifecycle-world";

const PROGRAMS = programsFor({ after });
const LOCK_FILE = "app.lock.json";

/** A program whose tag points elsewhere by now. */
async function open(t: TestContext) {
  const world = await lifecycleWorld(t);
  const { reference, registry, host } = world;
  const { digest } = world.publish({ "a.txt": "old" });
  const moved = world.publish({ "a.txt": "new" }).digest;
  const { directory, inputs } = PROGRAMS.next();
  writeFileSync(join(directory, LOCK_FILE), formatLock([{ reference, digest, inputs: {} }]));
  const pinned = { ...inputs, reference: `${reference}@${digest}` };
  const locked = { ...inputs, reference, lockFile: LOCK_FILE };
  const process = () => host(ownIdentity(), directory);
  const goAhead = async (values: Properties) => {
    const report = recordReport();
    return { report, ahead: await pullAhead(values, URN, true, { directory, report }) };
  };
  return { registry, digest, moved, pinned, locked, process, goAhead };
}

for (const kind of ["pinned", "locked"] as const) {
  test(`${kind}: one warning, of the program; check asks and says nothing more`, async (t) => {
    const world = await open(t);
    const { ahead, report } = await world.goAhead(world[kind]);
    assert.ok(ahead !== undefined);
    assert.equal(report.said("warning").length, 1);
    assert.match(report.said("warning")[0] ?? "", new RegExp(`tag 1 points to ${world.moved}`));
    world.registry.clearRequests();
    const host = world.process();
    const { inputs } = await host.check(world[kind], { preview: true, ahead });
    assert.equal(inputs["digest"], world.digest);
    assert.deepEqual(host.report.said("warning"), []);
    assert.equal(world.registry.count({ reference: "1" }), 0);
  });

  test(`${kind}: other inputs than the program's are judged anew`, async (t) => {
    const world = await open(t);
    const { ahead } = await world.goAhead(world[kind]);
    assert.ok(ahead !== undefined);
    const host = world.process();
    await host.check({ ...world[kind], include: ["*.txt"] }, { preview: true, ahead });
    assert.equal(host.report.said("warning").length, 1);
  });

  test(`${kind}: an error stays one in check`, async (t) => {
    const world = await open(t);
    const values = { ...world[kind], onTagMove: "error" };
    const { ahead, report } = await world.goAhead(values);
    assert.ok(ahead !== undefined, "the digest is settled");
    assert.deepEqual(report.said("warning"), []);
    await assert.rejects(world.process().check(values, { ahead }), /the tag 1 points to/);
  });
}

test("that the lock file does not know the content is one line, too", async (t) => {
  const world = await open(t);
  world.registry.repository("team/app").tag("1", world.digest);
  const { ahead, report } = await world.goAhead(world.locked);
  assert.ok(ahead !== undefined);
  const host = world.process();
  await host.check(world.locked, { preview: true, ahead });
  const said = [...report.said("info"), ...host.report.said("info")];
  assert.equal(said.filter((text) => text.includes("does not know the content")).length, 1);
});
