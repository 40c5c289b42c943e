/**
 * Pushing by plain inputs, without a state: a dry run tells what it could not find out.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pushInputs } from "../../provider/pulumi/push-artifact";
import { closeSessions } from "../../provider/pulumi/session";
import { recordReport } from "../support/report-for-test";
import { pushWorld, type PushWorld } from "./push-world";

async function dryRun({ project, inputs }: PushWorld) {
  const report = recordReport();
  const options = { directory: project, report, dryRun: true };
  return { ...(await pushInputs(inputs, options)), report };
}

describe("a dry run", () => {
  test("says that a registry cannot be asked, and what it would push", async (t) => {
    const world = await pushWorld(t);
    // Sessions read the environment of the process, once.
    Object.assign(process.env, { OCI_ARTIFACT_CACHE: world.cache, HOME: world.project });
    t.after(closeSessions);
    const asked = await dryRun(world);
    assert.deepEqual(asked.report.said("warning"), []);
    await world.registry.stop();
    const { planned, published, report } = await dryRun(world);
    assert.equal(published, undefined);
    assert.equal(planned.digest, asked.planned.digest);
    const [warning = "", ...others] = report.said("warning");
    assert.deepEqual(others, []);
    assert.match(
      warning,
      /^the registry cannot be asked what the tags of .*team\/app:1 name now; going on with what is packed\ncannot /,
    );
  });
});
