/** One blob into a registry: whole, and only if it is the right one. */
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import type { OciError } from "../../provider/errors";
import { CONTENT, failureOf, open, PUT } from "./push-blob-world";
import { blobOf } from "./push-world";
import { REPOSITORY } from "./world";

describe("pushBlob", () => {
  test("begins without a body, and sends the whole in one request", async (t) => {
    const { push, stored, traffic, registry } = await open(t);
    assert.equal(await push(), "uploaded");
    assert.deepEqual(stored(), CONTENT);
    assert.deepEqual(traffic(), ["POST upload 202", "PUT upload 300000 201"]);
    assert.equal(registry.requests[0]?.headers["content-length"], "0");
    assert.equal(registry.requests[1]?.headers["content-type"], "application/octet-stream");
  });

  test("sends nothing of an empty blob, and any algorithm", async (t) => {
    const { push, stored, traffic } = await open(t);
    await push(blobOf(""));
    assert.deepEqual(stored(digestOf("")), Buffer.alloc(0));
    assert.deepEqual(traffic(), ["POST upload 202", "PUT upload 0 201"]);
    const digest = digestOf(CONTENT, "sha512");
    await push(blobOf(CONTENT, digest));
    assert.deepEqual(stored(digest), CONTENT);
  });

  test("reads a blob that can only be opened at its first byte", async (t) => {
    const { push, registry, stored } = await open(t);
    registry.fault({ ...PUT, then: { kind: "cutBody", afterBytes: 100_000, isKept: true } });
    const blob = blobOf(CONTENT);
    await push({ descriptor: blob.descriptor, open: () => blob.open() });
    assert.deepEqual(stored(), CONTENT);
  });

  test("tells how far it is", async (t) => {
    const { writer, origin, context } = await open(t);
    const told: number[] = [];
    const tell = (bytes: number): void => {
      told.push(bytes);
    };
    await writer.pushBlob(origin, blobOf(CONTENT), context, { tell });
    assert.deepEqual(
      told,
      [...new Set(told)].sort((one, other) => one - other),
    );
    assert.ok(told.length > 1);
    assert.equal(told.at(-1), CONTENT.length);
  });

  test("a digest that would become another path is never asked for", async (t) => {
    const { push, has, registry } = await open(t);
    const blob = blobOf("x", "sha256:../../../other/blobs/x");
    await assert.rejects(push(blob), { code: "UNSUPPORTED_MANIFEST" });
    await assert.rejects(has(blob), { code: "UNSUPPORTED_MANIFEST" });
    assert.equal(registry.requests.length, 0);
  });
});

describe("headBlob", () => {
  test("finds what is there, in its size", async (t) => {
    const { has, registry, traffic } = await open(t);
    registry.repository(REPOSITORY).putBlob(CONTENT);
    assert.equal(await has(blobOf(CONTENT)), true);
    assert.equal(await has(blobOf("other")), false);
    registry.repository(REPOSITORY).putBlob("cut short", digestOf(CONTENT));
    assert.equal(await has(blobOf(CONTENT)), false);
    assert.deepEqual(traffic(), ["HEAD blob 200", "HEAD blob 404", "HEAD blob 200"]);
  });

  test("takes a registry that hangs up, or is out of order, for one that has nothing", async (t) => {
    const { has, registry } = await open(t);
    registry.repository(REPOSITORY).putBlob(CONTENT);
    for (const then of [{ kind: "reset" }, { kind: "status", status: 503 }] as const) {
      registry.fault({ kind: "blob", times: 1, then });
      assert.equal(await has(blobOf(CONTENT)), false, then.kind);
    }
    assert.equal(registry.requests.length, 2);
  });

  test("a limit that is used up is no answer", async (t) => {
    const { has, registry } = await open(t);
    registry.fault({ kind: "blob", then: { kind: "status", status: 429 } });
    await assert.rejects(has(blobOf(CONTENT)), { code: "RATE_LIMITED" });
  });
});

describe("a blob that is not what its digest says", () => {
  const failing: readonly (readonly [string, () => Readable, OciError["code"], RegExp])[] = [
    [
      "of other bytes",
      () => Readable.from([randomBytes(300_000)]),
      "DIGEST_MISMATCH",
      /its bytes have the digest sha256:/,
    ],
    [
      "cut short",
      () => Readable.from([CONTENT.subarray(1)]),
      "DIGEST_MISMATCH",
      /299999 of its 300000 bytes/,
    ],
    ["that cannot be read", () => unreadable(), "STORE", /disk on fire[^]*hint: see that its file/],
  ];
  for (const [name, open_, code, words] of failing) {
    test(`${name}: never arrives, and is not tried again`, async (t) => {
      const { push, stored, registry } = await open(t);
      const error = await failureOf(push({ ...blobOf(CONTENT), openAt: open_ }));
      assert.equal(error.code, code);
      assert.match(error.message, words);
      assert.equal(stored(), undefined);
      assert.ok(registry.count({ method: "PUT" }) <= 1);
      assert.equal(registry.count({ method: "PUT", status: 201 }), 0);
      assert.equal(registry.count({ method: "DELETE", status: 204 }), 1);
    });
  }

  test("more bytes than the descriptor's are not sent", async (t) => {
    const { push, stored } = await open(t);
    const longer = Buffer.concat([CONTENT, Buffer.from("more")]);
    await push({ ...blobOf(CONTENT), openAt: (start) => Readable.from([longer.subarray(start)]) });
    assert.deepEqual(stored(), CONTENT);
  });

  test("nor is one that the registry names otherwise", async (t) => {
    const { push, registry } = await open(t);
    registry.fault({ ...PUT, then: { kind: "digestHeader", value: digestOf("other") } });
    const error = await failureOf(push());
    assert.equal(error.code, "DIGEST_MISMATCH");
    assert.match(error.message, /the registry has taken other bytes/);
  });

  test("another algorithm in that header says nothing, and no header neither", async (t) => {
    const { push, registry } = await open(t);
    registry.fault({ ...PUT, then: { kind: "digestHeader", value: digestOf("x", "sha512") } });
    registry.fault({ ...PUT, then: { kind: "digestHeader" } });
    assert.equal(await push(), "uploaded");
    assert.equal(await push(), "uploaded");
  });
});

function unreadable(): Readable {
  return new Readable({
    read() {
      this.destroy(new Error("disk on fire"));
    },
  });
}

describe("cancelled", () => {
  test("in the middle of a body, it ends at once and is no outage", async (t) => {
    const stop = new AbortController();
    const { push, registry, stored } = await open(t, {}, { signal: stop.signal });
    const blob = blobOf(CONTENT);
    const endless = new Readable({
      read() {
        this.push(CONTENT.subarray(0, 1_000));
        stop.abort();
      },
    });
    const error = await failureOf(push({ ...blob, openAt: () => endless }));
    assert.equal(error.code, "CANCELLED");
    assert.equal(stored(), undefined);
    assert.equal(registry.count({ method: "POST" }), 1);
    assert.ok(endless.destroyed);
  });

  test("in a pause, too", async (t) => {
    const stop = new AbortController();
    const wait = (): Promise<void> => {
      stop.abort();
      return Promise.reject(new Error("aborted"));
    };
    const { push, registry } = await open(t, {}, { signal: stop.signal, wait });
    registry.fault({ ...PUT, then: { kind: "status", status: 503 } });
    assert.equal((await failureOf(push())).code, "CANCELLED");
    assert.equal(registry.requests.length, 2);
  });
});
