/** Manifests and tags: put, found, refused, deleted; and the list of referrers that some lack. */
import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { digestOf } from "../../provider/digest";
import type { OciError } from "../../provider/errors";
import type { Fault, RegistryOptions } from "../support/registry-types";
import { openPushWorld, originAt, trafficOf } from "./push-world";
import { REPOSITORY, serve } from "./world";

const OCI = "application/vnd.oci.image.manifest.v1+json";

function manifestOf(more: object = {}): { bytes: Buffer; mediaType: string } {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI, ...more }));
  return { bytes, mediaType: OCI };
}

const MANIFEST = manifestOf();
const DIGEST = digestOf(MANIFEST.bytes);
const OTHER = manifestOf({ annotations: { other: "yes" } });

async function open(t: TestContext, options: RegistryOptions = {}) {
  const registry = await serve(t, options);
  const world = openPushWorld(t);
  const origin = originAt(registry.host);
  const repository = registry.repository(REPOSITORY);
  const put = (reference: string, manifest = MANIFEST) =>
    world.writer.putManifest(origin, reference, manifest, world.context);
  const find = (reference: string) => world.writer.findDigest(origin, reference, world.context);
  return { ...world, registry, origin, repository, put, find };
}

function answering(status: number, code = "", message = ""): Fault {
  return { kind: "status", status, body: { errors: [{ code, message }] } };
}

