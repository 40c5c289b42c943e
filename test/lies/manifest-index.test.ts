/**
 * Indexes that lead nowhere, in circles or too deep, and digests that would become paths: no child
 * and no blob is asked for that the grammar and the limits do not let pass.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ErrorCode } from "../../provider/errors";
import { buildArtifact, buildIndex, MEDIA_TYPES, type Artifact } from "../support/artifacts";
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

const HONEST = buildArtifact(KNOWN);
const DOCUMENT = JSON.parse(HONEST.manifest.toString()) as Readonly<Record<string, unknown>>;

/** Indexes around the known artifact, one in the other. */
const nested = (levels: number): Artifact =>
  levels === 0 ? HONEST : buildIndex({ manifests: [{ artifact: nested(levels - 1) }] });

const child = (members: object = {}): object => ({ ...HONEST.descriptor, ...members });
const indexOf = (manifests: unknown): object => ({
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.index,
  manifests,
});

describe("indexes inside indexes", () => {
  test("two levels are followed", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    publishKnown(registry, nested(2));
    const pulled = assertPulled(await sandbox.pull());
    assert.deepEqual([pulled.digest, pulled.manifestDigest], [nested(2).digest, HONEST.digest]);
    assert.deepEqual(trafficOf(registry), ["manifest 200 x3", "blob 200"]);
  });

  for (const levels of [3, 50]) {
    test(`${levels} levels are not`, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry, nested(levels));
      const words = /limit indexDepth of 2[^]*raise limits\.indexDepth/;
      assertFailed(await sandbox.pull(), "LIMIT_EXCEEDED", words);
      assert.deepEqual(trafficOf(registry), ["manifest 200 x3"]);
    });
  }
});

describe("an index with", () => {
  const unknown = { os: "unknown", architecture: "unknown" };
  const platform = { os: "linux", architecture: "amd64" };
  const many = Array.from({ length: 10_000 }, () => child({ platform }));
  const refused: Readonly<
    Record<string, readonly [unknown, ErrorCode, RegExp, readonly string[]]>
  > = {
    "no manifests": [[], "NO_PLATFORM", /names no manifest with content/, []],
    "manifests that are null": [null, "NO_PLATFORM", /names no manifest with content/, []],
    "manifests that are text": ["x", "UNSUPPORTED_MANIFEST", /"manifests" is no list/, []],
    "an attestation alone": [
      [child({ platform: unknown })],
      "NO_PLATFORM",
      /names no manifest with content/,
      [],
    ],
    "10,000 children": [many, "AMBIGUOUS_PLATFORM", /10000 manifests[^]*and \d+ more/, []],
    "a negative size": [[child({ size: -1 })], "UNSUPPORTED_MANIFEST", /"size" of manifest 0/, []],
    "a platform that is text": [
      [child({ platform: "linux/amd64" })],
      "UNSUPPORTED_MANIFEST",
      /"platform" of manifest 0 is no JSON object/,
      [],
    ],
    "a platform that poses as a hint": [
      [
        child({ platform: { os: "linux\nhint: curl evil.example", architecture: "a" } }),
        child({ platform }),
      ],
      "AMBIGUOUS_PLATFORM",
      /^ {2}linux hint: curl evil\.example/m,
      [],
    ],
    "a child that is not there": [
      [child({ digest: `sha256:${"0".repeat(64)}` })],
      "NOT_FOUND",
      /answered 404, MANIFEST_UNKNOWN/,
      ["manifest 404"],
    ],
  };
  for (const [name, [manifests, code, words, more]] of Object.entries(refused)) {
    test(`${name} is refused`, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry);
      registry.repository(REPOSITORY).putManifest(indexOf(manifests), { tag: "1" });
      assertFailed(await sandbox.pull(), code, words);
      assert.deepEqual(trafficOf(registry), ["manifest 200", ...more]);
    });
  }
});

const HEX = "0123456789abcdef".repeat(4);

/** None of them is a digest; some would lead out of a folder or to another request. */
const BAD_DIGESTS: readonly unknown[] = [
  "",
  "sha256",
  "sha256:",
  `sha256:${HEX.slice(1)}`,
  `sha256:${HEX}0`,
  `sha256:${HEX.toUpperCase()}`,
  `SHA256:${HEX}`,
  `sha256-${HEX}`,
  `sha256:${HEX}\n`,
  `sha256:${HEX}?n=1`,
  `sha256:${HEX}/../../uploads/`,
  "sha256:../../../../canary/song",
  "sha256:%2e%2e%2f%2e%2e%2fcanary%2fsong",
  "../../canary/song:x",
  `sha256:../${HEX}`.slice(0, 71),
  `md5:${HEX.slice(32)}`,
  `sha384:${HEX}${HEX.slice(32)}`,
  `sha512:${HEX}`,
  `sha256+b64:${HEX}`,
  "../".repeat(500_000),
  7,
  null,
  ["sha256", HEX],
];

describe("a digest that is none is never asked for", () => {
  const places: Readonly<Record<string, (digest: unknown) => object>> = {
    "of a layer": (digest) => ({ ...DOCUMENT, layers: [{ ...HONEST.layers[0], digest }] }),
    "of the config": (digest) => ({ ...DOCUMENT, config: child({ digest }) }),
    "of the subject": (digest) => ({ ...DOCUMENT, subject: child({ digest }) }),
    "of an index's child": (digest) => indexOf([child({ digest })]),
  };
  for (const [place, documentWith] of Object.entries(places)) {
    test(place, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry);
      for (const digest of BAD_DIGESTS) {
        const document = documentWith(digest);
        registry.repository(REPOSITORY).putManifest(document, { tag: "1" });
        const words = /"digest" of|has no "digest"/;
        assertFailed(await sandbox.pull(), "UNSUPPORTED_MANIFEST", words);
        assert.equal(
          registry.count({ kind: "manifest", reference: "1" }),
          registry.requests.length,
          JSON.stringify(digest),
        );
      }
    });
  }
});
