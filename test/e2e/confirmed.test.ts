/**
 * Confirmed is applied: within one `pulumi up` the update takes exactly the digest that its preview
 * showed, and a later command follows the tag again.
 */
import * as assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createProject, type OperationOptions, type Project } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

describe("a tag that moves between the preview and the update of one up", () => {
  let registry: TestRegistry;
  let project: Project;
  let first: string;
  let second: string;

  /** Publishes other files under the tag when the preview has been summed up. */
  const moveAfterPreview = (files: Readonly<Record<string, string>>): OperationOptions => ({
    onEvent(event) {
      if (event.summaryEvent?.isPreview === true) publishFiles(registry, files);
    },
  });

  before(async () => {
    registry = await startRegistry();
    first = publishFiles(registry, FIRST).digest;
    project = await createProject({ program: program(plainArgs(registry)) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("does not change what is applied", async () => {
    const up = await project.up(moveAfterPreview(SECOND));
    assert.equal(up.exitCode, 0, up.text);
    second = registry.repository("team/manifests").manifest("1")?.digest ?? "";
    assert.notEqual(second, first, "the tag has moved");
    const shown = up.previewed.find(({ name }) => name === "manifests");
    assert.equal(shown?.inputs["digest"], first);
    assert.equal(up.step("manifests").inputs["digest"], first);
    assert.equal((await project.stackOutputs())["digest"], first);
  });

  test("is followed by the next up", async () => {
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.equal((await project.stackOutputs())["digest"], second);
  });

  test("is resolved anew where no preview was shown", async () => {
    const preview = await project.preview();
    assert.equal(preview.exitCode, 0, preview.text);
    publishFiles(registry, FIRST);
    const up = await project.up({ args: ["--skip-preview"] });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal((await project.stackOutputs())["digest"], first);
  });

  test("is resolved anew where the artifact waits for something that may push it", async () => {
    const pushes = `{ dependsOn: [new pulumi.ComponentResource("example:index:Push", "push")] }`;
    await project.writeProgram(program(plainArgs(registry), pushes));
    const up = await project.up(moveAfterPreview(SECOND));
    assert.equal(up.exitCode, 0, up.text);
    assert.equal((await project.stackOutputs())["digest"], second);
  });
});
