/**
 * The commands of docs/module-sourcing.md for a package that Pulumi's CLI reads before any program: it
 * is locked, vendored and read, and what a package manager leaves in it stays.
 */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { tarGz } from "../support/archives";
import { projectFor } from "../support/project-for-test";
import { registryFor } from "../support/registry-for-test";
import { orasPush } from "../support/tool-shapes";

const SCHEMA = { name: "site", version: "1.0.0", resources: { "site:index:Site": {} } };

const PACKAGE = tarGz({
  "package/PulumiPlugin.yaml": "runtime: nodejs\n",
  "package/package.json": '{ "name": "site", "version": "1.0.0" }',
  "package/schema.json": JSON.stringify(SCHEMA),
});

test("a vendored package is there for `pulumi package` without any program", async (t) => {
  const registry = await registryFor(t);
  const target = { registry, repository: "components/site", tag: "1.0.0" };
  orasPush(target, { "site-1.0.0.tgz": PACKAGE });
  const project = await projectFor(t, { program: "" });
  const cli = async (...cliArguments: readonly string[]): Promise<void> => {
    const program = "node_modules/pulumi-oci-artifact/dist/cli/main.js";
    const { exitCode, text } = await project.run("node", [
      program,
      ...cliArguments,
      "--plain-http",
    ]);
    assert.equal(exitCode, 0, text);
  };

  const reference = `${registry.host}/components/site:1.0.0`;
  const shape = ["--extract", "always", "--strip-components", "1"];
  await cli("lock", reference, ...shape, "--output", "vendor/site");
  assert.equal(existsSync(join(project.directory, "vendor")), false);
  await cli("vendor");
  const read = await project.run("pulumi", ["package", "get-schema", "./vendor/site/schema.json"]);
  assert.equal(read.exitCode, 0, read.text);
  const { name, version } = JSON.parse(read.stdout) as Partial<typeof SCHEMA>;
  assert.deepEqual({ name, version }, { name: "site", version: "1.0.0" });

  const installed = join(project.directory, "vendor/site/node_modules/left-here");
  await mkdir(installed, { recursive: true });
  await writeFile(join(installed, "index.js"), "");
  await cli("vendor");
  assert.equal(existsSync(join(installed, "index.js")), true);
});
