/**
 * examples/archive, from content in the shape of `oras push`: the engine hashes archive and asset in
 * the preview, and compares the hashes, not the places.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { publish } from "../support/artifacts";
import { exampleFor } from "../support/example-for-test";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry";
import { orasFolder } from "../support/tool-shapes";

const SCHEMA = { bytes: "{}", mediaType: "application/schema+json", title: "schema.json" };

test("examples/archive: a preview shows which archive changes", async (t) => {
  const registry = await registryFor(t);
  push(registry, "1");
  const project = await exampleFor(t, "archive", registry);

  const first = await project.preview({ diff: true });
  assert.equal(first.exitCode, 0, first.text);
  const [archive, asset] = [/archive\(file:(\w{7})\)/, /asset\(file:(\w{7})\)/].map(
    (pattern) => pattern.exec(first.text)?.[1],
  );
  assert.equal(asset, "44136fa", first.text);
  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);

  push(registry, "1", { "org.opencontainers.image.version": "1.0.1" });
  const republished = await project.preview();
  assert.equal(republished.exitCode, 0, republished.text);
  assert.notEqual(republished.step("code").inputs["path"], up.step("code").inputs["path"]);
  assert.deepEqual(
    ["function", "schema"].map((name) => republished.step(name).operation),
    ["same", "same"],
  );

  push(registry, "2");
  const moved = await project.preview({ diff: true });
  assert.equal(moved.exitCode, 0, moved.text);
  assert.match(moved.text, new RegExp(`~ input: archive\\(file:${archive ?? ""}->\\w{7}\\)`));
  assert.equal(moved.step("function").operation, "update");
});

function push(
  registry: TestRegistry,
  text: string,
  annotations: Readonly<Record<string, string>> = {},
): void {
  const folder = orasFolder("function", { "index.js": `exports.handler = () => ${text};` });
  publish(registry, "team/code", "1", { layers: [folder, SCHEMA], annotations });
}
