/** What a run learns of its hosts: a dead one costs its time once, and nothing is held against it for ever. */
import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { buildArtifact } from "../support/artifacts";
import { trafficOf } from "../support/pulling";
import type { LoggedRequest } from "../support/registry-types";
import {
  artifactOf,
  LAYER,
  mirrorAt,
  noise,
  openPair,
  openRun,
  originAt,
  REPOSITORY,
  silentHost,
  siteWith,
} from "./world";

const ARTIFACT = buildArtifact(artifactOf(LAYER));
const OUT_OF_ORDER = { kind: "status", status: 503 } as const;

/** A mirror in which every connection vanishes, and an origin that has it. */
async function withBlackHole(t: TestContext) {
  const { host, dials } = await silentHost(t);
  const origin = await siteWith(t, "origin", ARTIFACT);
  const endpoints = [mirrorAt(host, { plainHttp: false }), originAt(origin.host)];
  return { dials, origin, endpoints, ...openRun(t, { deadlines: { connect: 100 } }) };
}

describe("a mirror that cannot be reached", () => {
  test("is dialed once, for however many artifacts", async (t) => {
    const { dials, endpoints, pull, pauses } = await withBlackHole(t);
    for (let count = 0; count < 5; count += 1) {
      assert.equal((await pull(endpoints)).servedBy, endpoints[1]);
    }
    assert.equal(dials(), 1);
    assert.deepEqual(pauses, []);
  });

  test("twenty artifacts at once wait at the same time, and those after them not at all", async (t) => {
    const { dials, endpoints, pull } = await withBlackHole(t);
    const all = await Promise.all(Array.from({ length: 20 }, () => pull(endpoints)));
    assert.ok(all.every(({ servedBy }) => servedBy === endpoints[1]));
    // One for each manifest that was under way; none for a blob, none a second time.
    assert.ok(dials() <= 20, `${dials()} dials`);
    const before = dials();
    await Promise.all(Array.from({ length: 20 }, () => pull(endpoints)));
    assert.equal(dials(), before);
  });

  test("is looked at again where nobody else has it", async (t) => {
    const { dials, endpoints, origin, pull } = await withBlackHole(t);
    await pull(endpoints);
    const fault = origin.fault({ kind: "manifest", then: { kind: "status", status: 404 } });
    await assert.rejects(pull(endpoints), { code: "NOT_FOUND" });
    assert.equal(dials(), 2);
    fault.remove();
    await pull(endpoints);
    assert.equal(dials(), 2);
  });
});

describe("a mirror that fails", () => {
  test("and answers again, is asked first again", async (t) => {
    const { mirror, origin, endpoints, pull } = await openPair(t, ARTIFACT);
    await mirror.stop();
    assert.equal((await pull(endpoints)).servedBy, endpoints[1]);
    await mirror.start();
    assert.equal((await pull(endpoints)).servedBy, endpoints[1]);
    assert.equal(mirror.requests.length, 0);
    await origin.stop();
    assert.equal((await pull(endpoints)).servedBy, endpoints[0]);
    await origin.start();
    mirror.clearRequests();
    assert.equal((await pull(endpoints)).servedBy, endpoints[0]);
    assert.deepEqual(trafficOf(mirror), ["manifest 200", "blob 200"]);
  });

  test("in the blobs of one artifact is not first asked for the manifest of the next", async (t) => {
    const { mirror, endpoints, pull } = await openPair(t, ARTIFACT);
    mirror.fault({ kind: "blob", then: OUT_OF_ORDER });
    await pull(endpoints);
    assert.deepEqual(trafficOf(mirror), ["manifest 200", "blob 503 x2"]);
    assert.equal((await pull(endpoints)).servedBy, endpoints[1]);
    assert.deepEqual(trafficOf(mirror), ["manifest 200", "blob 503 x2"]);
  });

  test("while several of its blobs are under way is told of once", async (t) => {
    const layers = ["a", "b", "c", "d", "e", "f"].map((seed) => noise(50_000, seed));
    const artifact = buildArtifact(artifactOf(...layers));
    const mirror = await siteWith(t, "mirror", artifact);
    const origin = await siteWith(t, "origin", artifact);
    const { pull, report } = openRun(t);
    mirror.fault({ kind: "blob", then: OUT_OF_ORDER });
    await pull([mirrorAt(mirror.host), originAt(origin.host)]);
    assert.equal(origin.count({ kind: "blob" }), 6);
    // Four at a time: the fifth and the sixth come when it is known.
    assert.ok(mirror.count({ kind: "blob" }) <= 8);
    assert.deepEqual(report.said("warning"), [
      `went on at ${origin.url} after mirror ${mirror.url}/cache/team/app failed: is out of order (answered 503)`,
    ]);
  });

  test("says nothing of another host, nor of itself where it only lacks something", async (t) => {
    const [lacking, dead] = [
      await siteWith(t, "mirror", undefined),
      await siteWith(t, "mirror", undefined),
    ];
    const origin = await siteWith(t, "origin", ARTIFACT);
    await dead.stop();
    const endpoints = [mirrorAt(dead.host), mirrorAt(lacking.host), originAt(origin.host)];
    const { pull } = openRun(t);
    await pull(endpoints);
    await pull(endpoints);
    assert.deepEqual(trafficOf(lacking), ["manifest 404 x2"]);
    assert.equal(origin.count({ repository: REPOSITORY, kind: "blob" }), 2);
  });
});

