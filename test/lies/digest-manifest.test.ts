/**
 * Registries that send other manifests than the digest names, in the reference, in a header or in an
 * index. What is believed is the digest of the bytes.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import { buildArtifact, buildIndex, descriptorOf, MEDIA_TYPES } from "../support/artifacts";
import {
  assertFailed,
  assertPulled,
  KNOWN,
  openSandbox,
  publishKnown,
  REPOSITORY,
  trafficOf,
} from "../support/pulling";
import { registryFor } from "../support/registry-for-test";
import type { Fault } from "../support/registry-types";

const HONEST = buildArtifact(KNOWN);
const ONCE = ["manifest 200", "blob 200"];

type Bytes = (bytes: Uint8Array) => Uint8Array;
const other = (bytes: Bytes): Fault => ({ kind: "body", bytes });
const cut: Bytes = (bytes) => bytes.subarray(0, 100);

interface ManifestLie {
  readonly fault: Fault;
  /** Default: by its tag. */
  readonly pinned?: true;
  readonly words: RegExp;
  readonly traffic: readonly string[];
}

const MANIFEST_LIES: Readonly<Record<string, ManifestLie>> = {
  "other bytes than the digest in the reference": {
    fault: other(() => Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [] }))),
    pinned: true,
    words: /sends other bytes than it should[^]*sha256:\w+ came where sha256:\w+ was asked for/,
    traffic: ["manifest 200"],
  },
  "a part of the bytes of the digest": {
    fault: other(cut),
    pinned: true,
    words: /came where sha256:\w+ was asked for/,
    traffic: ["manifest 200"],
  },
  "an index in the place of the manifest": {
    fault: other(() => buildIndex({ manifests: [{ artifact: HONEST }] }).manifest),
    pinned: true,
    words: /came where sha256:\w+ was asked for/,
    traffic: ["manifest 200"],
  },
  "a header with another digest": {
    fault: { kind: "digestHeader", value: digestOf("other") },
    words: /came under the header sha256:/,
    traffic: ["manifest 200"],
  },
  "a header with a wrong sha512": {
    fault: { kind: "digestHeader", value: digestOf("other", "sha512") },
    words: /came under the header sha512:/,
    traffic: ["manifest 200"],
  },
  "a header that is no digest": {
    fault: { kind: "digestHeader", value: "../../etc/passwd" },
    words: /came under the header /,
    traffic: ["manifest 200"],
  },
  "a header with two digests": {
    fault: { kind: "digestHeader", value: `${HONEST.digest}, ${digestOf("other")}` },
    words: /came under the header sha256:\w+, sha256:/,
    traffic: ["manifest 200"],
  },
  "a header with the digest in capitals": {
    fault: { kind: "digestHeader", value: HONEST.digest.toUpperCase() },
    words: /came under the header SHA256:/,
    traffic: ["manifest 200"],
  },
  "a header with a digest that proves nothing": {
    fault: { kind: "digestHeader", value: `md5:${"0".repeat(32)}` },
    words: /came under the header md5:/,
    traffic: ["manifest 200"],
  },
  "the right digest in the header, and other bytes": {
    fault: other((bytes) => Buffer.concat([bytes, Buffer.from("\n")])),
    words: /came under the header sha256:/,
    traffic: ["manifest 200"],
  },
};

describe("a manifest with", () => {
  for (const [name, { fault, pinned, words, traffic }] of Object.entries(MANIFEST_LIES)) {
    test(name, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      const { digest } = publishKnown(registry);
      registry.fault({ kind: "manifest", then: fault });
      const options = pinned ? { reference: `${registry.host}/${REPOSITORY}@${digest}` } : {};
      assertFailed(await sandbox.pull(options), "DIGEST_MISMATCH", words);
      assert.deepEqual(trafficOf(registry), traffic);
      registry.clearFaults();
      assertPulled(await sandbox.pull(options));
    });
  }

  const headers: Readonly<Record<string, string | undefined>> = {
    "no header": undefined,
    "the right sha512 in the header": digestOf(HONEST.manifest, "sha512"),
  };
  for (const [name, value] of Object.entries(headers)) {
    test(`${name} is right`, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry);
      const then = { kind: "digestHeader", ...(value === undefined ? {} : { value }) } as const;
      registry.fault({ kind: "manifest", then });
      assert.equal(assertPulled(await sandbox.pull()).digest, HONEST.digest);
      assert.deepEqual(trafficOf(registry), ONCE);
    });
  }
});

describe("an index with a child that", () => {
  const INNER = buildIndex({ manifests: [{ artifact: HONEST }] });
  const child = (members: object): object => ({
    ...descriptorOf(HONEST.manifest, HONEST.mediaType),
    ...members,
  });
  const children: Readonly<Record<string, readonly [child: object, manifests: number]>> = {
    "calls itself a manifest and is an index": [
      descriptorOf(INNER.manifest, MEDIA_TYPES.manifest),
      3,
    ],
    "calls itself a file and is a manifest": [child({ mediaType: "application/octet-stream" }), 2],
    "has content of its own": [child({ data: "e30=" }), 2],
    "has another place": [child({ urls: ["http://127.0.0.1:1/", "file:///etc/passwd"] }), 2],
  };
  for (const [name, [descriptor, manifests]] of Object.entries(children)) {
    test(`${name} is what its digest says`, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry, INNER);
      const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [descriptor] };
      registry.repository(REPOSITORY).putManifest(index, { tag: "1" });
      assert.equal(assertPulled(await sandbox.pull()).manifestDigest, HONEST.digest);
      assert.deepEqual(trafficOf(registry), [`manifest 200 x${manifests}`, "blob 200"]);
    });
  }
});

describe("an index with", () => {
  const INDEX = buildIndex({ manifests: [{ artifact: HONEST }] });
  const lies: Readonly<Record<string, Fault>> = {
    "a child that is other bytes": other((bytes) => Buffer.from(bytes).fill(" ", 5, 6)),
    "itself as its own child": other(() => INDEX.manifest),
  };
  for (const [name, fault] of Object.entries(lies)) {
    test(name, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry, INDEX);
      registry.fault({ kind: "manifest", reference: HONEST.digest, then: fault });
      assertFailed(await sandbox.pull(), "DIGEST_MISMATCH", /was asked for/);
      assert.deepEqual(trafficOf(registry), ["manifest 200 x2"]);
    });
  }

  for (const size of [HONEST.size - 1, HONEST.size + 1, 0, Number.MAX_SAFE_INTEGER]) {
    test(`${size} as the size of a child of ${HONEST.size} bytes`, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry);
      const descriptor = { ...descriptorOf(HONEST.manifest, HONEST.mediaType), size };
      const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [descriptor] };
      registry.repository(REPOSITORY).putManifest(index, { tag: "1" });
      assertFailed(await sandbox.pull(), "DIGEST_MISMATCH", /bytes of the descriptor/);
      assert.ok(registry.count({ kind: "manifest" }) <= 2);
      assert.equal(registry.count({ kind: "blob" }), 0);
    });
  }
});
