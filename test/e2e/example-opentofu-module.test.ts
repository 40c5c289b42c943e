/**
 * examples/opentofu-module, from content in OpenTofu's own shape: the real `tofu init && tofu validate`
 * takes the module from the path, already after a preview.
 */
import * as assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { exampleFor } from "../support/example-for-test";
import { registryFor } from "../support/registry-for-test";
import { findOrBuild } from "../support/toolchain";
import { modulePush, NETWORK_MODULE } from "../support/tool-shapes";

test("examples/opentofu-module: tofu init and validate read the module from its path", async (t) => {
  const registry = await registryFor(t);
  const target = { registry, repository: "modules/network", tag: "1.2.0" };
  const { digest } = modulePush(target, NETWORK_MODULE);
  const project = await exampleFor(t, "opentofu-module", registry);
  const tofu = await findOrBuild("tofu");

  const preview = await project.preview();
  assert.equal(preview.exitCode, 0, preview.text);
  const init = await project.run(tofu, ["init", "-input=false", "-no-color"]);
  assert.equal(init.exitCode, 0, init.text);
  const validate = await project.run(tofu, ["validate", "-no-color"]);
  assert.equal(validate.exitCode, 0, validate.text);
  assert.match(validate.text, /The configuration is valid/);

  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);
  const { source, ...outputs } = await project.stackOutputs();
  assert.deepEqual(outputs, { digest });
  assert.match(init.text, new RegExp(`- network in ${String(source).slice(2)}`));
  const main = await readFile(join(project.directory, "main.tf.json"), "utf8");
  assert.ok(main.includes(`"source": "${String(source)}"`), main);
  assert.equal(registry.count({ kind: "blob", repository: "modules/network" }), 1);
});
