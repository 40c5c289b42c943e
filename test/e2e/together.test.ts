/**
 * Many artifacts wait for the registry together: the engine checks resources one after the other,
 * and N artifacts must not cost N times the latency. Told by what the registry sees, not by a clock.
 */
import * as assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout } from "node:timers/promises";
import { test } from "node:test";
import { createProject, type Project } from "../support/engine";
import { publishFiles } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

/** A registry with as many artifacts, and a program that declares them all. */
async function many(count: number): Promise<{ registry: TestRegistry; project: Project }> {
  const registry = await startRegistry();
  for (let index = 0; index < count; index += 1) {
    publishFiles(registry, { "file.txt": `content ${index}` }, "1", `team/a${index}`);
  }
  const project = await createProject({
    program: `
      const { OciArtifact } = require("pulumi-oci-artifact");
      for (let index = 0; index < ${count}; index += 1) {
        new OciArtifact("a" + index, {
          reference: "${registry.host}/team/a" + index + ":1",
          plainHttp: true,
        });
      }
    `,
  });
  return { registry, project };
}

/**
 * Holds every answer of a kind back until so many are asked for: whoever waits for one answer before
 * asking for the next gets none at all.
 */
function hold(registry: TestRegistry, kind: "manifest" | "blob", count: number): void {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    while (registry.count({ kind }) < count && !request.destroyed) await setTimeout(20);
    const [, name = "", what = ""] = /^\/v2\/(.*)\/\w+\/(.*)$/.exec(request.url ?? "") ?? [];
    const repository = registry.repository(name);
    const manifest = kind === "manifest" ? repository.manifest(what) : undefined;
    const type = manifest?.mediaType ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type }).end(manifest?.bytes ?? repository.blob(what));
  };
  registry.fault({
    kind,
    then: { kind: "handler", handle: (request, response) => void handle(request, response) },
  });
}

test("many artifacts are asked for and fetched at once, and their tags once an up", async () => {
  const count = 20;
  const { registry, project } = await many(count);
  hold(registry, "manifest", count);
  hold(registry, "blob", count);
  try {
    const preview = await project.preview();
    assert.equal(preview.exitCode, 0, preview.text);
    assert.equal(registry.count({ kind: "manifest" }), count);
    assert.equal(registry.count({ kind: "blob" }), count);

    registry.clearFaults();
    registry.clearRequests();
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(registry.count({ kind: "manifest" }), count, "confirmed: the update asks nobody");
    assert.equal(registry.count({ kind: "blob" }), 0);
  } finally {
    await project.dispose();
    await registry.close();
  }
});

test("two hundred unchanged ones cost one HEAD each", async () => {
  const count = 200;
  const { registry, project } = await many(count);
  try {
    const up = await project.up({ args: ["--skip-preview"] });
    assert.equal(up.exitCode, 0, up.text);
    registry.clearRequests();
    const preview = await project.preview({ args: ["--expect-no-changes"] });
    assert.equal(preview.exitCode, 0, preview.text);
    assert.equal(registry.count({ kind: "manifest", method: "HEAD" }), count);
    assert.equal(registry.count(), count, "and nothing else");
    const state = JSON.stringify(await project.exportState());
    assert.ok(state.length < count * 5_000, `${state.length} bytes of state`);
  } finally {
    await project.dispose();
    await registry.close();
  }
});
