/**
 * Somebody changes the tree on this machine: it is healed before anybody reads it, that is said on
 * the resource's row, and it is never a diff.
 */
import * as assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Operation, type Project } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

describe("a tree that is changed locally", () => {
  let registry: TestRegistry;
  let project: Project;
  let layer: string;
  let tree: string;

  before(async () => {
    registry = await startRegistry();
    layer = publishFiles(registry, FIRST).layers[0]?.digest ?? "";
    project = await createProject({ program: program(plainArgs(registry)) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  /** Exactly the files of the artifact, readable, with their content. */
  async function assertHealed(): Promise<void> {
    const entries = await readdir(tree, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory());
    const contents = await Promise.all(
      files.map(async ({ parentPath, name }) => {
        const file = join(parentPath, name);
        assert.equal((await stat(file)).mode & 0o444, 0o444, file);
        return [file.slice(tree.length + 1), await readFile(file, "utf8")] as const;
      }),
    );
    assert.deepEqual(Object.fromEntries(contents), FIRST);
    const left = await readdir(join(project.directory, ".oci-artifacts/.pulumi/staging"));
    assert.deepEqual(left, [], "and nothing is left of the work");
  }

  /** What was said about the tree, each with the resource on whose row it stands. */
  function said({ diagnostics }: Operation): readonly (readonly [string, string])[] {
    return diagnostics
      .filter(({ message }) => message.includes("changed locally"))
      .map(({ urn, severity, message }) => [urn.replace(/^.*::/, `${severity} on `), message]);
  }

  test("between the preview and the update that creates it", async () => {
    const up = await project.up({
      async onEvent({ summaryEvent }) {
        if (summaryEvent?.isPreview !== true) return;
        await rm(join(project.directory, ".oci-artifacts"), { recursive: true });
      },
    });
    assert.equal(up.exitCode, 0, up.text);
    const { path } = await project.stackOutputs();
    tree = join(project.directory, String(path));
    await assertHealed();
    assert.equal(registry.count({ kind: "blob" }), 1, "the second time from the cache");
  });

  test("edited, deleted, added and unreadable files are healed by a preview", async () => {
    await writeFile(join(tree, "deployment.yaml"), "edited");
    await rm(join(tree, "service.yaml"));
    await chmod(join(tree, "crds/widget.yaml"), 0);
    await writeFile(join(tree, "crds/mine.yaml"), "added");
    registry.clearRequests();
    const preview = await project.preview({ args: ["--expect-no-changes"] });
    assert.equal(preview.exitCode, 0, preview.text);
    const [[row, message] = ["", ""], ...more] = said(preview);
    assert.equal(row, "warning on manifests");
    assert.deepEqual(message.replace(/^.*: /, "").trim().split(", ").sort(), [
      "+ ./crds/mine.yaml",
      "- ./service.yaml",
      "~ ./crds/widget.yaml",
      "~ ./deployment.yaml",
    ]);
    assert.deepEqual(more, [], "said once");
    await assertHealed();
    assert.equal(registry.count({ kind: "blob" }), 0, "healed from the cache");
  });

  test("between the preview and the update of one up, with the cache damaged, too", async () => {
    registry.clearRequests();
    const up = await project.up({
      args: ["--expect-no-changes"],
      async onEvent({ summaryEvent }) {
        if (summaryEvent?.isPreview !== true) return;
        await rm(join(tree, "crds"), { recursive: true });
        await symlink("..", join(tree, "crds"));
        const hex = layer.replace("sha256:", "");
        await writeFile(join(project.cache, "pulumi-oci-artifact/blobs/sha256", hex), "damaged");
      },
    });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(up.step("bundle").operation, "same");
    assert.match(said(up).join("\n"), /^warning on manifests,.*: .*[~-] \.\/crds/);
    await assertHealed();
    assert.equal(registry.count({ kind: "blob" }), 1, "what the cache held is fetched again");
  });

  test("a file in its place, without its receipt and with the registry down", async () => {
    await rm(tree, { recursive: true });
    await rm(join(project.directory, ".oci-artifacts/.pulumi/receipts"), { recursive: true });
    await writeFile(tree, "not a folder");
    await registry.stop();
    const up = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
    await assertHealed();
    assert.match(up.text, /cannot be asked whether 1 has moved/);
  });

  test("a refresh and a destroy leave it as it is", async () => {
    await writeFile(join(tree, "deployment.yaml"), "edited");
    await mkdir(join(tree, "mine"));
    const refreshed = await project.refresh();
    assert.equal(refreshed.exitCode, 0, refreshed.text);
    const destroyed = await project.destroy();
    assert.equal(destroyed.exitCode, 0, destroyed.text);
    assert.equal(destroyed.step("manifests").operation, "delete");
    assert.equal(await readFile(join(tree, "deployment.yaml"), "utf8"), "edited");
    assert.deepEqual(said(refreshed).concat(said(destroyed)), []);
  });
});
