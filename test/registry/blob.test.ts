import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { digestOf } from "../../provider/digest";
import type { Descriptor } from "../../provider/types";
import type { RangeFault } from "../support/registry-types";
import { collect, endpointAt, openWorld, REPOSITORY, serve, type WorldOptions } from "./world";

const CONTENT = randomBytes(300_000);

function describeBlob(digest: string, size: number): Descriptor {
  return { mediaType: "application/octet-stream", digest, size, annotations: {} };
}

async function open(t: TestContext, options: WorldOptions = {}, content: Buffer = CONTENT) {
  const registry = await serve(t);
  const digest = registry.repository(REPOSITORY).putBlob(content);
  const world = openWorld(t, options);
  const endpoint = endpointAt(registry.host);
  return {
    ...world,
    registry,
    digest,
    read: (descriptor = describeBlob(digest, content.length)) =>
      world.client.getBlob(endpoint, descriptor, world.context),
    ranges: () => registry.requests.map(({ headers }) => headers.range),
  };
}

describe("getBlob", () => {
  test("reads the whole in one request without a range", async (t) => {
    const { read, ranges, registry } = await open(t);
    assert.deepEqual(await collect(read()), CONTENT);
    assert.deepEqual(ranges(), [undefined]);
    assert.equal(registry.requests[0]?.headers["accept-encoding"], "identity");
  });

  test("nothing is asked for before somebody reads", async (t) => {
    const { read, registry } = await open(t);
    read();
    await new Promise(setImmediate);
    assert.equal(registry.requests.length, 0);
  });

  test("an empty blob is one answer and no bytes", async (t) => {
    const { read } = await open(t, {}, Buffer.alloc(0));
    assert.equal((await collect(read())).length, 0);
  });

  test("a cut is resumed where it happened", async (t) => {
    const { read, ranges, registry, pauses } = await open(t);
    const cut = { kind: "reset", afterBytes: 100_000 } as const;
    registry.fault({ kind: "blob", times: 2, then: cut });
    assert.deepEqual(await collect(read()), CONTENT);
    assert.deepEqual(ranges(), [undefined, "bytes=100000-", "bytes=200000-"]);
    assert.deepEqual(pauses, [500, 1_000]);
  });

  test("so is a body that ends too early in good order, and one that falls silent", async (t) => {
    const { read, ranges, registry } = await open(t, { deadlines: { stall: 50 } });
    registry.fault({ kind: "blob", times: 1, then: { kind: "truncate", bytes: 7 } });
    registry.fault({ kind: "blob", times: 1, then: { kind: "stall", afterBytes: 13 } });
    assert.deepEqual(await collect(read()), CONTENT);
    assert.deepEqual(ranges(), [undefined, "bytes=7-", "bytes=20-"]);
  });

  for (const how of ["ignored", "shifted", "unlabeled", "refused"] satisfies RangeFault[]) {
    test(`a registry whose ranges are ${how} is read from the start again`, async (t) => {
      const { read, ranges, registry } = await open(t);
      const isFirst = { kind: "blob", times: 1 } as const;
      registry.fault({ ...isFirst, then: { kind: "reset", afterBytes: 90_000 } });
      registry.fault({ kind: "blob", then: { kind: "range", how } });
      assert.deepEqual(await collect(read()), CONTENT);
      const again = how === "ignored" ? [] : [undefined];
      assert.deepEqual(ranges(), [undefined, "bytes=90000-", ...again]);
    });
  }

  test("a range that lies about its bytes is for the reader's hash to find", async (t) => {
    const { read, digest, registry } = await open(t);
    registry.fault({ kind: "blob", times: 1, then: { kind: "reset", afterBytes: 90_000 } });
    registry.fault({ kind: "blob", then: { kind: "range", how: "restarted" } });
    const bytes = await collect(read());
    assert.equal(bytes.length, CONTENT.length);
    assert.notEqual(digestOf(bytes), digest);
  });

  test("a connection that breaks again and again without progress ends it", async (t) => {
    const { read, registry } = await open(t);
    registry.fault({ kind: "blob", then: { kind: "reset", afterBytes: 0 } });
    await assert.rejects(collect(read()), { code: "UNREACHABLE" });
    assert.equal(registry.requests.length, 5);
  });

  test("tries are counted anew after real progress", async (t) => {
    const content = randomBytes(9 * 1024 ** 2);
    const { read, registry } = await open(t, {}, content);
    registry.fault({ kind: "blob", times: 8, then: { kind: "reset", afterBytes: 1024 ** 2 } });
    assert.deepEqual(await collect(read()), content);
    assert.equal(registry.requests.length, 9);
  });

  test("content that is shorter than its descriptor fails as what it is", async (t) => {
    const { read, digest } = await open(t);
    const descriptor = describeBlob(digest, CONTENT.length + 5);
    await assert.rejects(collect(read(descriptor)), {
      code: "DIGEST_MISMATCH",
      message: /sends 300000 of the 300005 bytes/,
    });
  });

  test("no byte beyond the descriptor's size is passed on, however much comes", async (t) => {
    const { read, digest, registry } = await open(t);
    registry.fault({ kind: "blob", then: { kind: "endless" } });
    let passed = 0;
    const reading = async (): Promise<void> => {
      for await (const chunk of read(describeBlob(digest, 250_000))) passed += chunk.length;
    };
    await assert.rejects(reading(), { code: "DIGEST_MISMATCH", message: /more than the 250000/ });
    assert.ok(passed <= 250_000);
    assert.equal(registry.requests.length, 1);
  });

  test("a part that nobody asked for is no blob", async (t) => {
    const { read, registry } = await open(t);
    registry.fault({ kind: "blob", then: { kind: "status", status: 206, body: "x" } });
    await assert.rejects(collect(read()), { code: "REGISTRY" });
  });

  test("a blob that is not there is told in the registry's words", async (t) => {
    const { read, registry } = await open(t);
    const missing = digestOf("missing");
    await assert.rejects(collect(read(describeBlob(missing, 7))), (error: Error) => {
      assert.match(
        error.message,
        /^cannot download the blob .*team\/app@sha256:.*does not have it/,
      );
      assert.match(error.message, /BLOB_UNKNOWN/);
      return true;
    });
    assert.equal(registry.requests.length, 1);
  });

  test("a digest that would become another path is never asked for", async (t) => {
    const { read, registry } = await open(t);
    assert.throws(() => read(describeBlob("sha256:../../../other/blobs/x", 1)), {
      code: "UNSUPPORTED_MANIFEST",
    });
    assert.equal(registry.requests.length, 0);
  });

  test("who stops reading ends the request", async (t) => {
    const { read, digest, registry } = await open(t);
    let ended: Promise<void> | undefined;
    const handle = (_request: unknown, response: ServerResponse): void => {
      ended = new Promise((resolve) => response.once("close", resolve));
      response.write(CONTENT);
    };
    registry.fault({ kind: "blob", then: { kind: "handler", handle } });
    for await (const chunk of read(describeBlob(digest, 10_000_000))) {
      assert.ok(chunk.length > 0);
      break;
    }
    assert.ok(ended !== undefined);
    await ended;
  });
});