describe("putManifest", () => {
  test("sends the exact bytes with their media type, by digest or tag", async (t) => {
    const { put, repository, registry } = await open(t);
    assert.deepEqual(await put(DIGEST), { digest: DIGEST });
    assert.deepEqual(repository.tags(), []);
    assert.deepEqual(await put("1"), { digest: DIGEST });
    assert.deepEqual(Buffer.from(repository.manifest("1")?.bytes ?? []), MANIFEST.bytes);
    assert.equal(repository.manifest("1")?.mediaType, OCI);
    assert.deepEqual(trafficOf(registry), ["PUT manifest @ 201", "PUT manifest 1 201"]);
  });

  test("says whether the registry lists referrers", async (t) => {
    const subject = { mediaType: OCI, digest: DIGEST, size: MANIFEST.bytes.length };
    const referrer = manifestOf({ subject });
    const { put } = await open(t);
    assert.equal((await put(digestOf(referrer.bytes), referrer)).subject, DIGEST);
    const old = await open(t, { quirks: { omitReferrers: true } });
    assert.equal((await old.put(digestOf(referrer.bytes), referrer)).subject, undefined);
  });

  test("is sent again where it may go better", async (t) => {
    const { put, registry, pauses } = await open(t);
    registry.fault({ method: "PUT", times: 1, then: { kind: "status", status: 503 } });
    registry.fault({ method: "PUT", times: 1, then: { kind: "unanswered" } });
    await put("1");
    assert.deepEqual(pauses, [500, 1_000]);
    assert.equal(registry.count({ method: "PUT" }), 3);
  });

  test("under another digest than its own is refused, by us", async (t) => {
    const { put, registry } = await open(t);
    const value = digestOf("other");
    registry.fault({ method: "PUT", then: { kind: "digestHeader", value } });
    await assert.rejects(put("1"), { code: "DIGEST_MISMATCH", message: /has taken other bytes/ });
  });

  const refusals: readonly (readonly [string, Fault, OciError["code"], RegExp])[] = [
    [
      "it does not like",
      answering(400, "MANIFEST_INVALID", "unknown config media type"),
      "UNSUPPORTED_MANIFEST",
      /^cannot push the manifest \S+@sha256:\w+: the registry refuses the manifest\n.*MANIFEST_INVALID: unknown config media type\nhint: its answer says why/,
    ],
    [
      "whose media type it does not take",
      answering(415),
      "UNSUPPORTED_MANIFEST",
      /refuses the manifest\n.*answered 415/,
    ],
    [
      "whose blobs it has lost",
      answering(404, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"),
      "REGISTRY",
      /misses content that it has just taken\n.*MANIFEST_BLOB_UNKNOWN/,
    ],
    ["into a read-only registry", answering(405, "UNSUPPORTED"), "FORBIDDEN", /takes no pushes/],
    ["without permission", answering(403, "DENIED"), "FORBIDDEN", /does not permit to push/],
    ["that is too large", answering(413), "NO_ROOM", /takes no content of this size/],
  ];
  for (const [name, then, code, words] of refusals) {
    test(`tells of one ${name}`, async (t) => {
      const { put, registry } = await open(t);
      registry.fault({ method: "PUT", then });
      await assert.rejects(put(DIGEST), { code, message: words });
    });
  }
});

describe("a tag that does not move", () => {
  for (const status of [400, 405, 409, 412]) {
    test(`as a registry says with ${status}`, async (t) => {
      const { put, repository } = await open(t, { quirks: { immutableTags: status } });
      const there = repository.putManifest(OTHER.bytes, { tag: "1" });
      await assert.rejects(put("1"), (error: OciError) => {
        assert.equal(error.code, "TAG_EXISTS");
        assert.ok(error.message.startsWith("cannot set the tag "));
        assert.ok(error.message.includes(`/team/app:1: it is there already, and names ${there}`));
        assert.match(
          error.message,
          /TAG_INVALID: tag invalid[^]*hint: push under a tag that is new/,
        );
        return true;
      });
      assert.equal(repository.manifest("1")?.digest, there);
    });
  }

  test("and is the right one already: the answer to the first try was lost", async (t) => {
    const { put, repository, registry } = await open(t);
    registry.fault({ method: "PUT", times: 1, then: { kind: "unanswered" } });
    registry.fault({ method: "PUT", times: 1, then: answering(409, "TAG_INVALID") });
    assert.deepEqual(await put("1"), { digest: DIGEST });
    assert.deepEqual(repository.tags(), ["1"]);
  });

  test("is not blamed where there is none: then the manifest is", async (t) => {
    const { put, registry } = await open(t);
    registry.fault({ method: "PUT", then: answering(400, "MANIFEST_INVALID") });
    await assert.rejects(put("1"), {
      code: "UNSUPPORTED_MANIFEST",
      message: /^cannot set the tag/,
    });
  });
});

describe("findDigest", () => {
  test("asks by HEAD, and only there", async (t) => {
    const { find, repository, registry } = await open(t);
    repository.putManifest(MANIFEST.bytes, { tag: "1" });
    assert.equal(await find("1"), DIGEST);
    assert.equal(await find(DIGEST), DIGEST);
    assert.equal(await find("2"), undefined);
    assert.ok(registry.requests.every(({ method }) => method === "HEAD"));
  });

  test("computes the digest where the registry names none, or hangs up", async (t) => {
    const { find, repository, registry } = await open(t, { quirks: { omitContentDigest: true } });
    repository.putManifest(MANIFEST.bytes, { tag: "1" });
    assert.equal(await find("1"), DIGEST);
    registry.fault({ method: "HEAD", then: { kind: "reset" } });
    assert.equal(await find("1"), DIGEST);
    assert.equal(await find("2"), undefined);
  });

  test("an outage is no answer", async (t) => {
    const { find, registry } = await open(t);
    registry.fault({ kind: "manifest", then: { kind: "status", status: 500 } });
    await assert.rejects(find("1"), { code: "UNREACHABLE" });
  });
});

describe("deleting", () => {
  test("a tag leaves the manifest, a manifest takes its tags along", async (t) => {
    const { writer, origin, context, repository } = await open(t);
    repository.putManifest(MANIFEST.bytes, { tag: "1" });
    repository.tag("2", DIGEST);
    assert.equal(await writer.deleteTag(origin, "1", context), true);
    assert.equal(await writer.deleteTag(origin, "1", context), false);
    assert.deepEqual(repository.tags(), ["2"]);
    assert.equal(await writer.deleteManifest(origin, DIGEST, context), true);
    assert.equal(await writer.deleteManifest(origin, DIGEST, context), false);
    assert.deepEqual(repository.tags(), []);
  });

  for (const refusesDeletion of [400, 405]) {
    test(`that a registry refuses with ${refusesDeletion} says what to do`, async (t) => {
      const { writer, origin, context, repository } = await open(t, {
        quirks: { refusesDeletion },
      });
      repository.putManifest(MANIFEST.bytes, { tag: "1" });
      await assert.rejects(writer.deleteTag(origin, "1", context), {
        code: "FORBIDDEN",
        message:
          /^cannot delete \S+:1: the registry deletes nothing on request[^]*have deletion enabled/,
      });
    });
  }
});
