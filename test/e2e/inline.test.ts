/**
 * An inline program of the Automation API from its first preview to its end: an archive reads the
 * content, another run sees no change, and destroy gives up what was claimed beside the program.
 */
import * as assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createProject } from "../support/engine";
import { FIRST, plainArgs, publishFiles } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

/** Runs from a folder of its own, which is no folder of a project. */
const script = (registry: TestRegistry): string => `
  const { readdirSync, writeFileSync } = require("node:fs");
  const pulumi = require("@pulumi/pulumi");
  const { LocalWorkspace } = require("@pulumi/pulumi/automation");
  const { OciArtifact } = require("pulumi-oci-artifact");
  class Bundle extends pulumi.ComponentResource {
    constructor(name, inputs) { super("example:index:Bundle", name, inputs); }
  }
  const program = async () => {
    const manifests = new OciArtifact("manifests", ${plainArgs(registry)});
    new Bundle("bundle", { content: manifests.fileArchive() });
    return { path: manifests.path };
  };
  const claims = () => readdirSync(".oci-artifacts/.pulumi/claims").length;
  (async () => {
    const stack = await LocalWorkspace.createOrSelectStack(
      { projectName: "inline", stackName: "dev", program });
    const { changeSummary: previewed } = await stack.preview();
    const { outputs, summary: created } = await stack.up();
    const claimed = claims();
    const { summary: again } = await stack.up({ refresh: true });
    await stack.destroy();
    return { previewed, path: outputs.path.value, created: created.resourceChanges,
             again: again.resourceChanges, claimed, left: claims() };
  })().then(
    (report) => writeFileSync("report.json", JSON.stringify(report)),
    (error) => { console.error(error.message); process.exitCode = 1; });`;

test("an inline program reads its content as an archive, and ends without a claim", async () => {
  const registry = await startRegistry();
  publishFiles(registry, FIRST);
  const project = await createProject({ program: "" });
  const folder = join(project.directory, "service");
  try {
    await mkdir(folder);
    await writeFile(join(folder, "main.js"), script(registry));
    const finished = await project.run("node", ["main.js"], { folder: "service" });
    assert.equal(finished.exitCode, 0, finished.text);
    const report: unknown = JSON.parse(await readFile(join(folder, "report.json"), "utf8"));
    const [tree = ""] = (await readdir(join(folder, ".oci-artifacts"))).filter(
      (name) => !name.startsWith("."),
    );
    assert.deepEqual(report, {
      previewed: { create: 3 },
      path: `.oci-artifacts/${tree}`,
      created: { create: 3 },
      again: { same: 3 },
      claimed: 1,
      left: 0,
    });
    const file = join(folder, ".oci-artifacts", tree, "deployment.yaml");
    assert.equal(await readFile(file, "utf8"), FIRST["deployment.yaml"]);
  } finally {
    await project.dispose();
    await registry.close();
  }
});
