/**
 * Destroy and refresh need neither the registry nor the package.
 */
import * as assert from "node:assert/strict";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Project } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";
import { REPOSITORY } from "../support/repository";

describe("with the registry down", () => {
  let registry: TestRegistry;
  let project: Project;
  before(async () => {
    registry = await startRegistry();
    publishFiles(registry, FIRST);
    project = await createProject({ program: program(plainArgs(registry)) });
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    await registry.stop();
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("up goes on with what the cache holds, and says so", async () => {
    const up = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
    assert.match(up.text, /warning: the registry cannot be asked whether 1 has moved/);
    assert.equal(up.step("manifests").operation, "same");
  });

  test("refresh and destroy succeed", async () => {
    const refreshed = await project.refresh();
    assert.equal(refreshed.exitCode, 0, refreshed.text);
    const destroyed = await project.destroy();
    assert.equal(destroyed.exitCode, 0, destroyed.text);
    assert.equal(destroyed.step("manifests").operation, "delete");
  });
});

describe("with the package gone", () => {
  test("refresh and destroy succeed, and leave the content", async () => {
    const registry = await startRegistry();
    publishFiles(registry, FIRST);
    const project = await createProject({ program: program(plainArgs(registry)) });
    try {
      const up = await project.up();
      assert.equal(up.exitCode, 0, up.text);
      await registry.stop();
      await uninstall(project);
      const refreshed = await project.refresh();
      assert.equal(refreshed.exitCode, 0, refreshed.text);
      const destroyed = await project.destroy();
      assert.equal(destroyed.exitCode, 0, destroyed.text);
      assert.equal(destroyed.step("manifests").operation, "delete");
      assert.doesNotMatch(destroyed.text, /Cannot find module|\n\s+at /);
    } finally {
      await project.dispose();
      await registry.close();
    }
  });
});

/**
 * Removes the package from the program. The SDK is a link into this checkout, from which the
 * package could still be found: so the program gets packages of its own.
 */
async function uninstall(project: Project): Promise<void> {
  const modules = join(project.directory, "node_modules");
  await rm(modules, { recursive: true });
  await cp(join(REPOSITORY, "node_modules"), modules, {
    recursive: true,
    filter: (source) =>
      !/node_modules\/(pulumi-oci-artifact|oci-artifact-quickstart|typescript|prettier)(\/|$)/.test(
        source,
      ),
  });
}
