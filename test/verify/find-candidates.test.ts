/** Where signatures are looked for, what that costs, and what is no answer to "is it signed?". */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import { OciError } from "../../provider/errors";
import { findLayers, signatureTag } from "../../provider/verify/find-candidates";
import { verifySignatures } from "../../provider/verify/signatures";
import {
  BUNDLE_TYPE,
  policyOf,
  putLayers,
  putReferrer,
  signedBundle,
  signedLayer,
  signingKey,
} from "../support/sigstore-signing";
import { openSignedWorld, refused } from "./world";

const KEY = signingKey();
const OTHER = signingKey();
const POLICY = policyOf([KEY]);

/** A digest that nothing has. */
const ABSENT = digestOf("absent");

describe("what it costs", () => {
  test("unsigned: the referrers and one tag", async (t) => {
    const world = await openSignedWorld(t);
    const error = await world.refusal(POLICY);
    assert.equal(error.code, "UNSIGNED");
    assert.deepEqual(error.details, [
      "it has no referrers",
      `there is no tag ${signatureTag(world.digest)}`,
    ]);
    assert.deepEqual(world.traffic(), ["referrers 200", "manifest 404"]);
  });

  test("a bundle: the referrers, its manifest and its blob; no tag is asked for", async (t) => {
    const world = await openSignedWorld(t);
    putReferrer(world.repository, world.digest, signedBundle(KEY, world.digest));
    await world.verify(POLICY);
    assert.deepEqual(world.traffic(), ["referrers 200", "manifest 200", "blob 200"]);
  });

  test("a layer, where there is no API: the fallback tag, the tag and the blob", async (t) => {
    const world = await openSignedWorld(t, { quirks: { omitReferrers: true } });
    putLayers(world.repository, world.digest, [signedLayer(KEY, world.digest)]);
    await world.verify(POLICY);
    assert.deepEqual(world.traffic(), [
      "referrers 404",
      "manifest 404",
      "manifest 200",
      "blob 200",
    ]);
  });

  test("nothing behind the first good one is read, and bundles come before what calls itself otherwise", async (t) => {
    const world = await openSignedWorld(t);
    const { repository, digest } = world;
    for (const name of ["sbom", "provenance", "scan"]) {
      putReferrer(repository, digest, name, `application/vnd.example.${name}`);
    }
    putReferrer(repository, digest, signedBundle(KEY, digest));
    putLayers(repository, digest, [signedLayer(KEY, digest)]);
    await world.verify(POLICY);
    assert.deepEqual(world.traffic(), ["referrers 200", "manifest 200", "blob 200"]);
  });
});

describe("one good signature is enough, wherever it stands", () => {
  test("behind foreign ones of both formats", async (t) => {
    const world = await openSignedWorld(t);
    const { repository, digest } = world;
    putReferrer(repository, digest, signedBundle(OTHER, digest));
    putReferrer(repository, digest, "no bundle at all");
    const foreign = signedLayer(OTHER, digest);
    putLayers(repository, digest, [foreign, foreign, signedLayer(KEY, digest)]);
    const { evidence } = await world.verify(POLICY);
    assert.equal(evidence.place, `tag ${signatureTag(digest)}, layer 2`);
  });

  test("a bundle whose entry calls itself something else, or nothing", async (t) => {
    for (const artifactType of ["application/vnd.oci.empty.v1+json", "a/b", undefined]) {
      const world = await openSignedWorld(t, { quirks: { omitReferrers: true } });
      const { repository, digest } = world;
      const bundle = putReferrer(repository, digest, signedBundle(KEY, digest));
      const size = repository.manifest(bundle)?.bytes.length;
      const mediaType = "application/vnd.oci.image.manifest.v1+json";
      const entry = { mediaType, digest: bundle, size, artifactType };
      const broken = [null, 7, {}, { ...entry, digest: "sha256:../.." }, { ...entry, size: -1 }];
      const gone = { ...entry, digest: ABSENT };
      const index = {
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: [...broken, gone, entry],
      };
      repository.putManifest(index, { tag: digest.replace(":", "-") });
      const { evidence } = await world.verify(POLICY);
      assert.equal(evidence.place, `referrer ${bundle}`);
    }
  });

  test("all that were looked at are in the error, each with its reason", async (t) => {
    const world = await openSignedWorld(t);
    const { repository, digest } = world;
    const bundle = putReferrer(repository, digest, signedBundle(OTHER, digest));
    putLayers(repository, digest, [signedLayer(OTHER, digest), signedLayer(KEY, ABSENT)]);
    const error = await world.refusal(POLICY);
    const tag = signatureTag(digest);
    assert.equal(
      error.message,
      [
        `cannot verify ${world.source.subject}: none of 3 signatures counts`,
        `  referrer ${bundle}: signature: the signature does not hold with the key`,
        `  tag ${tag}, layer 0: signature: the signature does not hold with the key`,
        `  tag ${tag}, layer 1: digest: the signature is of ${ABSENT}, not of this content`,
        "hint: do not use this content: its signature is a copy of another one's; have it signed",
      ].join("\n"),
    );
    assert.equal(error.code, "BAD_SIGNATURE");
  });
});

