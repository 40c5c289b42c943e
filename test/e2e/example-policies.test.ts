/**
 * examples/policies, from content in the shape of `oras push`: the schema of the artifact decides, in
 * the preview, also when only the schema has changed.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { exampleFor } from "../support/example-for-test";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry";
import { orasPush } from "../support/tool-shapes";

test("examples/policies: what the schema does not allow fails the preview", async (t) => {
  const registry = await registryFor(t);
  push(registry, 3);
  const project = await exampleFor(t, "policies", registry);

  const allowed = await project.up();
  assert.equal(allowed.exitCode, 0, allowed.text);
  assert.deepEqual(allowed.step("service").inputs["input"], { name: "web", replicas: 2 });

  push(registry, 1);
  const stricter = await project.preview();
  assert.notEqual(stricter.exitCode, 0);
  assert.match(stricter.text, /service\/replicas must be <= 1/);

  await project.setConfig("oci-artifact-policies:service", '{ "name": "web", "replicas": 1 }');
  const corrected = await project.preview();
  assert.equal(corrected.exitCode, 0, corrected.text);
});

function push(registry: TestRegistry, maximum: number): void {
  const schema = {
    type: "object",
    required: ["name", "replicas"],
    properties: {
      name: { type: "string", pattern: "^[a-z][a-z0-9-]*$" },
      replicas: { type: "integer", maximum },
    },
  };
  const target = { registry, repository: "team/schemas", tag: "1" };
  orasPush(target, { "service.schema.json": JSON.stringify(schema) }, "application/schema+json");
}
