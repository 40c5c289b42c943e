/** Manifests over several endpoints: what does not count as one, and who is waited for. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import { buildArtifact, buildIndex, publish } from "../support/artifacts";
import { trafficOf } from "../support/pulling";
import { artifactOf, CACHED, LAYER, noise, openPair, REPOSITORY } from "./world";

const ARTIFACT = buildArtifact(artifactOf(LAYER));

const status = (code: number) => ({ kind: "status", status: code }) as const;

describe("what a mirror sends in place of a manifest", () => {
  const page = "<html>Log in to the corporate network</html>";
  test("a page for people under the tag is passed over", async (t) => {
    const { mirror, endpoints, pull, report } = await openPair(t, ARTIFACT);
    mirror.fault({ kind: "manifest", then: { kind: "status", status: 200, body: page } });
    assert.equal((await pull(endpoints)).servedBy, endpoints[1]);
    assert.deepEqual(report.said("warning"), []);
  });

  test("the origin's page is an error, as ever", async (t) => {
    const { mirror, origin, endpoints, pull } = await openPair(t, ARTIFACT);
    mirror.fault({ kind: "manifest", then: status(404) });
    origin.fault({ kind: "manifest", then: { kind: "status", status: 200, body: page } });
    await assert.rejects(pull(endpoints), { code: "REGISTRY", message: /login page of a proxy/ });
  });

  test("a manifest that is larger than the limit is passed over, too", async (t) => {
    const { mirror, endpoints, pull } = await openPair(t, ARTIFACT, {
      limits: { manifestBytes: 2_000 },
    });
    mirror.fault({ kind: "manifest", then: { kind: "body", bytes: noise(3_000) } });
    assert.equal((await pull(endpoints)).servedBy, endpoints[1]);
  });

  test("other bytes than those of the digest", async (t) => {
    const { mirror, endpoints, pull, report } = await openPair(t, ARTIFACT);
    mirror.fault({ kind: "manifest", then: { kind: "body", bytes: Buffer.from("{}") } });
    const { digest } = ARTIFACT;
    assert.equal((await pull(endpoints, { digest })).servedBy, endpoints[1]);
    assert.deepEqual(report.said("warning"), [
      `mirror ${mirror.url}/cache/team/app sends other bytes than it should for ${digest}; it is not asked again in this run`,
    ]);
    await pull(endpoints);
    assert.equal(mirror.requests.length, 1);
  });
});

test("the last endpoint keeps all its patience", async (t) => {
  const { mirror, origin, endpoints, pull, pauses } = await openPair(t, ARTIFACT);
  mirror.fault({ kind: "manifest", then: status(404) });
  origin.fault({ kind: "manifest", times: 4, then: status(503) });
  assert.equal((await pull(endpoints)).servedBy, endpoints[1]);
  assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000]);
});

test("what heals at once is not passed over", async (t) => {
  const { mirror, origin, endpoints, pull } = await openPair(t, ARTIFACT);
  mirror.fault({ kind: "manifest", times: 1, then: status(502) });
  mirror.fault({ kind: "blob", reference: digestOf(LAYER), times: 1, then: { kind: "reset" } });
  assert.equal((await pull(endpoints)).servedBy, endpoints[0]);
  assert.equal(origin.requests.length, 0);
});

test("a child of an index that a mirror does not have is asked of the next", async (t) => {
  const { mirror, origin, endpoints, pull } = await openPair(t, ARTIFACT);
  const index = buildIndex({ manifests: [{ artifact: ARTIFACT }] });
  for (const [site, repository] of [
    [mirror, CACHED],
    [origin, REPOSITORY],
  ] as const) {
    publish(site, repository, "1", index);
  }
  mirror.repository(CACHED).deleteManifest(ARTIFACT.digest);
  const { servedBy, digest } = await pull(endpoints);
  assert.equal(digest, index.digest);
  assert.equal(servedBy, endpoints[0]);
  assert.deepEqual(trafficOf(mirror), ["manifest 200", "manifest 404"]);
  // Who had the child is asked for its blobs first.
  assert.deepEqual(trafficOf(origin), ["manifest 200", "blob 200"]);
});
