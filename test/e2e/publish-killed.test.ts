/**
 * A machine that dies in the middle of a push: no tag names what is not there, and the next run pushes the
 * rest and sweeps what was packed.
 */
import * as assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assertWhole } from "../push/push-stage";
import type { RunningEngine } from "../support/engine";
import { projectFor } from "../support/project-for-test";
import { registryFor } from "../support/registry-for-test";

for (const [moment, plan] of [
  ["while a blob is sent", { kind: "upload", method: "PUT" }],
  ["before the manifest is taken", { kind: "manifest", method: "PUT" }],
  ["before the tag is set", { kind: "manifest", method: "PUT", reference: "1" }],
] as const) {
  test(`killed ${moment}, a push leaves no tag, and the next run ends it`, async (t) => {
    const registry = await registryFor(t);
    const project = await projectFor(t, {
      program: `
        const { OciArtifactPush } = require("pulumi-oci-artifact");
        const reference = "${registry.host}/team/content:1";
        new OciArtifactPush("content", { source: "./content", reference, plainHttp: true });
      `,
      files: { "content/a.txt": "a\n", "content/b.txt": "b\n" },
    });
    const staging = join(project.cache, "pulumi-oci-artifact", "staging");
    let engine: RunningEngine | undefined;
    const reached = new Promise<void>((resolve) => {
      // It is heard, and never answered.
      const handle = (): void => {
        resolve();
      };
      registry.fault({ ...plan, times: 1, then: { kind: "handler", handle } });
    });
    const running = project.up({ onStart: (started) => (engine = started) });
    await Promise.race([reached, running]);
    assert.ok(engine !== undefined);
    engine.kill();
    assert.notEqual((await running).exitCode, 0);
    assert.deepEqual(registry.repository("team/content").tags(), []);
    assertWhole(registry.repository("team/content"));
    assert.notDeepEqual(readdirSync(staging), []);

    await project.run("pulumi", ["cancel", "--yes", "--stack", "dev", "--non-interactive"]);
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const pushed = registry.repository("team/content").manifest("1")?.digest;
    assert.equal(up.step("content").inputs["digest"], pushed);
    assertWhole(registry.repository("team/content"));
    assert.deepEqual(readdirSync(staging), []);
  });
}
