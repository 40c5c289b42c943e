/** Chunks, where they have to be: of the right size, in order, and never trusted for long. */
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import type { LoggedRequest, RegistryOptions } from "../support/registry-types";
import { CONTENT, MIB, open, PATCH, PUT } from "./push-blob-world";
import { blobOf } from "./push-world";

describe("chunks", () => {
  const chunked = (uploads: object): RegistryOptions => ({ quirks: { uploads } });

  test("of the size that the registry names, in order", async (t) => {
    const { push, stored, traffic } = await open(t, chunked({ mostChunk: 131_072 }));
    await push();
    assert.deepEqual(stored(), CONTENT);
    assert.deepEqual(traffic(), [
      "POST upload 202",
      "PATCH upload 0-131071 202",
      "PATCH upload 131072-262143 202",
      "PATCH upload 262144-299999 202",
      "PUT upload 0 201",
    ]);
  });

  test("no smaller than it wants", async (t) => {
    const content = randomBytes(9 * MIB);
    const { push, stored, traffic, registry } = await open(t, chunked({ leastChunk: 5 * MIB }));
    const where = ({ headers }: LoggedRequest): boolean =>
      Number(headers["content-length"]) > 6 * MIB;
    registry.fault({ kind: "upload", where, then: { kind: "status", status: 413 } });
    await push(blobOf(content));
    assert.deepEqual(stored(digestOf(content)), content);
    assert.deepEqual(traffic().slice(4), [
      `PATCH upload 0-${5 * MIB - 1} 202`,
      `PATCH upload ${5 * MIB}-${9 * MIB - 1} 202`,
      "PUT upload 0 201",
    ]);
  });

  test("whose answers say neither where nor how far count as taken", async (t) => {
    const { push, stored, registry } = await open(t, chunked({ mostChunk: 200_000 }));
    const set = { location: undefined, range: undefined };
    registry.fault({ kind: "upload", method: "PATCH", then: { kind: "headers", set } });
    await push();
    assert.deepEqual(stored(), CONTENT);
  });

  test("where the whole is too large for somebody on the way, smaller each time", async (t) => {
    const content = randomBytes(9 * MIB);
    const { push, stored, traffic, registry, pauses } = await open(t);
    const where = ({ headers }: LoggedRequest): boolean =>
      Number(headers["content-length"]) > 2 * MIB;
    registry.fault({ kind: "upload", where, then: { kind: "status", status: 413 } });
    await push(blobOf(content));
    assert.deepEqual(stored(digestOf(content)), content);
    assert.deepEqual(traffic().slice(0, 7), [
      "POST upload 202",
      `PUT upload ${content.length} 413`,
      "DELETE upload 204",
      "POST upload 202",
      `PATCH upload 0-${4 * MIB - 1} 413`,
      "DELETE upload 204",
      "POST upload 202",
    ]);
    assert.equal(registry.count({ method: "PATCH", status: 202 }), 9);
    assert.deepEqual(pauses, []);
  });

  test("go on where the registry says that it is", async (t) => {
    const { push, stored, traffic, registry } = await open(t, chunked({ mostChunk: 200_000 }));
    registry.fault({
      ...PATCH,
      skip: 1,
      then: { kind: "cutBody", afterBytes: 20_000, isKept: true },
    });
    registry.fault({ ...PATCH, skip: 1, then: { kind: "status", status: 416 } });
    await push();
    assert.deepEqual(stored(), CONTENT);
    assert.deepEqual(traffic().slice(1), [
      "PATCH upload 0-199999 202",
      "PATCH upload 200000-299999 -",
      "GET upload 204",
      "PATCH upload 220000-299999 416",
      "GET upload 204",
      "DELETE upload 204",
      "POST upload 202",
      "PUT upload 300000 201",
    ]);
  });

  for (const refusesChunks of [400, 405, 411, 416, 501]) {
    test(`refused with ${refusesChunks} are not tried again`, async (t) => {
      const uploads = { refusesChunks, mostChunk: 200_000 };
      const { push, stored, traffic } = await open(t, chunked(uploads));
      await push();
      assert.deepEqual(stored(), CONTENT);
      assert.equal(traffic().filter((line) => line.startsWith("PATCH")).length, 1);
      assert.equal(traffic().at(-1), "PUT upload 300000 201");
    });
  }

  test("that get lost are not trusted: the whole is sent", async (t) => {
    const uploads = { losesChunks: true, mostChunk: 100_000 };
    const { push, stored, traffic } = await open(t, chunked(uploads));
    await push();
    assert.deepEqual(stored(), CONTENT);
    assert.deepEqual(traffic(), [
      "POST upload 202",
      "PATCH upload 0-99999 202",
      "PATCH upload 100000-199999 202",
      "DELETE upload 204",
      "POST upload 202",
      "PUT upload 300000 201",
    ]);
  });

  test("that do not come to the digest when they are joined are sent as one", async (t) => {
    const { push, stored, traffic, registry } = await open(t, chunked({ mostChunk: 200_000 }));
    const body = { errors: [{ code: "DIGEST_INVALID" }] };
    registry.fault({ ...PUT, then: { kind: "status", status: 400, body } });
    await push();
    assert.deepEqual(stored(), CONTENT);
    assert.deepEqual(traffic().slice(3), [
      "PUT upload 0 400",
      "DELETE upload 204",
      "POST upload 202",
      "PUT upload 300000 201",
    ]);
  });

  test("an interrupted whole is sent whole again where chunks are refused", async (t) => {
    const { push, stored, traffic, registry } = await open(t, chunked({ refusesChunks: 405 }));
    registry.fault({ ...PUT, then: { kind: "cutBody", afterBytes: 100_000, isKept: true } });
    await push();
    assert.deepEqual(stored(), CONTENT);
    assert.deepEqual(traffic().slice(2), [
      "GET upload 204",
      "PATCH upload 100000-299999 405",
      "DELETE upload 204",
      "POST upload 202",
      "PUT upload 300000 201",
    ]);
  });
});
