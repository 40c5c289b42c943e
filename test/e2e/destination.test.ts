/**
 * A `destination` on the real engine: when its copy is an update, what that shows, what dependents
 * see, and which files are left alone.
 */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Operation, type Project } from "../support/engine";
import { FIRST, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

/** `bundle` depends on the path, `copy` on where the copy lies. */
function program({ host }: TestRegistry, onLocalChange = "restore"): string {
  return `
    const pulumi = require("@pulumi/pulumi");
    const { OciArtifact } = require("pulumi-oci-artifact");
    const manifests = new OciArtifact("manifests", {
      reference: "${host}/team/manifests:1", plainHttp: true,
      destination: "vendor/manifests", onLocalChange: ${JSON.stringify(onLocalChange)},
    });
    class Note extends pulumi.dynamic.Resource {
      constructor(name, text) {
        super({ create: async (inputs) => ({ id: name, outs: inputs }),
                update: async (_id, _olds, news) => ({ outs: news }) }, name, { text });
      }
    }
    new Note("bundle", manifests.path);
    new Note("copy", manifests.placedAt);
    exports.path = manifests.path;
    exports.placedAt = manifests.placedAt;`;
}

function inVendor(project: Project, name = ""): string {
  return join(project.directory, "vendor/manifests", name);
}

function read(project: Project, name: string): string {
  return fs.readFileSync(inVendor(project, name), "utf8");
}

function said(operation: Operation, name: string): string {
  return operation.diagnostics
    .filter(({ urn }) => urn.endsWith(`::${name}`))
    .map(({ severity, message }) => `${severity}: ${message}`)
    .join("\n");
}

describe("destination", () => {
  let registry: TestRegistry;
  let project: Project;

  before(async () => {
    registry = await startRegistry();
    publishFiles(registry, FIRST);
    project = await createProject({ program: program(registry) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("the first up places it, and the next has nothing to do", async () => {
    const preview = await project.preview();
    assert.equal(preview.exitCode, 0, preview.text);
    assert.equal(fs.existsSync(inVendor(project)), false, "a preview places nothing");
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.equal((await project.stackOutputs())["placedAt"], "vendor/manifests");
    assert.equal(read(project, "deployment.yaml"), FIRST["deployment.yaml"]);
    const again = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
  });

  test("a moved tag: placedAt is unknown in the preview, and files of the user stay", async () => {
    fs.writeFileSync(inVendor(project, "mine.txt"), "mine");
    publishFiles(registry, SECOND);
    const up = await project.up({ diff: true });
    assert.equal(up.exitCode, 0, up.text);
    assert.match(up.text, /~ placedAt +: "vendor\/manifests" => \[?(unknown|output)/);
    assert.equal(read(project, "ingress.yaml"), SECOND["ingress.yaml"]);
    assert.equal(fs.existsSync(inVendor(project, "service.yaml")), false);
    assert.equal(read(project, "mine.txt"), "mine");
    assert.equal(up.step("copy").operation, "same", "the same folder as before");
  });

  test("edited, deleted and unreadable files: one update that names them, no dependent of path", async () => {
    fs.writeFileSync(inVendor(project, "deployment.yaml"), "edited");
    fs.rmSync(inVendor(project, "ingress.yaml"));
    fs.chmodSync(inVendor(project, "crds/widget.yaml"), 0);
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const [shown] = up.previewed.filter(({ name }) => name === "manifests");
    assert.equal(shown?.operation, "update");
    assert.equal(up.step("bundle").operation, "same");
    const [line = ""] = /info: vendor\/manifests is updated: .*/.exec(said(up, "manifests")) ?? [];
    const named = line.match(/[~+-] \.\/[^,\s]+/g) ?? [];
    assert.deepEqual(
      [...named].sort(),
      ["- ./ingress.yaml", "~ ./crds/widget.yaml", "~ ./deployment.yaml"],
      line,
    );
    for (const [name, text] of Object.entries(SECOND)) assert.equal(read(project, name), text);
    assert.equal(fs.statSync(inVendor(project, "crds/widget.yaml")).mode & 0o444, 0o444);
    const again = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
  });

  test("another machine: one update with its reason, dependents of path unchanged", async () => {
    const other = await project.elsewhere();
    try {
      assert.equal(fs.existsSync(inVendor(other)), true, "the copy is a part of the program");
      const committed = await other.preview({ args: ["--expect-no-changes"] });
      assert.equal(committed.exitCode, 0, committed.text);
      fs.rmSync(inVendor(other), { recursive: true });
      const up = await other.up();
      assert.equal(up.exitCode, 0, up.text);
      assert.equal(up.step("manifests").operation, "update");
      assert.equal(up.step("bundle").operation, "same");
      assert.equal(up.step("copy").operation, "same");
      assert.match(said(up, "manifests"), /info: vendor\/manifests is updated: /);
      assert.equal(read(other, "ingress.yaml"), SECOND["ingress.yaml"]);
      const again = await other.up({ args: ["--expect-no-changes", "--refresh"] });
      assert.equal(again.exitCode, 0, again.text);
    } finally {
      await other.dispose();
    }
  });

  test("a machine without the copy: targets and refreshes leave it out, the next up places it", async () => {
    const other = await project.elsewhere();
    const forget = (...folders: readonly string[]): void => {
      for (const folder of folders) fs.rmSync(folder, { recursive: true });
    };
    const assertPlaced = (up: Operation): void => {
      assert.equal(up.exitCode, 0, up.text);
      const operations = up.steps.filter(({ name }) => name === "manifests");
      assert.equal(operations.at(-1)?.operation, "update");
      assert.equal(up.steps.filter(({ name }) => name === "bundle").at(-1)?.operation, "same");
      assert.equal(read(other, "ingress.yaml"), SECOND["ingress.yaml"]);
    };
    try {
      forget(inVendor(other));
      const tree = join(other.directory, String((await other.stackOutputs())["path"]));
      const targeted = await other.up({ args: ["--target", "**::bundle"] });
      assert.equal(targeted.exitCode, 0, targeted.text);
      assert.equal(fs.existsSync(join(tree, "ingress.yaml")), true, "what the consumer reads");
      assert.equal(fs.existsSync(inVendor(other)), false, "and not the copy");
      assert.doesNotMatch(said(targeted, "manifests"), /warning|error|vendor/);
      const refreshed = await other.refresh();
      assert.equal(refreshed.exitCode, 0, refreshed.text);
      assert.equal(fs.existsSync(inVendor(other)), false);
      assertPlaced(await other.up());
      forget(inVendor(other));
      assertPlaced(await other.up({ args: ["--refresh"] }));
    } finally {
      await other.dispose();
    }
  });

  test("keep and error", async () => {
    fs.writeFileSync(inVendor(project, "deployment.yaml"), "edited");
    await project.writeProgram(program(registry, "keep"));
    const kept = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(kept.exitCode, 0, kept.text);
    assert.equal(read(project, "deployment.yaml"), "edited");
    await project.writeProgram(program(registry, "error"));
    const failed = await project.preview();
    assert.notEqual(failed.exitCode, 0);
    assert.match(failed.text, /\.\/deployment\.yaml/);
    assert.match(failed.text, /hint: .*onLocalChange/);
  });

  test("destroy removes what was placed, and names what it leaves", async () => {
    const destroyed = await project.destroy();
    assert.equal(destroyed.exitCode, 0, destroyed.text);
    assert.deepEqual(fs.readdirSync(inVendor(project)).sort(), ["deployment.yaml", "mine.txt"]);
    assert.match(destroyed.text, /warning: .*vendor\/manifests.*\.\/deployment\.yaml/);
  });
});

test("retainOnDelete: a destroy leaves the copy where it lies", async () => {
  const registry = await startRegistry();
  publishFiles(registry, FIRST);
  const source = `const { OciArtifact } = require("pulumi-oci-artifact");
    new OciArtifact("retained", { reference: "${registry.host}/team/manifests:1",
      plainHttp: true, destination: "vendor/manifests" }, { retainOnDelete: true });`;
  const project = await createProject({ program: source });
  try {
    const up = await project.up({ args: ["--skip-preview"] });
    assert.equal(up.exitCode, 0, up.text);
    const destroyed = await project.destroy({ args: ["--skip-preview"] });
    assert.equal(destroyed.exitCode, 0, destroyed.text);
    assert.deepEqual((await project.exportState()).deployment.resources ?? [], []);
    for (const [name, text] of Object.entries(FIRST)) assert.equal(read(project, name), text);
  } finally {
    await project.dispose();
    await registry.close();
  }
});

test("two resources with one destination fail in the preview, and nothing is placed", async () => {
  const registry = await startRegistry();
  publishFiles(registry, FIRST);
  const resource = (name: string, destination: string): string =>
    `new OciArtifact("${name}", { reference: "${registry.host}/team/manifests:1",
       plainHttp: true, destination: "${destination}" });`;
  const source = `const { OciArtifact } = require("pulumi-oci-artifact");
    ${resource("one", "vendor")}\n${resource("other", "vendor/other")}`;
  const project = await createProject({ program: source });
  try {
    const up = await project.up();
    assert.notEqual(up.exitCode, 0);
    assert.match(up.text, /cannot use input "destination": .*of the resource (one|other)/);
    assert.equal(fs.existsSync(join(project.directory, "vendor")), false);
  } finally {
    await project.dispose();
    await registry.close();
  }
});
