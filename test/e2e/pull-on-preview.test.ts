/**
 * `pullOnPreview: false` on the real engine: a preview shows the digest and fetches no content, the
 * update brings it, and what has not changed is no diff, here or on another machine.
 */
import * as assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { UNKNOWN } from "../../provider/pulumi/known";
import { createProject, type Project } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

async function deploymentOf(project: Project): Promise<string> {
  const path = String((await project.stackOutputs())["path"]);
  return readFileSync(join(project.directory, path, "deployment.yaml"), "utf8");
}

describe("pullOnPreview: false", () => {
  let registry: TestRegistry;
  let project: Project;
  let first: string;

  before(async () => {
    registry = await startRegistry();
    first = publishFiles(registry, FIRST).digest;
    const source = program(plainArgs(registry, "pullOnPreview: false"));
    project = await createProject({ program: source });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("the first preview shows the digest, and neither a path nor a file", async () => {
    const preview = await project.preview({ diff: true });
    assert.equal(preview.exitCode, 0, preview.text);
    const { operation, inputs } = preview.step("manifests");
    assert.deepEqual([operation, inputs["digest"], inputs["path"]], ["create", first, UNKNOWN]);
    assert.match(preview.text, new RegExp(`digest +: "${first}"`));
    assert.match(preview.text, /path +: \[unknown\]/);
    assert.equal(registry.count({ kind: "blob" }), 0);
    assert.equal(existsSync(join(project.directory, ".oci-artifacts")), false);
  });

  test("the update brings the content of the digest that its preview showed", async () => {
    const up = await project.up({
      onEvent({ summaryEvent }) {
        if (summaryEvent?.isPreview !== true) return;
        assert.equal(registry.count({ kind: "blob" }), 0);
        publishFiles(registry, SECOND);
      },
    });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal((await project.stackOutputs())["digest"], first);
    assert.equal(await deploymentOf(project), FIRST["deployment.yaml"]);
    assert.equal(registry.count({ kind: "blob" }), 1);
  });

  test("a tag that has moved shows its digest, and its content comes with the update", async () => {
    const { digest } = publishFiles(registry, SECOND);
    registry.clearRequests();
    const up = await project.up({
      diff: true,
      onEvent({ summaryEvent }) {
        if (summaryEvent?.isPreview === true) assert.equal(registry.count({ kind: "blob" }), 0);
      },
    });
    assert.equal(up.exitCode, 0, up.text);
    const shown = up.previewed.find(({ name }) => name === "manifests");
    assert.deepEqual([shown?.operation, shown?.inputs["path"]], ["update", UNKNOWN]);
    assert.match(up.text, new RegExp(`~ digest +: "${first}"\\s+=> "${digest}"`));
    assert.match(up.text, /moved: sha256:\w+ => sha256:\w+$/m, "without names of files");
    assert.equal((await project.stackOutputs())["digest"], digest);
    assert.equal(await deploymentOf(project), SECOND["deployment.yaml"]);
  });

  test("a fresh machine shows no diff, and has the content before anything reads it", async () => {
    const other = await project.elsewhere();
    try {
      for (const operate of [other.preview, other.up]) {
        const operation = await operate({ args: ["--expect-no-changes"] });
        assert.equal(operation.exitCode, 0, operation.text);
        assert.doesNotMatch(operation.text, /warning|error/);
        assert.equal(await deploymentOf(other), SECOND["deployment.yaml"]);
      }
    } finally {
      await other.dispose();
    }
  });
});
