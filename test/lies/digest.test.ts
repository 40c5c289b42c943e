/**
 * Registries that send other bytes than the digest and the descriptor name: none of them becomes
 * visible or stays in the cache, and the next run, with an honest registry, is not harmed.
 */
import * as assert from "node:assert/strict";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import { openBlobs } from "../../provider/store/blobs";
import { flipped, tarGz, tarOf } from "../support/archives";
import {
  buildArtifact,
  MEDIA_TYPES,
  type Artifact,
  type ArtifactContent,
} from "../support/artifacts";
import {
  assertFailed,
  assertPulled,
  FILES,
  KNOWN,
  openSandbox,
  publishKnown,
  REPOSITORY,
  trafficOf,
} from "../support/pulling";
import { registryFor } from "../support/registry-for-test";
import type { Fault } from "../support/registry-types";

const HONEST = buildArtifact(KNOWN);
const LAYER = Buffer.from([...HONEST.blobs.values()].at(-1) ?? "");

type Bytes = (bytes: Uint8Array) => Uint8Array;
const other = (bytes: Bytes): Fault => ({ kind: "body", bytes });

/** The end of the archive is the same; what lies behind it is not. */
const withRest = (rest: string, compressed: boolean): ArtifactContent => {
  const files = { "a.yaml": "a: 1\n" };
  const bytes = compressed
    ? Buffer.concat([tarGz(files), Buffer.from(rest)])
    : tarOf(files, { trailing: rest });
  const mediaType = compressed ? MEDIA_TYPES.tarGzip : MEDIA_TYPES.tar;
  return { layers: [{ bytes, mediaType }] };
};

/** A manifest whose layer has another size than its blob. */
function sized(size: number): Artifact {
  const document = JSON.parse(HONEST.manifest.toString()) as { layers: object[] };
  const layers = document.layers.map((layer) => ({ ...layer, size }));
  const manifest = Buffer.from(JSON.stringify({ ...document, layers }));
  return { ...HONEST, manifest, digest: digestOf(manifest) };
}

interface BlobLie {
  /** What the manifest promises. Default: the known artifact. */
  readonly artifact?: ArtifactContent | Artifact;
  readonly fault?: Fault;
  readonly words: RegExp;
  readonly traffic: readonly string[];
}

const ONCE = ["manifest 200", "blob 200"];
const TOO_LONG = /sends more than the \d+ bytes of the descriptor/;
const TOO_SHORT = /sends \d+ of the \d+ bytes of the descriptor/;
const OTHER_DIGEST = /blob sha256:[0-9a-f]{64} has the digest sha256:[0-9a-f]{64}/;

const BLOB_LIES: Readonly<Record<string, BlobLie>> = {
  "other bytes of the same length": {
    fault: other((bytes) => Buffer.alloc(bytes.length, "x")),
    words: OTHER_DIGEST,
    traffic: ONCE,
  },
  "one flipped bit": {
    fault: other((bytes) => flipped(Buffer.from(bytes), 100_000)),
    words: OTHER_DIGEST,
    traffic: ONCE,
  },
  "one byte more": {
    fault: other((bytes) => Buffer.concat([bytes, Buffer.of(0)])),
    words: TOO_LONG,
    traffic: ONCE,
  },
  "no end": { fault: { kind: "endless" }, words: TOO_LONG, traffic: ONCE },
  "one byte less": {
    fault: other((bytes) => bytes.subarray(0, -1)),
    words: TOO_SHORT,
    traffic: ["manifest 200", "blob 200", "blob 206 x4"],
  },
  "no bytes at all": {
    fault: other(() => Buffer.alloc(0)),
    words: TOO_SHORT,
    traffic: ["manifest 200", "blob 200 x5"],
  },
  "a page that asks for a login": {
    fault: { kind: "status", status: 200, body: "<html>Log in to the hotel's network</html>" },
    words: TOO_SHORT,
    traffic: ["manifest 200", "blob 200 x5"],
  },
  "another artifact, unharmed": {
    fault: other(() => tarGz({ "crds/widget.yaml": "kind: Trojan\n" })),
    words: TOO_SHORT,
    traffic: ["manifest 200", "blob 200", "blob 206 x4"],
  },
  "an archive of the same length with the same names": {
    artifact: { layers: [{ bytes: tarOf({ a: "kind: A" }), mediaType: MEDIA_TYPES.tar }] },
    fault: other(() => tarOf({ a: "kind: B" })),
    words: OTHER_DIGEST,
    traffic: ONCE,
  },
  "a tar that ends early, with other bytes behind its end": {
    artifact: withRest("right".repeat(1_000), false),
    fault: other((bytes) => Buffer.from(bytes).fill("w", bytes.length - 4_000)),
    words: OTHER_DIGEST,
    traffic: ONCE,
  },
  "a gzip that ends early, with other bytes behind its end": {
    artifact: withRest("\0".repeat(1_000), true),
    fault: other((bytes) => Buffer.from(bytes).fill("w", bytes.length - 1_000)),
    words: OTHER_DIGEST,
    traffic: ONCE,
  },
  "a descriptor with a smaller size": {
    artifact: sized(LAYER.length - 1),
    words: TOO_LONG,
    traffic: ONCE,
  },
  "a descriptor with a larger size": {
    artifact: sized(LAYER.length + 1),
    words: TOO_SHORT,
    traffic: ["manifest 200", "blob 200", "blob 416", "blob 200 x4"],
  },
  "a descriptor with the size 0": { artifact: sized(0), words: TOO_LONG, traffic: ONCE },
  "other bytes under a sha512": {
    artifact: { ...KNOWN, algorithm: "sha512" },
    fault: other((bytes) => Buffer.alloc(bytes.length, "x")),
    words: /blob sha512:[0-9a-f]{128} has the digest sha512:[0-9a-f]{128}/,
    traffic: ONCE,
  },
};

