/** The list of referrers under the fallback tag, which several may write at the same time. */
import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { digestOf } from "../../provider/digest";
import type { ReferrerEntry } from "../../provider/registry/push-referrer";
import { openPushWorld, originAt, trafficOf } from "./push-world";
import { REPOSITORY, serve } from "./world";

const OCI = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = { bytes: Buffer.from('{"schemaVersion":2}') };
const DIGEST = digestOf(MANIFEST.bytes);
const OTHER = { bytes: Buffer.from('{"schemaVersion":2,"layers":[]}') };

async function open(t: TestContext) {
  const registry = await serve(t, { quirks: { omitReferrers: true } });
  const repository = registry.repository(REPOSITORY);
  return { ...openPushWorld(t), registry, repository, origin: originAt(registry.host) };
}

describe("listReferrer", () => {
  const TAG = DIGEST.replace(":", "-");
  const ENTRY: ReferrerEntry = {
    mediaType: OCI,
    digest: digestOf(OTHER.bytes),
    size: OTHER.bytes.length,
    artifactType: "application/spdx+json",
    annotations: { made: "today" },
  };

  async function openListing(t: TestContext) {
    const world = await open(t);
    const { writer, origin, context, repository } = world;
    for (const { bytes } of [MANIFEST, OTHER]) repository.putManifest(bytes);
    const listed = (): unknown =>
      JSON.parse(Buffer.from(repository.manifest(TAG)?.bytes ?? []).toString());
    const list = (entry = ENTRY) => writer.listReferrer(origin, DIGEST, entry, context);
    return { ...world, list, listed };
  }

  test("makes the index, and finds its entry in it the next time", async (t) => {
    const { list, listed, registry } = await openListing(t);
    await list();
    assert.deepEqual(listed(), { schemaVersion: 2, mediaType: INDEX, manifests: [ENTRY] });
    assert.deepEqual(trafficOf(registry), [
      `GET manifest ${TAG} 404`,
      `PUT manifest ${TAG} 201`,
      `GET manifest ${TAG} 200`,
    ]);
    registry.clearRequests();
    await list();
    assert.deepEqual(trafficOf(registry), [`GET manifest ${TAG} 200`]);
  });

  test("leaves alone whatever else is in it", async (t) => {
    const { list, listed, repository } = await openListing(t);
    const foreign = { mediaType: OCI, digest: DIGEST, size: 1, "io.example": ["kept"] };
    const index = {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [foreign],
      annotations: { a: "b" },
    };
    repository.putManifest(index, { tag: TAG });
    await list({ mediaType: OCI, digest: ENTRY.digest, size: ENTRY.size, annotations: {} });
    const { mediaType, digest, size } = ENTRY;
    assert.deepEqual(listed(), { ...index, manifests: [foreign, { mediaType, digest, size }] });
  });

  test("writes again what somebody else has overwritten meanwhile", async (t) => {
    const { list, listed, repository, registry, pauses } = await openListing(t);
    const foreign = { mediaType: OCI, digest: DIGEST, size: 1 };
    const index = { schemaVersion: 2, mediaType: INDEX, manifests: [foreign] };
    let overwrites = 2;
    registry.fault({
      method: "GET",
      kind: "manifest",
      where: () => {
        if (repository.manifest(TAG) !== undefined && overwrites > 0) {
          overwrites -= 1;
          repository.putManifest(index, { tag: TAG });
        }
        return false;
      },
      then: { kind: "reset" },
    });
    await list();
    assert.deepEqual(listed(), { ...index, manifests: [foreign, ENTRY] });
    assert.equal(registry.count({ method: "PUT" }), 3);
    assert.deepEqual(pauses, [200, 400]);
  });

  test("takes an entry out, and leaves the others", async (t) => {
    const { list, listed, writer, origin, context, repository, registry } = await openListing(t);
    const unlist = () => writer.unlistReferrer(origin, DIGEST, ENTRY.digest, context);
    await unlist();
    assert.equal(registry.count({ method: "PUT" }), 0);
    const foreign = { mediaType: OCI, digest: DIGEST, size: 1 };
    const index = { schemaVersion: 2, mediaType: INDEX, manifests: [foreign] };
    repository.putManifest(index, { tag: TAG });
    await list();
    await unlist();
    assert.deepEqual(listed(), index);
  });

  test("is cancelled in a pause", async (t) => {
    const { repository, registry, origin } = await openListing(t);
    const stop = new AbortController();
    const wait = (): Promise<void> => {
      stop.abort();
      return Promise.reject(new Error("aborted"));
    };
    const { writer, context } = openPushWorld(t, { signal: stop.signal, wait });
    const where = (): boolean => {
      repository.untag(TAG);
      return false;
    };
    registry.fault({ method: "GET", kind: "manifest", where, then: { kind: "reset" } });
    const work = writer.listReferrer(origin, DIGEST, ENTRY, context);
    await assert.rejects(work, { code: "CANCELLED" });
  });

  test("gives up where that never ends", async (t) => {
    const { list, repository, registry } = await openListing(t);
    const where = (): boolean => {
      repository.untag(TAG);
      return false;
    };
    registry.fault({ method: "GET", kind: "manifest", where, then: { kind: "reset" } });
    await assert.rejects(list(), { code: "REGISTRY", message: /overwritten it 5 times/ });
    assert.equal(registry.count({ method: "PUT" }), 5);
  });

  for (const [name, document, mediaType] of [
    ["a manifest", MANIFEST.bytes, OCI],
    ["no JSON", Buffer.from("]"), INDEX],
  ] as const) {
    test(`touches no tag that names ${name}`, async (t) => {
      const { list, repository, registry } = await openListing(t);
      repository.putManifest(document, { tag: TAG, mediaType });
      await assert.rejects(list(), { code: "REGISTRY", message: /names something else/ });
      assert.equal(registry.count({ method: "PUT" }), 0);
    });
  }
});
