/** When nothing has to be pushed: equal content, whatever made the bytes. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { PASSING_ANNOTATIONS } from "../../provider/pack/git-facts";
import { isSameArtifact } from "../../provider/pack/is-same-artifact";
import { sha256 } from "../support/archives";

const CONTENT = "io.github.pulumi-oci-artifact.content-digest";

function manifest(more: object = {}, annotations: object = {}): Buffer {
  const layer = { mediaType: "archive/zip", digest: sha256("one"), size: 3 };
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      layers: [layer],
      annotations: { [CONTENT]: sha256("tree"), ...annotations },
      ...more,
    }),
  );
}

const other = (mediaType: string): object => ({
  layers: [{ size: 5, mediaType, digest: sha256("other") }],
});

test("other bytes of an archive are the same artifact, other facts are not", () => {
  const packed = manifest();
  assert.equal(isSameArtifact(packed, packed), true);
  assert.equal(
    isSameArtifact(packed, manifest(other("archive/zip"))),
    true,
    "compressed otherwise",
  );
  assert.equal(isSameArtifact(packed, manifest(other("application/json"))), false, "other type");
  assert.equal(isSameArtifact(packed, manifest({ layers: [] })), false, "a layer less");
  assert.equal(isSameArtifact(packed, manifest({ artifactType: "a/b" })), false, "other members");
  assert.equal(isSameArtifact(packed, manifest({}, { note: "x" })), false, "other annotations");
  const changed = manifest(other("archive/zip"), { [CONTENT]: sha256("x") });
  assert.equal(isSameArtifact(packed, changed), false, "other content");
});

test("a commit that leaves the content alone pushes nothing, where its annotations are passing", () => {
  const of = (revision: string, more: object = {}): Buffer =>
    manifest({}, { "org.opencontainers.image.revision": revision, ...more });
  assert.equal(isSameArtifact(of("one"), of("two")), false);
  assert.equal(isSameArtifact(of("one"), of("two"), PASSING_ANNOTATIONS), true);
  assert.equal(isSameArtifact(of("one"), manifest(), PASSING_ANNOTATIONS), true);
  const other = of("two", { "org.opencontainers.image.version": "2" });
  assert.equal(isSameArtifact(of("one"), other, PASSING_ANNOTATIONS), false);
});

test("without a digest of the content only the same bytes are the same", () => {
  const plain = (digest: string): Buffer =>
    Buffer.from(JSON.stringify({ layers: [{ mediaType: "archive/zip", digest, size: 1 }] }));
  assert.equal(isSameArtifact(plain("a"), plain("a")), true);
  assert.equal(isSameArtifact(plain("a"), plain("b")), false);
});

test("a raw file is the same by its digest only; what is no manifest is nothing", () => {
  const raw = (digest: string): Buffer =>
    manifest({ layers: [{ mediaType: "application/octet-stream", digest, size: 1 }] });
  assert.equal(isSameArtifact(raw("a"), raw("b")), false);
  for (const found of ["", "[]", "null", '{"annotations":[]}']) {
    assert.equal(isSameArtifact(manifest(), Buffer.from(found)), false);
  }
});
