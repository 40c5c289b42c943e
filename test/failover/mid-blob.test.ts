/** In the middle of a blob: the next endpoint goes on at the byte where the last one broke. */
import * as assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import { OciError } from "../../provider/errors";
import { buildArtifact } from "../support/artifacts";
import { createCertificates } from "../support/certificates";
import { trafficOf } from "../support/pulling";
import type { RangeFault } from "../support/registry-types";
import { blobsOf, BROKEN, DIGEST, openSites } from "./blob-sites";
import { artifactOf, LAYER, mirrorAt, noise, openRun, originAt, siteWith } from "./world";

const ARTIFACT_OF_64_MIB = artifactOf(noise(64 * 1024 ** 2));

describe("a mirror that dies in the middle of a blob", () => {
  test("of 64 MiB: the origin sends exactly the rest", async (t) => {
    const [layer] = ARTIFACT_OF_64_MIB.layers;
    const { sites, origin, pull, report, doneBytes } = await openSites(t, 1, ARTIFACT_OF_64_MIB);
    const [mirror] = sites;
    assert.ok(mirror !== undefined && layer !== undefined);
    const half = 32 * 1024 ** 2 + 17;
    mirror.fault({ kind: "blob", times: 1, then: { kind: "reset", afterBytes: half } });
    mirror.fault({ kind: "blob", then: { kind: "reset" } });
    assert.equal(digestOf(await pull()), digestOf(layer.bytes));
    assert.deepEqual(blobsOf(mirror), ["all 200", `bytes=${half}- -`, `bytes=${half}- -`]);
    assert.deepEqual(blobsOf(origin), [`bytes=${half}- 206`]);
    assert.deepEqual(report.said("warning"), [
      `went on at ${origin.url} after mirror ${mirror.url}/cache/team/app failed: closed the connection (other side closed)`,
    ]);
    const sorted = [...new Set(doneBytes)].sort((a, b) => a - b);
    assert.deepEqual(doneBytes, sorted, "each byte is counted once");
    assert.equal(report.said("status").at(-1), "fetched 64 MiB of 64 MiB");
  });

  test("for good: its host is gone when it is asked for the rest", async (t) => {
    const { sites, origin, pull } = await openSites(t, 1);
    const [mirror] = sites;
    assert.ok(mirror !== undefined);
    const handle = (_: unknown, response: ServerResponse): void => {
      response.writeHead(200, { "content-length": LAYER.length });
      response.write(LAYER.subarray(0, 70_000), () => {
        void mirror.stop();
      });
    };
    mirror.fault({ kind: "blob", then: { kind: "handler", handle } });
    assert.deepEqual(await pull(), LAYER);
    assert.deepEqual(blobsOf(origin), ["bytes=70000- 206"]);
  });

  test("goes from one to the next, each with the rest of the one before", async (t) => {
    const { sites, origin, pull, report } = await openSites(t, 2);
    for (const [index, site] of sites.entries()) {
      site.fault({ kind: "blob", times: 1, then: { kind: "reset", afterBytes: 100_000 + index } });
      site.fault({ kind: "blob", then: { kind: "status", status: 404 } });
    }
    assert.deepEqual(await pull(), LAYER);
    const [first, second] = sites;
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual(blobsOf(first), ["all 200", "bytes=100000- 404"]);
    assert.deepEqual(blobsOf(second), ["bytes=100000- 206", "bytes=200001- 404"]);
    assert.deepEqual(blobsOf(origin), ["bytes=200001- 206"]);
    assert.equal(report.said("warning").length, 2);
  });

  for (const how of ["ignored", "shifted", "unlabeled", "refused"] satisfies RangeFault[]) {
    test(`and an origin whose ranges are ${how}: it is read from the start, and skipped`, async (t) => {
      const { sites, origin, pull, report } = await openSites(t, 1);
      sites[0]?.fault({ kind: "blob", times: 1, then: BROKEN });
      sites[0]?.fault({ kind: "blob", then: { kind: "status", status: 500 } });
      origin.fault({ kind: "blob", then: { kind: "range", how } });
      assert.deepEqual(await pull(), LAYER);
      const again = how === "ignored" ? [] : ["all 200"];
      const first = { ignored: "200", shifted: "206", unlabeled: "206", refused: "416" }[how];
      assert.deepEqual(blobsOf(origin), [`bytes=100000- ${first}`, ...again]);
      assert.equal(report.said("warning").length, 1);
    });
  }

  test("the same over TLS, each with its own authority", async (t) => {
    const artifact = buildArtifact(artifactOf(LAYER));
    const [one, other] = [createCertificates(), createCertificates()];
    const mirror = await siteWith(t, "mirror", artifact, { tls: one.server });
    const origin = await siteWith(t, "origin", artifact, { tls: other.server });
    const secure = (authority: string) => ({
      plainHttp: false,
      tls: { skipVerify: false, certificateAuthorities: [authority] },
    });
    mirror.fault({ kind: "blob", times: 1, then: BROKEN });
    mirror.fault({ kind: "blob", then: { kind: "reset" } });
    const { pull } = openRun(t);
    await pull([
      mirrorAt(mirror.host, secure(one.authority.cert)),
      originAt(origin.host, secure(other.authority.cert)),
    ]);
    assert.deepEqual(blobsOf(origin), ["bytes=100000- 206"]);
  });

  test("and nobody has the rest: each has its line, and nothing is kept", async (t) => {
    const { sites, origin, pullInto, report, ...run } = await openSites(t, 1);
    sites[0]?.fault({ kind: "blob", then: BROKEN });
    origin.fault({ kind: "blob", then: { kind: "status", status: 404 } });
    sites[0]?.fault({ kind: "blob", skip: 1, then: { kind: "reset" } });
    const rooms = run.rooms();
    const work = pullInto(rooms);
    const error: unknown = await work.catch((reason: unknown) => reason);
    assert.ok(error instanceof OciError);
    assert.equal(error.code, "NOT_FOUND");
    assert.equal(error.details.length, 2);
    assert.equal(await rooms.blobs.has({ digest: DIGEST, size: LAYER.length }), false);
    assert.deepEqual(report.said("warning"), []);
  });
});

test("who cancels in the middle of a blob reaches no other endpoint", async (t) => {
  const stop = new AbortController();
  const { sites, origin, pull } = await openSites(t, 1, undefined, { signal: stop.signal });
  const handle = (_: unknown, response: ServerResponse): void => {
    response.writeHead(200, { "content-length": LAYER.length });
    response.write(LAYER.subarray(0, 1_000), () => {
      stop.abort();
    });
  };
  sites[0]?.fault({ kind: "blob", then: { kind: "handler", handle } });
  await assert.rejects(pull(), { code: "CANCELLED" });
  assert.deepEqual(trafficOf(origin), []);
});

test("an empty blob that one lacks is asked of the next", async (t) => {
  const { sites, origin, pull } = await openSites(t, 1, artifactOf(Buffer.alloc(0), LAYER));
  sites[0]?.fault({ kind: "blob", then: { kind: "status", status: 404 } });
  assert.equal((await pull()).length, 0);
  assert.equal(origin.count({ kind: "blob" }), 2);
});