describe("what is there and is none", () => {
  test("other referrers, one of them gone", async (t) => {
    const world = await openSignedWorld(t);
    const { registry, repository, digest } = world;
    putReferrer(repository, digest, "sbom", "application/spdx+json");
    const gone = putReferrer(repository, digest, signedBundle(KEY, digest));
    registry.fault({ reference: gone, then: { kind: "status", status: 404 } });
    const error = await world.refusal(POLICY);
    assert.equal(error.code, "UNSIGNED");
    const line = "none of its 2 referrers is a signature (not in the registry: 1)";
    assert.equal(error.details[0], line);
  });

  test("a manifest with more than one bundle: nobody says which one counts", async (t) => {
    const world = await openSignedWorld(t);
    const { repository, digest } = world;
    const at = putReferrer(repository, digest, signedBundle(KEY, digest));
    const text = Buffer.from(repository.manifest(at)?.bytes ?? []).toString();
    const manifest = JSON.parse(text) as { readonly layers: readonly object[] };
    repository.deleteManifest(at);
    repository.putManifest({ ...manifest, layers: [...manifest.layers, ...manifest.layers] });
    const error = await world.refusal(POLICY);
    assert.equal(error.details[0], "its only referrer is no signature");
  });

  test("a tag with other layers, or with no manifest", async (t) => {
    const world = await openSignedWorld(t);
    const { repository, digest } = world;
    const tag = signatureTag(digest);
    repository.tag(tag, digest);
    const empty = await world.refusal(POLICY);
    assert.equal(empty.code, "UNSIGNED");
    assert.match(empty.message, /is there, and no layer in it is a signature/);
    repository.putManifest({ schemaVersion: 1 }, { tag });
    const odd = await world.refusal(POLICY);
    assert.equal(odd.code, "BAD_SIGNATURE");
    assert.equal(odd.fact, "it is no manifest");
  });

  test("a signature whose blob is gone", async (t) => {
    const world = await openSignedWorld(t);
    const { repository, digest } = world;
    const layer = signedLayer(KEY, digest);
    putLayers(repository, digest, [layer]);
    repository.deleteBlob(digestOf(layer.payload));
    const error = await world.refusal(POLICY);
    assert.equal(error.code, "UNSIGNED");
    assert.match(error.fact, /its blob sha256:\w+ is not in the registry/);
  });

  test("one that is larger than any signature is never fetched", async (t) => {
    const world = await openSignedWorld(t);
    const { repository, digest, registry } = world;
    putReferrer(repository, digest, "x".repeat(1024 ** 2 + 1));
    const error = await world.refusal(POLICY);
    assert.match(error.fact, /1048577 bytes, and a signature has 1048576 at most/);
    assert.equal(registry.count({ kind: "blob" }), 0);
  });

  test("a digest that is longer than a tag has no tag, and is asked for none", async (t) => {
    const { source, context, registry } = await openSignedWorld(t);
    const digest = digestOf("long", "sha512");
    for await (const found of findLayers(digest, source, context.limits)) assert.fail(found.found);
    assert.equal(registry.requests.length, 0);
    const error = await refused(verifySignatures(digest, POLICY, source, context));
    assert.deepEqual(error.details, ["it has no referrers"]);
  });
});

