/**
 * Wrong blobs: whoever sent all of one is named and not asked again; where several had a part in it,
 * each is heard alone.
 */
import * as assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { OciError } from "../../provider/errors";
import { flipped } from "../support/archives";
import type { Fault } from "../support/registry-types";
import { blobsOf, DIGEST, openSites, OTHER } from "./blob-sites";
import { LAYER } from "./world";

describe("a mirror whose blob is", () => {
  const lies: Readonly<Record<string, Fault>> = {
    "other bytes of the same length": OTHER,
    "one byte more": {
      kind: "body",
      bytes: (body) => Buffer.concat([body, Buffer.of(0)]),
    },
    "without an end": { kind: "endless" },
    "one byte less, and says so": { kind: "body", bytes: (body) => body.subarray(1) },
    "a page for people": { kind: "status", status: 200, body: "<html>Log in</html>" },
    "nothing at all": { kind: "body", bytes: Buffer.alloc(0) },
  };
  for (const [name, fault] of Object.entries(lies)) {
    test(`${name}: is named, not asked again, and the origin sends all of it`, async (t) => {
      const { sites, origin, pull, report } = await openSites(t, 1);
      const [mirror] = sites;
      assert.ok(mirror !== undefined);
      mirror.fault({ kind: "blob", then: fault });
      assert.deepEqual(await pull(), LAYER);
      assert.deepEqual(blobsOf(mirror), ["all 200"]);
      assert.deepEqual(blobsOf(origin), ["all 200"]);
      assert.deepEqual(report.said("warning"), [
        `mirror ${mirror.url}/cache/team/app sends other bytes than it should for ${DIGEST}; it is not asked again in this run`,
      ]);
      mirror.clearRequests();
      assert.deepEqual(await pull(), LAYER);
      assert.equal(mirror.requests.length, 0);
      assert.equal(report.said("warning").length, 1);
    });
  }

  test("cut short in good order is resumed, and then it is not its lie", async (t) => {
    const { sites, origin, pull, report } = await openSites(t, 1);
    sites[0]?.fault({ kind: "blob", then: { kind: "truncate", bytes: 60_000 } });
    assert.deepEqual(await pull(), LAYER);
    assert.deepEqual(blobsOf(origin), ["bytes=120000- 206"]);
    assert.match(
      report.said("warning").join(),
      /^went on at .* failed: sends 120000 of the 300000/,
    );
  });

  test("wrong, and the next one's too: both are named, and the third serves", async (t) => {
    const { sites, origin, pull, report } = await openSites(t, 2);
    for (const site of sites) site.fault({ kind: "blob", then: OTHER });
    assert.deepEqual(await pull(), LAYER);
    assert.deepEqual(blobsOf(origin), ["all 200"]);
    assert.equal(report.said("warning").length, 2);
  });

  test("wrong, and the origin's too: the error has a line for each, and nothing is kept", async (t) => {
    const { sites, origin, pullInto, report, ...run } = await openSites(t, 1);
    for (const site of [...sites, origin]) site.fault({ kind: "blob", then: OTHER });
    const rooms = run.rooms();
    const work = pullInto(rooms);
    const error: unknown = await work.catch((reason: unknown) => reason);
    assert.ok(error instanceof OciError);
    assert.equal(error.code, "DIGEST_MISMATCH");
    assert.match(error.details[0] ?? "", /^mirror http:.*: blob sha256:\w+ has the digest sha256:/);
    assert.match(error.details[1] ?? "", /^http:\S+: blob sha256:\w+ has the digest sha256:/);
    assert.equal(await rooms.blobs.has({ digest: DIGEST, size: LAYER.length }), false);
    assert.deepEqual(blobsOf(origin), ["all 200"]);
  });
});

describe("parts of several that make no whole", () => {
  /** Wrong from its first byte on, and broken after a while: nobody can tell its part from the rest. */
  async function mixed(t: TestContext, mirrors: number) {
    const opened = await openSites(t, mirrors);
    const [mirror] = opened.sites;
    assert.ok(mirror !== undefined);
    const wrong = flipped(Buffer.from(LAYER), 10);
    const handle = (_: unknown, response: ServerResponse): void => {
      response.writeHead(200, { "content-length": LAYER.length });
      response.write(wrong.subarray(0, 100_000), () => response.destroy());
    };
    mirror.fault({ kind: "blob", times: 1, then: { kind: "handler", handle } });
    return { ...opened, mirror };
  }

  test("are fetched anew from one alone", async (t) => {
    const { mirror, origin, pull, report } = await mixed(t, 1);
    mirror.fault({ kind: "blob", then: { kind: "status", status: 503 } });
    assert.deepEqual(await pull(), LAYER);
    assert.deepEqual(blobsOf(origin), ["bytes=100000- 206", "all 200"]);
    const progress = report.said("status");
    assert.equal(progress.at(-1), "fetched 293 KiB of 293 KiB");
    // It was not alone, so nobody knows that it lied.
    assert.equal(report.said("warning").length, 1);
    assert.match(report.said("warning").join(), /^went on at /);
  });

  test("blame whoever is wrong alone", async (t) => {
    const { mirror, origin, pull, report, sites } = await mixed(t, 2);
    const [, second] = sites;
    assert.ok(second !== undefined);
    mirror.fault({ kind: "blob", then: { kind: "status", status: 404 } });
    second.fault({ kind: "blob", then: OTHER });
    assert.deepEqual(await pull(), LAYER);
    assert.deepEqual(blobsOf(mirror), ["all 200", "bytes=100000- 404", "all 404"]);
    assert.deepEqual(blobsOf(second), ["bytes=100000- 206", "all 200"]);
    assert.deepEqual(blobsOf(origin), ["all 200"]);
    const blamed = report.said("warning").filter((line) => line.includes("sends other bytes"));
    assert.equal(blamed.length, 1);
    assert.ok(blamed[0]?.startsWith(`mirror ${second.url}/`));
  });

  test("end in an error where nobody has it right alone, after a few requests each", async (t) => {
    const { mirror, origin, pullInto, rooms } = await mixed(t, 1);
    mirror.fault({ kind: "blob", then: { kind: "status", status: 404 } });
    origin.fault({ kind: "blob", then: OTHER });
    await assert.rejects(pullInto(rooms()), { code: "DIGEST_MISMATCH" });
    assert.deepEqual(blobsOf(mirror), ["all 200", "bytes=100000- 404", "all 404"]);
    assert.deepEqual(blobsOf(origin), ["bytes=100000- 206", "all 200"]);
  });
});
