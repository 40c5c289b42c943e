/**
 * One stack chooses the content, another takes exactly that: docs/module-sourcing.md. What goes over
 * is a digest and never a path.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { FIRST, plainArgs, publishFiles, REPOSITORY_NAME, SECOND } from "../support/manifests";
import { projectFor } from "../support/project-for-test";
import { registryFor } from "../support/registry-for-test";

test("a stack takes what another stack exports, also after the tag has moved", async (t) => {
  const registry = await registryFor(t);
  const { digest } = publishFiles(registry, FIRST);
  const project = await projectFor(t, {
    program: `
      const { OciArtifact } = require("pulumi-oci-artifact");
      exports.pinned = new OciArtifact("manifests", ${plainArgs(registry)}).pinned;
    `,
  });
  const chosen = await project.up();
  assert.equal(chosen.exitCode, 0, chosen.text);
  publishFiles(registry, SECOND);

  await project.writeProgram(`
    const pulumi = require("@pulumi/pulumi");
    const { OciArtifact } = require("pulumi-oci-artifact");
    const platform = new pulumi.StackReference("organization/example/dev");
    const manifests = new OciArtifact("same", {
      reference: platform.requireOutput("pinned"),
      plainHttp: true,
    });
    exports.digest = manifests.digest;
  `);
  await project.run("pulumi", ["stack", "init", "consumer"]);
  const requests = registry.count({ kind: "manifest", reference: "1" });
  const preview = await project.preview({ stack: "consumer" });
  assert.equal(preview.exitCode, 0, preview.text);
  const { inputs } = preview.step("same");
  assert.equal(inputs["digest"], digest);
  assert.equal(inputs["reference"], `${registry.host}/${REPOSITORY_NAME}@${digest}`);
  assert.equal(registry.count({ kind: "manifest", reference: "1" }), requests);
});
