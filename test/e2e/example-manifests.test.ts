/**
 * examples/manifests, from content in the shape of `flux push artifact`: a preview knows the objects,
 * before the first update and when the tag has moved.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { exampleFor } from "../support/example-for-test";
import { registryFor } from "../support/registry-for-test";
import { fluxPush } from "../support/tool-shapes";

const SERVICE = "apiVersion: v1\nkind: Service\nmetadata: { name: web }\n";

test("examples/manifests: the preview shows the objects, and how they change", async (t) => {
  const registry = await registryFor(t);
  const target = { registry, repository: "team/manifests", tag: "1" };
  fluxPush(target, { "app.yaml": `${deployment(1)}---\n${SERVICE}`, "README.md": "not an object" });
  const project = await exampleFor(t, "manifests", registry);

  const first = await project.preview();
  assert.equal(first.exitCode, 0, first.text);
  assert.deepEqual(objectsOf(first.step("objects").inputs), [
    { apiVersion: "apps/v1", kind: "Deployment", spec: { replicas: 1 } },
    { apiVersion: "v1", kind: "Service", metadata: { name: "web" } },
  ]);
  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);

  fluxPush(target, { "app.yaml": deployment(3) });
  const moved = await project.preview({ diff: true });
  assert.equal(moved.exitCode, 0, moved.text);
  assert.equal(moved.step("objects").operation, "update");
  assert.match(moved.text, /~ replicas: 1 => 3/);
  assert.match(moved.text, /- kind +: "Service"/);
});

function deployment(replicas: number): string {
  return `apiVersion: apps/v1\nkind: Deployment\nspec: { replicas: ${replicas} }\n`;
}

function objectsOf(inputs: Readonly<Record<string, unknown>>): unknown {
  return inputs["input"];
}