test("blobs are asked first of whoever had the manifest", async (t) => {
  const empty = await siteWith(t, "mirror", undefined);
  const mirror = await siteWith(t, "mirror", ARTIFACT);
  const origin = await siteWith(t, "origin", ARTIFACT);
  const endpoints = [mirrorAt(empty.host), mirrorAt(mirror.host), originAt(origin.host)];
  const { pull } = openRun(t);
  const resolved = await pull(endpoints);
  assert.equal(resolved.servedBy, endpoints[1]);
  assert.deepEqual(resolved.endpoints, [endpoints[1], endpoints[2], endpoints[0]]);
  assert.deepEqual(trafficOf(empty), ["manifest 404"]);
  assert.deepEqual(trafficOf(mirror), ["manifest 200", "blob 200"]);
  assert.equal(origin.requests.length, 0);
});

describe("tag and digest", () => {
  const NAMED = {
    registry: "registry.example",
    repository: REPOSITORY,
    tag: "1",
    digest: ARTIFACT.digest,
  };

  test("mirrors that are for digests only are never asked for the tag", async (t) => {
    const { mirror, origin, endpoints, pull } = await openPair(t, ARTIFACT);
    const request = { reference: NAMED, tagEndpoints: endpoints.slice(1) };
    const { servedBy, tagDigest } = await pull(endpoints, request);
    assert.equal(servedBy, endpoints[0]);
    assert.equal(tagDigest, ARTIFACT.digest);
    const asked = ({ method, reference: asking = "" }: LoggedRequest): string =>
      `${method} ${asking.slice(0, 6)}`;
    assert.deepEqual(trafficOf(mirror, asked), ["GET sha256 x2"]);
    assert.deepEqual(trafficOf(origin, asked), ["HEAD 1"]);
  });

  test("where nobody may be asked for the tag, there is nothing to compare", async (t) => {
    const { endpoints, pull } = await openPair(t, ARTIFACT);
    const request = { reference: NAMED, tagEndpoints: [] };
    assert.equal((await pull(endpoints, request)).tagDigest, undefined);
  });

  test("an origin that is out of reach is not dialed for each tag", async (t) => {
    const { host, dials } = await silentHost(t);
    const mirror = await siteWith(t, "mirror", ARTIFACT);
    const origin = originAt(host, { plainHttp: false });
    const { pull } = openRun(t, { deadlines: { connect: 50 } });
    const request = { reference: NAMED, tagEndpoints: [origin] };
    for (let count = 0; count < 3; count += 1) {
      const { tagDigest } = await pull([mirrorAt(mirror.host), origin], request);
      assert.equal(tagDigest, undefined);
    }
    // The one more look that the last resort gets.
    assert.equal(dials(), 2);
  });
});
