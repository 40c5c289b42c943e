/**
 * GHSA-f36w-mj3v-6jqv: a descriptor with a huge size made a client reserve as much memory before it
 * had read a byte. A size is a bound here, and nothing is reserved for it.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ErrorCode } from "../../provider/errors";
import { buildArtifact, MEDIA_TYPES } from "../support/artifacts";
import { assertFailed, KNOWN, openSandbox, publishKnown, REPOSITORY } from "../support/pulling";
import { registryFor } from "../support/registry-for-test";

const HONEST = buildArtifact(KNOWN);
const MANIFEST = JSON.parse(HONEST.manifest.toString()) as Readonly<Record<string, unknown>>;
const GIB = 1024 ** 3;

const SIZES: readonly (readonly [number, ErrorCode])[] = [
  [15 * GIB, "DIGEST_MISMATCH"],
  [17 * GIB, "LIMIT_EXCEEDED"],
  [Number.MAX_SAFE_INTEGER, "LIMIT_EXCEEDED"],
  [2 ** 63, "UNSUPPORTED_MANIFEST"],
  [1e308, "UNSUPPORTED_MANIFEST"],
];

for (const [size, code] of SIZES) {
  describe(`${size} bytes`, () => {
    test("of a layer", async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry);
      const layers = [{ ...HONEST.layers[0], size }];
      registry.repository(REPOSITORY).putManifest({ ...MANIFEST, layers }, { tag: "1" });
      const before = process.memoryUsage().arrayBuffers;
      assertFailed(await sandbox.pull(), code, /size|limit|bytes/);
      assert.ok(process.memoryUsage().arrayBuffers - before < GIB / 8);
      if (code !== "DIGEST_MISMATCH") assert.equal(registry.count({ kind: "blob" }), 0);
    });

    test("of an index's child", async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry);
      const manifests = [{ ...HONEST.descriptor, size }];
      const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests };
      registry.repository(REPOSITORY).putManifest(index, { tag: "1" });
      const expected = code === "LIMIT_EXCEEDED" ? "DIGEST_MISMATCH" : code;
      assertFailed(await sandbox.pull(), expected, /size|bytes of the descriptor/);
      assert.equal(registry.count({ kind: "blob" }), 0);
    });
  });
}