describe("a blob with", () => {
  for (const [name, { artifact = KNOWN, fault, words, traffic }] of Object.entries(BLOB_LIES)) {
    test(name, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry, artifact);
      if (fault !== undefined) registry.fault({ kind: "blob", then: fault });
      const error = assertFailed(await sandbox.pull(), "DIGEST_MISMATCH", words);
      assert.match(error.hint ?? "", /\S/);
      assert.deepEqual(trafficOf(registry), traffic);
      registry.clearFaults();
      publishKnown(registry);
      assertPulled(await sandbox.pull());
    });
  }

  test("the right bytes under a wrong header is right: its digest is the manifest's word", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    publishKnown(registry);
    registry.fault({ kind: "blob", then: { kind: "digestHeader", value: digestOf("other") } });
    assertPulled(await sandbox.pull());
    assert.deepEqual(trafficOf(registry), ONCE);
  });

  test("the bytes of its neighbour, and the neighbour with its", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    const [one, two] = [tarOf({ a: "A" }), tarOf({ b: "B" })];
    const layers = [one, two].map((bytes) => ({ bytes, mediaType: MEDIA_TYPES.tar }));
    publishKnown(registry, { layers });
    registry.repository(REPOSITORY).putBlob(one, digestOf(two));
    registry.repository(REPOSITORY).putBlob(two, digestOf(one));
    assertFailed(await sandbox.pull(), "DIGEST_MISMATCH", OTHER_DIGEST);
  });

  test("wrong bytes in the second layer: nothing is seen of the first", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    const second = { bytes: tarOf({ b: "B" }), mediaType: MEDIA_TYPES.tar };
    publishKnown(registry, { layers: [...KNOWN.layers, second] });
    const wrong = other((bytes) => flipped(Buffer.from(bytes), 600));
    registry.fault({ kind: "blob", reference: digestOf(second.bytes), then: wrong });
    assertFailed(await sandbox.pull(), "DIGEST_MISMATCH", OTHER_DIGEST);
    registry.clearFaults();
    assertPulled(await sandbox.pull(), { ...FILES, b: "B" });
  });
});

describe("a cache that holds", () => {
  const damages: Readonly<Record<string, (file: string) => void>> = {
    "other bytes of the same length": (file) => {
      writeFileSync(file, Buffer.alloc(LAYER.length, "x"));
    },
    "a part of the blob": (file) => {
      truncateSync(file, 1_000);
    },
  };
  for (const [name, damage] of Object.entries(damages)) {
    test(`${name} is healed by one more request`, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry);
      const file = openBlobs(sandbox.settings.cacheDirectory).file(digestOf(LAYER));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, LAYER);
      damage(file);
      assertPulled(await sandbox.pull());
      assert.deepEqual(trafficOf(registry), ONCE);
    });
  }
});
