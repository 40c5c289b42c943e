/** An upload that breaks off goes on, or begins anew; and ends where that is of no use. */
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import { CONTENT, failureOf, MIB, open, PATCH, PUT } from "./push-blob-world";
import { blobOf } from "./push-world";

describe("a connection that breaks", () => {
  test("goes on at the byte that the registry has, with exactly the rest", async (t) => {
    const { push, stored, traffic, registry, pauses } = await open(t);
    registry.fault({ ...PUT, then: { kind: "cutBody", afterBytes: 100_000, isKept: true } });
    const blob = blobOf(CONTENT);
    await push(blob);
    assert.deepEqual(stored(), CONTENT);
    assert.deepEqual(traffic(), [
      "POST upload 202",
      "PUT upload 300000 -",
      "GET upload 204",
      "PATCH upload 100000-299999 202",
      "PUT upload 0 201",
    ]);
    assert.equal(registry.matching({ method: "PATCH" })[0]?.headers["content-length"], "200000");
    assert.deepEqual(blob.starts, [0, 100_000]);
    assert.deepEqual(pauses, [500]);
  });

  test("sends the whole again in the same upload where the registry kept nothing", async (t) => {
    const { push, stored, traffic, registry } = await open(t);
    registry.fault({ ...PUT, then: { kind: "cutBody", afterBytes: 100_000 } });
    await push();
    assert.deepEqual(stored(), CONTENT);
    assert.deepEqual(traffic(), [
      "POST upload 202",
      "PUT upload 300000 -",
      "GET upload 204",
      "PUT upload 300000 201",
    ]);
  });

  test("asks whether it is there where only the answer was lost", async (t) => {
    const { push, traffic, registry } = await open(t);
    registry.fault({ ...PUT, then: { kind: "unanswered" } });
    assert.equal(await push(), "uploaded");
    assert.deepEqual(traffic(), [
      "POST upload 202",
      "PUT upload 300000 -",
      "GET upload 404",
      "HEAD blob 200",
    ]);
  });

  test("begins anew where the registry has lost the upload", async (t) => {
    const { push, stored, traffic, registry } = await open(t);
    const unknown = { errors: [{ code: "BLOB_UPLOAD_UNKNOWN" }] };
    registry.fault({ ...PUT, then: { kind: "status", status: 404, body: unknown } });
    await push();
    assert.deepEqual(stored(), CONTENT);
    assert.deepEqual(traffic(), [
      "POST upload 202",
      "PUT upload 300000 404",
      "HEAD blob 404",
      "POST upload 202",
      "PUT upload 300000 201",
    ]);
  });

  test("ends after five tries without progress, and gives the upload up", async (t) => {
    const { push, registry, pauses } = await open(t);
    registry.fault({ kind: "upload", method: "PUT", then: { kind: "status", status: 404 } });
    const error = await failureOf(push());
    assert.equal(error.code, "NOT_FOUND");
    assert.equal(registry.count({ method: "PUT" }), 5);
    assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000]);
    assert.equal(registry.requests.at(-1)?.method, "DELETE");
  });

  test("tries are counted anew after real progress", async (t) => {
    const content = randomBytes(8 * MIB);
    const { push, registry, stored } = await open(t);
    const cut = { kind: "cutBody", afterBytes: MIB, isKept: true } as const;
    registry.fault({ ...PUT, then: cut });
    registry.fault({ ...PATCH, times: 6, then: cut });
    await push(blobOf(content));
    assert.deepEqual(stored(digestOf(content)), content);
    assert.equal(registry.count({ method: "PATCH" }), 7);
  });

  test("waits as long as it is told, and goes on where it was", async (t) => {
    const { push, traffic, registry, pauses } = await open(t);
    const busy = { kind: "status", status: 503, headers: { "retry-after": "7" } } as const;
    registry.fault({ ...PUT, then: busy });
    registry.fault({ ...PUT, method: "POST", then: { ...busy, status: 429 } });
    await push();
    assert.deepEqual(pauses, [7_000, 7_000]);
    assert.deepEqual(traffic(), [
      "POST upload 429",
      "POST upload 202",
      "PUT upload 300000 503",
      "GET upload 204",
      "PUT upload 300000 201",
    ]);
  });

  test("a registry that counts bytes nobody sent has lost the upload", async (t) => {
    const { push, stored, registry } = await open(t);
    registry.fault({ ...PUT, then: { kind: "cutBody", afterBytes: 10 } });
    const content = randomBytes(9 * MIB);
    const ahead = { kind: "headers", set: { range: "0-9437183" } } as const;
    registry.fault({ kind: "upload", method: "GET", then: ahead });
    await push(blobOf(content));
    assert.deepEqual(stored(digestOf(content)), content);
    assert.equal(registry.count({ method: "POST" }), 2);
  });
});

describe("a registry that takes its time", () => {
  test("has a second more for each MiB, and is told of when that is over", async (t) => {
    const deadlines = { headers: 50, document: 5_000 };
    const { push, registry } = await open(t, {}, { deadlines });
    registry.fault({ kind: "upload", method: "PUT", then: { kind: "stall" } });
    const error = await failureOf(push());
    assert.equal(error.code, "TIMEOUT");
    assert.match(error.message, /did not answer within 1\.05 seconds[^]*timeouts\.stall/);
    assert.equal(registry.count({ method: "PUT" }), 2);
  });

  test("has none more to begin with", async (t) => {
    const { push, registry } = await open(t, {}, { deadlines: { headers: 50 } });
    registry.fault({ kind: "upload", then: { kind: "stall" } });
    assert.match((await failureOf(push())).message, /did not answer within 0\.05 seconds/);
  });
});
