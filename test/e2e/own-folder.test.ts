/**
 * A program that archives the folder it lies in, and with it the content and its records: what differs
 * from run to run and from machine to machine must not show as a change.
 */
import * as assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Project } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

/** `whole` waits for the content, so that it is there when the folder is read. */
const archiving = (registry: TestRegistry): string => `
  ${program(plainArgs(registry))}
  const whole = { all: manifests.contentDigest.apply(() => new pulumi.asset.FileArchive(".")) };
  new pulumi.ComponentResource("example:index:Whole", "whole", whole);`;

describe("an archive of the program's own folder", () => {
  let registry: TestRegistry;
  let project: Project;
  before(async () => {
    registry = await startRegistry();
    publishFiles(registry, FIRST);
    project = await createProject({ program: archiving(registry) });
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("is the same when nothing has changed, and when the content was restored", async () => {
    const again = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
    await rm(join(project.directory, ".oci-artifacts"), { recursive: true });
    const restored = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(restored.exitCode, 0, restored.text);
  });

  test("is the same on another machine", async () => {
    const other = await project.elsewhere();
    try {
      const up = await other.up({ args: ["--expect-no-changes"] });
      assert.equal(up.exitCode, 0, up.text);
    } finally {
      await other.dispose();
    }
  });
});