describe('trouble is never "unsigned"', () => {
  for (const status of [500, 503, 429, 401, 403]) {
    test(`${status} where the referrers or the tag are asked for`, async (t) => {
      for (const kind of ["referrers", "manifest"] as const) {
        const world = await openSignedWorld(t);
        world.registry.fault({ kind, then: { kind: "status", status } });
        const error = await world.refusal(POLICY);
        assert.notEqual(error.code, "UNSIGNED");
        assert.equal(error.status, status);
      }
    });
  }

  test("a manifest or a blob that nobody can fetch", async (t) => {
    for (const kind of ["manifest", "blob"] as const) {
      const world = await openSignedWorld(t);
      const { registry, repository, digest } = world;
      putReferrer(repository, digest, signedBundle(KEY, digest));
      const where = ({ path }: { path: string }): boolean => !path.endsWith(".sig");
      registry.fault({ kind, where, then: { kind: "status", status: 502 } });
      assert.equal((await world.refusal(POLICY)).code, "UNREACHABLE");
    }
  });

  test("a blob of other bytes", async (t) => {
    const world = await openSignedWorld(t);
    const { registry, repository, digest } = world;
    const bundle = signedBundle(KEY, digest);
    const at = putReferrer(repository, digest, bundle);
    const other = Buffer.from(bundle.toUpperCase());
    registry.fault({ kind: "blob", then: { kind: "body", bytes: other } });
    const error = await world.refusal(POLICY);
    assert.equal(error.code, "DIGEST_MISMATCH");
    assert.match(error.fact, new RegExp(`^referrer ${at}: the blob that came is not sha256:`));
  });

  test("an index that is none", async (t) => {
    const world = await openSignedWorld(t);
    world.registry.fault({ kind: "referrers", then: { kind: "body", bytes: Buffer.from("[") } });
    const error = await world.refusal(POLICY);
    assert.equal(error.code, "REGISTRY");
    assert.match(error.fact, /index cannot be read: it is no valid JSON/);
  });

  test("somebody who was not asked may have what the others do not", async (t) => {
    const { source, context, digest, repository } = await openSignedWorld(t);
    const subject = "registry.example";
    const outage = new OciError({ code: "UNREACHABLE", verb: "ask", subject, fact: "it is off" });
    const mirrored = { ...source, unanswered: () => outage };
    putReferrer(repository, digest, signedBundle(OTHER, digest));
    assert.equal(await refused(verifySignatures(digest, POLICY, mirrored, context)), outage);
    putReferrer(repository, digest, signedBundle(KEY, digest));
    await verifySignatures(digest, POLICY, mirrored, context);
  });

  test("but a good signature elsewhere is one", async (t) => {
    const world = await openSignedWorld(t);
    const { registry, repository, digest } = world;
    putLayers(repository, digest, [signedLayer(KEY, digest)]);
    registry.fault({ kind: "referrers", then: { kind: "status", status: 503 } });
    assert.equal((await world.verify(POLICY)).signers.length, 1);
  });

  test("who is cancelled stops", async (t) => {
    const aborter = new AbortController();
    const world = await openSignedWorld(t, { signal: aborter.signal });
    world.registry.fault({
      kind: "referrers",
      then: {
        kind: "handler",
        handle: () => {
          aborter.abort();
        },
      },
    });
    assert.equal((await world.refusal(POLICY)).code, "CANCELLED");
    assert.deepEqual(world.traffic(), ["referrers -"]);
  });
});

test("more referrers than the limit are an error that names it", async (t) => {
  const world = await openSignedWorld(t, { limits: { layers: 3 } });
  const { repository, digest } = world;
  for (const name of ["a", "b", "c", "d"]) putReferrer(repository, digest, name, "a/b");
  const error = await world.refusal(POLICY);
  assert.equal(error.code, "LIMIT_EXCEEDED");
  assert.match(
    error.message,
    /it has 4 referrers.*first 3 \(limit layers\)\nhint: .*limits\.layers/,
  );
  putReferrer(repository, digest, signedBundle(KEY, digest), BUNDLE_TYPE);
  await world.verify(POLICY);
});
