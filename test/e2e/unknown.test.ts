/**
 * Unknown inputs preview as unknown and never as an error; what they turn out to be is applied.
 */
import * as assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createProject, type Project } from "../support/engine";
import { FIRST, publishFiles, REPOSITORY_NAME } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

/** A dynamic resource whose output is unknown until it is created. */
const program = (host: string): string => `
  const pulumi = require("@pulumi/pulumi");
  const { OciArtifact } = require("pulumi-oci-artifact");
  class Tag extends pulumi.dynamic.Resource {
    constructor(name) {
      super({ create: async () => ({ id: "tag", outs: { value: "1" } }) }, name, { value: undefined });
    }
  }
  const tag = new Tag("tag");
  const manifests = new OciArtifact("manifests", {
    reference: pulumi.interpolate\`${host}/${REPOSITORY_NAME}:\${tag.value}\`,
    plainHttp: true,
  });
  exports.digest = manifests.digest;
  exports.path = manifests.path;
  exports.file = manifests.file("deployment.yaml");
`;

describe("a reference that another resource makes", () => {
  let registry: TestRegistry;
  let project: Project;
  let digest: string;
  before(async () => {
    registry = await startRegistry();
    digest = publishFiles(registry, FIRST).digest;
    project = await createProject({ program: program(registry.host) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("previews as unknown, and asks no registry", async () => {
    const preview = await project.preview({ diff: true });
    assert.equal(preview.exitCode, 0, preview.text);
    assert.equal(preview.step("manifests").operation, "create");
    assert.match(preview.text, /digest *: \[unknown\]/);
    assert.match(preview.text, /path *: \[unknown\]/);
    assert.equal(registry.count(), 0);
  });

  test("is applied when it is known", async () => {
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const outputs = await project.stackOutputs();
    assert.equal(outputs["digest"], digest);
    assert.equal(outputs["file"], `${String(outputs["path"])}/deployment.yaml`);
    const again = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
  });
});
