/**
 * examples/cdktn, from content in OpenTofu's own shape: its synth carries the module along, and the
 * real tofu takes the result. There is no Pulumi engine in it.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { exampleFor } from "../support/example-for-test";
import { registryFor } from "../support/registry-for-test";
import { findOrBuild } from "../support/toolchain";
import { modulePush, NETWORK_MODULE } from "../support/tool-shapes";

const STACK = { folder: "cdktf.out/stacks/network" };

test("examples/cdktn: tofu validates what it synthesizes", async (t) => {
  const registry = await registryFor(t);
  const target = { registry, repository: "modules/network", tag: "1.2.0" };
  modulePush(target, NETWORK_MODULE);
  const project = await exampleFor(t, "cdktn", registry);

  const synth = await project.run("npm", ["run", "--silent", "synth"], {
    environment: { REGISTRY: registry.localhost },
  });
  assert.equal(synth.exitCode, 0, synth.text);
  const tofu = await findOrBuild("tofu");
  const init = await project.run(tofu, ["init", "-input=false", "-no-color"], STACK);
  assert.equal(init.exitCode, 0, init.text);
  assert.match(init.text, /- network in assets\//);
  const validate = await project.run(tofu, ["validate", "-no-color"], STACK);
  assert.equal(validate.exitCode, 0, validate.text);
  assert.match(validate.text, /The configuration is valid/);
});
