/** What a manifest may say, and what is refused because it could mean two things or harm. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseManifest } from "../../provider/content/manifest";
import { OciError, type ErrorCode } from "../../provider/errors";
import { DEFAULT_LIMITS, type Limits } from "../../provider/limits";
import type { ImageIndex, ImageManifest } from "../../provider/types";

const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";

const layer = {
  mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
  digest: `sha256:${"a".repeat(64)}`,
  size: 3,
};
const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: layer, layers: [layer] };
const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [layer] };

function parse(
  document: unknown,
  contentType?: string,
  limits: Partial<Limits> = {},
): ImageManifest | ImageIndex {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  return parseManifest(Buffer.from(text), contentType, "host/repo:1", {
    ...DEFAULT_LIMITS,
    ...limits,
  });
}

function parseImage(document: unknown): ImageManifest {
  const parsed = parse(document);
  assert.equal(parsed.kind, "manifest");
  return parsed;
}

function refused(
  document: unknown,
  words: RegExp,
  contentType?: string,
  code: ErrorCode = "UNSUPPORTED_MANIFEST",
  limits: Partial<Limits> = {},
): void {
  assert.throws(
    () => parse(document, contentType, limits),
    (error) => {
      assert.ok(error instanceof OciError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, words);
      assert.match(error.message, /^cannot read the manifest of host\/repo:1: /);
      return true;
    },
  );
}

describe("the type of a document", () => {
  for (const [type, document, kind] of [
    [OCI_MANIFEST, manifest, "manifest"],
    [DOCKER_MANIFEST, manifest, "manifest"],
    [OCI_INDEX, index, "index"],
    [DOCKER_LIST, index, "index"],
  ] as const) {
    test(`${type}, by its own word`, () => {
      const parsed = parse({ ...document, mediaType: type });
      assert.deepEqual([parsed.kind, parsed.mediaType], [kind, type]);
    });
    test(`served as ${type} without a word of its own: what the same bytes always are`, () => {
      const untyped = { ...document, mediaType: undefined };
      const served = parse(untyped, `${type}; charset=utf-8`);
      const cached = parse(untyped);
      assert.deepEqual([served.kind, served.mediaType], [kind, cached.mediaType]);
    });
  }

  test("by the members, where nothing else tells", () => {
    for (const generic of [
      undefined,
      "application/json",
      "text/plain",
      "application/octet-stream",
    ]) {
      assert.equal(parse({ layers: [] }, generic).mediaType, OCI_MANIFEST);
      assert.equal(parse({ manifests: [] }, generic).mediaType, OCI_INDEX);
    }
  });

  test("a document that could be both is refused", () => {
    refused({ ...manifest, manifests: [] }, /as a manifest and as an index/);
    refused({ ...index, layers: [] }, /as a manifest and as an index/);
    refused({ ...index, config: layer }, /as a manifest and as an index/);
  });

  test("a type that contradicts the members is refused", () => {
    refused({ ...manifest, mediaType: OCI_INDEX }, /contradicts its members/);
    refused({ ...index, mediaType: DOCKER_MANIFEST }, /contradicts its members/);
    refused({ ...manifest, mediaType: undefined }, /contradicts its members/, OCI_INDEX);
  });

  test("a type that contradicts the header is refused", () => {
    refused(manifest, /calls itself .* served as/, OCI_INDEX);
    refused(manifest, /calls itself .* served as/, DOCKER_MANIFEST);
  });

  test("schema 1 is refused by name", () => {
    const schema1 = { schemaVersion: 1, name: "x", fsLayers: [] };
    const type = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    refused(schema1, /Docker schema 1/);
    refused(schema1, /Docker schema 1/, type);
    refused({ ...manifest, mediaType: undefined }, /Docker schema 1/, type);
    refused({ fsLayers: [] }, /Docker schema 1/);
  });

  test("other documents are refused", () => {
    refused({}, /neither "layers" nor "manifests"/);
    refused({ ...manifest, mediaType: "application/vnd.other.v1+json" }, /is not supported/);
    refused({ ...manifest, mediaType: "constructor" }, /is not supported/);
    refused({ ...manifest, schemaVersion: 3 }, /"schemaVersion"/);
    refused({ ...manifest, mediaType: 5 }, /"mediaType" of the manifest is no string/);
    refused({ blobs: [], mediaType: "application/vnd.oci.artifact.manifest.v1+json" }, /withdrawn/);
  });
});

test("a type that every object has by itself is told as it was served", () => {
  for (const mediaType of ["constructor", "__proto__", "toString"]) {
    refused({ ...manifest, mediaType }, new RegExp(`: its type ${mediaType} is not supported`));
  }
});

describe("JSON", () => {
  test("what is none is refused", () => {
    for (const text of ["", "{", "[]", "null", '"text"', "<html>", '{"a":1}x']) {
      refused(text, /no valid JSON|no JSON object/);
    }
    const bytes = Buffer.from('{"layers":[],"x":"\xff"}', "latin1");
    assert.throws(() => parseManifest(bytes, undefined, "x", DEFAULT_LIMITS), /no valid JSON/);
  });

  test("is bounded in depth and length", () => {
    refused(`{"layers":${"[".repeat(100_000)}`, /levels deep/);
    refused(`{"x":${'{"a":'.repeat(100)}1${"}".repeat(100)},"layers":[]}`, /levels deep/);
    assert.equal(parse(`{"x":"${'[\\"{'.repeat(100)}","layers":[]}`).kind, "manifest");
    const words = /limit manifestBytes of 10 .*limits\.manifestBytes/s;
    refused(manifest, words, undefined, "LIMIT_EXCEEDED", { manifestBytes: 10 });
  });

  test("duplicate keys, unknown members and nulls do not matter", () => {
    const text = `{"layers":[1],"other":{"a":[]},"layers":[${JSON.stringify(layer)}],"subject":null}`;
    assert.equal(parseImage(text).layers.length, 1);
    assert.deepEqual(parseImage({ layers: null, annotations: null }).layers, []);
  });
});

describe("descriptors", () => {
  const digests = {
    "no hex": "sha256:../../../../etc/passwd",
    short: "sha256:abc",
    "upper case": `sha256:${"A".repeat(64)}`,
    "another algorithm": `md5:${"a".repeat(32)}`,
    "no algorithm": "a".repeat(64),
    "a line feed": `sha256:${"a".repeat(64)}\n`,
    empty: "",
    number: 5,
  };
  for (const [name, digest] of Object.entries(digests)) {
    test(`a digest that is ${name}`, () => {
      refused({ ...manifest, layers: [layer, { ...layer, digest }] }, /layer 1/);
      refused({ ...manifest, config: { ...layer, digest } }, /the config/);
      refused({ ...manifest, subject: { ...layer, digest } }, /the subject/);
      refused({ ...index, manifests: [{ ...layer, digest }] }, /manifest 0/);
    });
  }

  for (const size of [-1, 1.5, 2 ** 53, 1e300, "3", null, undefined]) {
    test(`a size of ${String(size)}`, () => {
      refused({ ...manifest, layers: [{ ...layer, size }] }, /"size" of layer 0/);
    });
  }

  test("what is no descriptor", () => {
    for (const value of [null, 1, "x", []]) {
      refused({ ...manifest, layers: [value] }, /layer 0 is no JSON object/);
    }
    refused({ ...manifest, layers: {} }, /"layers" is no list/);
    refused({ ...manifest, layers: [{ ...layer, mediaType: "" }] }, /layer 0 has no "mediaType"/);
  });

  test("foreign layers", () => {
    refused({ ...manifest, layers: [{ ...layer, urls: ["https://x/"] }] }, /layer 0 is a foreign/);
    refused({ ...manifest, layers: [{ ...layer, urls: "https://x/" }] }, /layer 0 is a foreign/);
    for (const mediaType of [
      "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
      "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ]) {
      refused({ ...manifest, layers: [{ ...layer, mediaType }] }, /layer 0 is a foreign layer/);
    }
    assert.equal(parseImage({ ...manifest, layers: [{ ...layer, urls: [] }] }).layers.length, 1);
  });

  test("more layers than the limit", () => {
    const words = /limit layers of 2 .*: 3/;
    refused({ ...manifest, layers: [layer, layer, layer] }, words, undefined, "LIMIT_EXCEEDED", {
      layers: 2,
    });
  });

  test("platforms", () => {
    const platform = { os: "windows", architecture: "amd64", variant: "v1", "os.version": "10" };
    const parsed = parse({
      manifests: [
        { ...layer, platform },
        { ...layer, platform: { os: "", architecture: "" } },
      ],
    });
    assert.ok(parsed.kind === "index");
    const { "os.version": osVersion, ...rest } = platform;
    assert.deepEqual(parsed.manifests[0]?.platform, { ...rest, osVersion });
    assert.equal(parsed.manifests[1]?.platform, undefined);
    refused({ manifests: [{ ...layer, platform: { os: 1 } }] }, /"os" of "platform" of manifest 0/);
  });
});

describe("annotations", () => {
  test("are maps of strings", () => {
    for (const annotations of [{ a: 1 }, { a: null }, [], "x", { a: { b: "c" } }]) {
      refused({ ...manifest, annotations }, /"annotations" of the manifest/);
      refused({ ...manifest, layers: [{ ...layer, annotations }] }, /"annotations" of layer 0/);
    }
  });

  test("hold any key, and inherit none", () => {
    const text = JSON.stringify({ ...manifest, annotations: {} }).replace(
      '"annotations":{}',
      '"annotations":{"__proto__":"p","constructor":"c"}',
    );
    const { annotations } = parseImage(text);
    assert.deepEqual(Object.entries(annotations), [
      ["__proto__", "p"],
      ["constructor", "c"],
    ]);
    assert.equal("toString" in annotations, false);
    assert.equal("constructor" in parseImage(manifest).annotations, false);
  });
});

test("what comes out is frozen and complete", () => {
  const parsed = parseImage({
    ...manifest,
    artifactType: "application/vnd.example",
    subject: { ...layer, artifactType: "t" },
    annotations: { a: "b" },
  });
  assert.equal(parsed.artifactType, "application/vnd.example");
  assert.equal(parsed.subject?.artifactType, "t");
  assert.equal(parsed.config?.digest, layer.digest);
  for (const part of [parsed, parsed.layers, parsed.layers[0], parsed.annotations]) {
    assert.ok(Object.isFrozen(part));
  }
});
