/**
 * Many artifacts wait for the registry together: the engine checks resources one after the other,
 * and N artifacts must not cost N times the latency.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { createProject } from "../support/engine";
import { publishFiles } from "../support/manifests";
import { startRegistry } from "../support/registry";

const COUNT = 12;
/** Long beside all else that happens between two requests. */
const LATENCY_MS = 1_500;

test("the tags of many artifacts are asked for at once, and each once a phase", async () => {
  const registry = await startRegistry();
  for (let index = 0; index < COUNT; index += 1) {
    publishFiles(registry, { "file.txt": `content ${index}` }, "1", `team/a${index}`);
  }
  registry.fault({ kind: "manifest", then: { kind: "delay", milliseconds: LATENCY_MS } });
  const project = await createProject({
    program: `
      const { OciArtifact } = require("pulumi-oci-artifact");
      for (let index = 0; index < ${COUNT}; index += 1) {
        new OciArtifact("a" + index, {
          reference: "${registry.host}/team/a" + index + ":1",
          plainHttp: true,
        });
      }
    `,
  });
  try {
    const preview = await project.preview();
    assert.equal(preview.exitCode, 0, preview.text);
    const asked = registry.matching({ kind: "manifest" });
    assert.equal(asked.length, COUNT);
    const [first, last] = [asked[0]?.at ?? 0, asked.at(-1)?.at ?? Infinity];
    assert.ok(last - first < LATENCY_MS, "the last was asked for before the first was answered");

    registry.clearRequests();
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(registry.count({ kind: "manifest" }), COUNT, "confirmed: the update asks nobody");
    assert.equal(registry.count({ kind: "blob" }), 0);
  } finally {
    await project.dispose();
    await registry.close();
  }
});
