/**
 * The main job on the real engine: declare, preview, apply, see a moved tag, apply it, destroy.
 */
import * as assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Project } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

describe("an artifact behind a tag", () => {
  let registry: TestRegistry;
  let project: Project;
  let first: string;
  let second: string;

  before(async () => {
    registry = await startRegistry();
    first = publishFiles(registry, FIRST).digest;
    project = await createProject({ program: program(plainArgs(registry)) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("the first preview knows digest, path and files, and what depends on them", async () => {
    const preview = await project.preview({ diff: true });
    assert.equal(preview.exitCode, 0, preview.text);
    const { operation, inputs } = preview.step("manifests");
    assert.equal(operation, "create");
    assert.equal(inputs["digest"], first);
    assert.equal(inputs["path"], `.oci-artifacts/manifests-${first.slice(7, 23)}`);
    assert.deepEqual(Object.keys(inputs["files"] as object).sort(), [
      "./crds/widget.yaml",
      "./deployment.yaml",
      "./service.yaml",
    ]);
    assert.equal(inputs["plainHttp"], undefined, "how to pull is no fact of the artifact");
    assert.match(preview.text, new RegExp(`digest *: "${first}"`));
    assert.match(preview.text, /"\.\/deployment\.yaml"|\.\/deployment\.yaml *:/);
    assert.equal(preview.step("bundle").inputs["digest"], first);
    assert.doesNotMatch(preview.text, /unknown|output</);
  });

  test("up applies it: the content is there, whole", async () => {
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(up.step("manifests").operation, "create");
    const outputs = await project.stackOutputs();
    assert.equal(outputs["digest"], first);
    for (const [path, content] of Object.entries(FIRST)) {
      const file = join(project.directory, String(outputs["path"]), path);
      assert.equal(await readFile(file, "utf8"), content);
    }
  });

  test("a second up shows no diff and fetches no blob: one manifest request", async () => {
    registry.clearRequests();
    const up = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(up.step("manifests").operation, "same");
    assert.equal(registry.count({ kind: "blob" }), 0);
    assert.ok(registry.count({ kind: "manifest" }) <= 2, "at most one a phase");
    assert.equal(registry.count(), registry.count({ kind: "manifest" }), "and nothing else");
  });

  test("a moved tag shows old and new digest, and the changed, added and removed files", async () => {
    second = publishFiles(registry, SECOND).digest;
    const preview = await project.preview({ diff: true });
    assert.equal(preview.exitCode, 0, preview.text);
    const step = preview.step("manifests");
    assert.equal(step.operation, "update");
    assert.match(preview.text, new RegExp(`~ digest *: "${first}" => "${second}"`));
    assert.match(preview.text, /~ \.\/deployment\.yaml *:/);
    assert.match(preview.text, /\+ \.\/ingress\.yaml *:/);
    assert.match(preview.text, /- \.\/service\.yaml *:/);
    assert.doesNotMatch(preview.text, /~ \.\/crds\/widget\.yaml/);
    assert.equal(preview.step("bundle").inputs["digest"], second);
    const row = preview.diagnostics.find(({ message }) => message.includes("moved"));
    assert.equal(row?.urn, step.urn);
    assert.match(row.message, /files: \+ \.\/ingress\.yaml|~ \.\/deployment\.yaml/);
  });

  test("up applies the moved tag, and the old tree stays for who reads it", async () => {
    const before = await project.stackOutputs();
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(up.step("manifests").operation, "update");
    const outputs = await project.stackOutputs();
    assert.equal(outputs["digest"], second);
    const file = (path: unknown): string =>
      join(project.directory, String(path), "deployment.yaml");
    assert.equal(await readFile(file(outputs["path"]), "utf8"), SECOND["deployment.yaml"]);
    assert.equal(await readFile(file(before["path"]), "utf8"), FIRST["deployment.yaml"]);
  });

  test("refresh changes nothing and asks nobody", async () => {
    registry.clearRequests();
    const before = await project.exportState();
    const refreshed = await project.refresh();
    assert.equal(refreshed.exitCode, 0, refreshed.text);
    assert.equal(registry.count(), 0);
    const artifactOf = (state: typeof before) =>
      state.deployment.resources?.find(({ type }) => type.endsWith(":OciArtifact"));
    assert.deepEqual(artifactOf(await project.exportState())?.outputs, artifactOf(before)?.outputs);
    const up = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
  });

  test("destroy works, and leaves no process", async () => {
    const destroyed = await project.destroy();
    assert.equal(destroyed.exitCode, 0, destroyed.text);
    assert.equal(destroyed.step("manifests").operation, "delete");
    assert.deepEqual(project.processes(), []);
  });
});
