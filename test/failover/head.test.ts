/**
 * Caches that answer HEAD badly or not at all: GET is asked in its place, at the same endpoint, and
 * what HEAD says is never taken for content.
 */
import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { digestOf } from "../../provider/digest";
import { buildArtifact } from "../support/artifacts";
import { trafficOf } from "../support/pulling";
import type { Fault, LoggedRequest, RegistryOptions } from "../support/registry-types";
import { artifactOf, LAYER, mirrorAt, openRun, originAt, REPOSITORY, siteWith } from "./world";

const ARTIFACT = buildArtifact(artifactOf(LAYER));
const LOGIN = { username: "robot", password: "correct horse" };

function described({ method, status }: LoggedRequest): string {
  return `${method} ${status ?? "-"}`;
}

/** A run that knows what the tag named last, so that HEAD is what it asks first. */
async function open(t: TestContext, options: RegistryOptions = {}) {
  const mirror = await siteWith(t, "mirror", ARTIFACT, options);
  const origin = await siteWith(t, "origin", ARTIFACT);
  const source = 'the input "credentials"';
  const credential = { ...LOGIN, source, explicit: true };
  const endpoints = [
    mirrorAt(mirror.host, options.auth === undefined ? {} : { credential }),
    originAt(origin.host),
  ];
  const run = openRun(t, { deadlines: { headers: 200 } });
  const rooms = run.rooms();
  await run.pull(endpoints, {}, rooms);
  mirror.clearRequests();
  return { ...run, mirror, origin, endpoints, pull: () => run.pull(endpoints, {}, rooms) };
}

describe("HEAD that is answered by", () => {
  for (const status of [400, 403, 404, 405, 406, 500, 501, 502, 503]) {
    test(`${status}: GET at the same mirror`, async (t) => {
      const { mirror, origin, endpoints, pull, pauses } = await open(t);
      mirror.fault({ kind: "manifest", method: "HEAD", then: { kind: "status", status } });
      assert.equal((await pull()).servedBy, endpoints[0]);
      assert.deepEqual(trafficOf(mirror, described), [`HEAD ${status}`, "GET 200"]);
      assert.equal(origin.requests.length, 0);
      assert.deepEqual(pauses, []);
    });
  }

  const others: Readonly<Record<string, Fault>> = {
    "hanging up": { kind: "reset" },
    "a digest that is none": { kind: "digestHeader", value: "latest" },
    "no digest": { kind: "digestHeader" },
    "another digest": { kind: "digestHeader", value: digestOf("other") },
  };
  for (const [name, then] of Object.entries(others)) {
    test(`${name}: GET at the same mirror`, async (t) => {
      const { mirror, endpoints, pull, pauses } = await open(t);
      mirror.fault({ kind: "manifest", method: "HEAD", then });
      const { servedBy, digest } = await pull();
      assert.equal(servedBy, endpoints[0]);
      assert.equal(digest, ARTIFACT.digest);
      assert.equal(trafficOf(mirror, described).at(-1), "GET 200");
      assert.equal(mirror.requests.length, 2);
      assert.deepEqual(pauses, []);
    });
  }

  test("401 without a challenge: GET is challenged, and answered", async (t) => {
    const { mirror, endpoints, pull } = await open(t, { auth: { kind: "token", ...LOGIN } });
    mirror.revokeTokens();
    const then = { kind: "status", status: 401 } as const;
    mirror.fault({ kind: "manifest", method: "HEAD", when: "any", then });
    assert.equal((await pull()).servedBy, endpoints[0]);
    assert.deepEqual(trafficOf(mirror), ["manifest 401 x2", "token 200", "manifest 200"]);
  });

  test("401 whatever is shown: GET is asked with the same credential", async (t) => {
    const { mirror, endpoints, pull } = await open(t, { auth: { kind: "basic", ...LOGIN } });
    mirror.fault({ kind: "manifest", method: "HEAD", then: { kind: "status", status: 401 } });
    assert.equal((await pull()).servedBy, endpoints[0]);
    assert.equal(mirror.requests.at(-1)?.authorization, "basic");
  });

  test("429: the next endpoint, because GET would count", async (t) => {
    const { mirror, endpoints, pull } = await open(t);
    mirror.fault({ kind: "manifest", method: "HEAD", then: { kind: "status", status: 429 } });
    assert.equal((await pull()).servedBy, endpoints[1]);
    assert.deepEqual(trafficOf(mirror, described), ["HEAD 429 x2"]);
  });

  test("silence: the next endpoint, which is nearer than another deadline", async (t) => {
    const { mirror, endpoints, pull } = await open(t);
    mirror.fault({ kind: "manifest", method: "HEAD", then: { kind: "stall" } });
    assert.equal((await pull()).servedBy, endpoints[1]);
    assert.deepEqual(trafficOf(mirror, described), ["HEAD -"]);
  });
});

describe("what HEAD says", () => {
  test("is believed only where the cache holds the bytes of that very digest", async (t) => {
    const moved = buildArtifact(artifactOf(LAYER, Buffer.from("more")));
    const { mirror, pull } = await open(t);
    const value = moved.digest;
    mirror.fault({ kind: "manifest", method: "HEAD", then: { kind: "digestHeader", value } });
    // It promised another digest; what GET brings counts.
    assert.equal((await pull()).digest, ARTIFACT.digest);
  });

  test("saves the GET where nothing moved", async (t) => {
    const { mirror, endpoints, pull } = await open(t);
    assert.equal((await pull()).servedBy, endpoints[0]);
    assert.deepEqual(trafficOf(mirror, described), ["HEAD 200"]);
  });
});

describe("the tag beside a digest", () => {
  test("is found by GET where HEAD is no use", async (t) => {
    const mirror = await siteWith(t, "mirror", ARTIFACT);
    const { pull } = openRun(t);
    mirror.fault({ kind: "manifest", method: "HEAD", then: { kind: "status", status: 405 } });
    const reference = {
      registry: "registry.example",
      repository: REPOSITORY,
      tag: "1",
      digest: ARTIFACT.digest,
    };
    const { tagDigest } = await pull([mirrorAt(mirror.host)], { reference });
    assert.equal(tagDigest, ARTIFACT.digest);
  });
});
