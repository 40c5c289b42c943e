/**
 * examples/provider-mirror, from an index in OpenTofu's own shape: the real `tofu init` installs the
 * provider from the folder that the update has placed, and from nowhere else.
 */
import * as assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { exampleFor } from "../support/example-for-test";
import { registryFor } from "../support/registry-for-test";
import { findOrBuild } from "../support/toolchain";
import { providerPush } from "../support/tool-shapes";

const FOLDER = "registry.opentofu.org/example/greeting";

test("examples/provider-mirror: tofu init accepts the folder", async (t) => {
  const registry = await registryFor(t);
  const target = { registry, repository: "providers/greeting", tag: "2.1.0" };
  const here = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
  const platforms = [here, here === "darwin_arm64" ? "linux_amd64" : "darwin_arm64"].sort();
  const { digest } = providerPush(target, "greeting", platforms);
  const project = await exampleFor(t, "provider-mirror", registry);
  const program = await findOrBuild("tofu");
  const tofu = (...tofuArguments: readonly string[]) =>
    project.run(program, [...tofuArguments, "-no-color"], {
      environment: { TF_CLI_CONFIG_FILE: "tofu.tfrc" },
    });

  const preview = await project.preview();
  assert.equal(preview.exitCode, 0, preview.text);
  assert.notEqual((await tofu("init", "-input=false")).exitCode, 0);

  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);
  assert.deepEqual(await project.stackOutputs(), { digest, mirror: "providers" });
  const names = await readdir(join(project.directory, "providers", FOLDER));
  assert.deepEqual(
    names.sort(),
    platforms.map((platform) => `terraform-provider-greeting_2.1.0_${platform}.zip`),
  );
  const initialized = await tofu("init", "-input=false");
  assert.equal(initialized.exitCode, 0, initialized.text);
  assert.match(initialized.text, /Installed example\/greeting v2\.1\.0/);

  const asked = platforms.map((platform) => `-platform=${platform}`);
  const locked = await tofu("providers", "lock", "-fs-mirror=providers", ...asked);
  assert.equal(locked.exitCode, 0, locked.text);
  const lock = await readFile(join(project.directory, ".terraform.lock.hcl"), "utf8");
  assert.match(lock, /provider "registry\.opentofu\.org\/example\/greeting"/);
  assert.equal(lock.match(/"h1:/g)?.length, platforms.length, lock);
});
