/**
 * State outlives the machine: on another one there is no diff, and the content is there before
 * anything reads it.
 */
import * as assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Project } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

describe("another machine, with the state and an empty cache", () => {
  let registry: TestRegistry;
  let project: Project;
  let other: Project;

  before(async () => {
    registry = await startRegistry();
    publishFiles(registry, FIRST);
    project = await createProject({ program: program(plainArgs(registry)) });
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    other = await project.elsewhere();
  });
  after(async () => {
    await other.dispose();
    await project.dispose();
    await registry.close();
  });

  test("shows no diff, and the dependent reads the content", async () => {
    const up = await other.up({ args: ["--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(up.step("manifests").operation, "same");
    assert.equal(up.step("bundle").operation, "same");
    const { path } = await other.stackOutputs();
    const file = join(other.directory, String(path), "deployment.yaml");
    assert.equal(await readFile(file, "utf8"), FIRST["deployment.yaml"]);
  });

  test("a state names no machine and no transport", async () => {
    const { resources } = (await other.exportState()).deployment;
    const text = JSON.stringify(resources?.map(({ inputs, outputs }) => ({ inputs, outputs })));
    for (const place of [project.directory, project.home, other.directory, other.home]) {
      assert.ok(!text.includes(place), place);
    }
    assert.doesNotMatch(text, /plainHttp|__run/);
  });

  test("a targeted update restores what is not checked, also when the tag has moved", async () => {
    publishFiles(registry, SECOND);
    await rm(join(other.directory, ".oci-artifacts"), { recursive: true });
    await rm(other.cache, { recursive: true });
    const up = await other.up({ args: ["--target", "**bundle**"] });
    assert.equal(up.exitCode, 0, up.text);
    const { path } = await other.stackOutputs();
    const file = join(other.directory, String(path), "deployment.yaml");
    assert.equal(await readFile(file, "utf8"), FIRST["deployment.yaml"]);
  });
});

describe("local damage", () => {
  test("an edited file is restored, said on the row, and no diff", async () => {
    const registry = await startRegistry();
    publishFiles(registry, FIRST);
    const project = await createProject({ program: program(plainArgs(registry)) });
    try {
      assert.equal((await project.up()).exitCode, 0);
      const { path } = await project.stackOutputs();
      const file = join(project.directory, String(path), "service.yaml");
      await rm(file);
      registry.clearRequests();
      const up = await project.up({ args: ["--expect-no-changes"] });
      assert.equal(up.exitCode, 0, up.text);
      assert.equal(await readFile(file, "utf8"), FIRST["service.yaml"]);
      assert.match(up.text, /changed locally and is restored: - \.\/service\.yaml/);
      assert.equal(registry.count({ kind: "blob" }), 0, "healed from the cache");
    } finally {
      await project.dispose();
      await registry.close();
    }
  });
});