describe("getBlob from a byte on", () => {
  const START = 120_000;

  async function openAt(t: TestContext, options: WorldOptions = {}) {
    const { client, context, digest, registry, ranges } = await open(t, options);
    const descriptor = describeBlob(digest, CONTENT.length);
    const read = () => client.getBlob(endpointAt(registry.host), descriptor, context, START);
    return { registry, ranges, read };
  }

  test("asks for the rest, and passes on nothing else", async (t) => {
    const { read, ranges } = await openAt(t);
    assert.deepEqual(await collect(read()), CONTENT.subarray(START));
    assert.deepEqual(ranges(), [`bytes=${START}-`]);
  });

  for (const how of ["ignored", "shifted", "unlabeled", "refused"] satisfies RangeFault[]) {
    test(`skips what came before where ranges are ${how}`, async (t) => {
      const { read, registry } = await openAt(t);
      registry.fault({ kind: "blob", then: { kind: "range", how } });
      assert.deepEqual(await collect(read()), CONTENT.subarray(START));
    });
  }

  test("is resumed like any other", async (t) => {
    const { read, registry, ranges } = await openAt(t);
    registry.fault({ kind: "blob", times: 1, then: { kind: "reset", afterBytes: 1_000 } });
    assert.deepEqual(await collect(read()), CONTENT.subarray(START));
    assert.deepEqual(ranges(), [`bytes=${START}-`, `bytes=${START + 1_000}-`]);
  });
});

describe("getBlob where another endpoint is at hand", () => {
  test("breaks off after one more try without progress", async (t) => {
    const { client, context, digest, registry, pauses } = await open(t);
    registry.fault({ kind: "blob", then: { kind: "reset", afterBytes: 0 } });
    const asking = { ...context, patience: "short" } as const;
    const descriptor = describeBlob(digest, CONTENT.length);
    const work = collect(client.getBlob(endpointAt(registry.host), descriptor, asking));
    await assert.rejects(work, { code: "UNREACHABLE" });
    assert.deepEqual(pauses, [1_000]);
  });

  for (const [length, words] of [
    [CONTENT.length - 1, /sends 299999 of the 300000 bytes/],
    [CONTENT.length + 1, /sends more than the 300000 bytes/],
  ] as const) {
    test(`takes no byte of what announces ${length}`, async (t) => {
      const { client, context, digest, registry } = await open(t);
      const bytes = Buffer.alloc(length);
      registry.fault({ kind: "blob", then: { kind: "body", bytes } });
      const asking = { ...context, patience: "short" } as const;
      const descriptor = describeBlob(digest, CONTENT.length);
      let passed = 0;
      const reading = async (): Promise<void> => {
        const body = client.getBlob(endpointAt(registry.host), descriptor, asking);
        for await (const chunk of body) passed += chunk.length;
      };
      await assert.rejects(reading(), { code: "DIGEST_MISMATCH", message: words });
      assert.equal(passed, 0);
      assert.equal(registry.requests.length, 1);
    });
  }
});
