/** `timeouts` of an endpoint: each holds where it was given, and its error names option and value. */
import * as assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, test, type TestContext } from "node:test";
import { OciError } from "../../provider/errors";
import { DEADLINES, deadlinesFor, inSeconds } from "../../provider/registry/deadlines";
import { isOutage } from "../../provider/registry/failure";
import type { Descriptor, Endpoint } from "../../provider/types";
import { startProxy } from "./proxy-server";
import { collect, endpointAt, openWorld, REPOSITORY, serve, type World } from "./world";

async function errorOf(work: Promise<unknown>): Promise<OciError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OciError && error.code === "TIMEOUT", String(error));
  return error;
}

function manifest({ client, context }: World, endpoint: Endpoint) {
  return client.getManifest(endpoint, "1", context);
}

/** Accepts connections and says nothing. */
async function silentHost(t: TestContext): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("timeouts.connect", () => {
  test("bounds a handshake, and is an outage", async (t) => {
    const host = await silentHost(t);
    const timeouts = { connect: 60 };
    const error = await errorOf(
      manifest(openWorld(t), endpointAt(host, { plainHttp: false, timeouts })),
    );
    assert.equal(error.fact, "the registry could not be connected to in time");
    assert.match(error.hint ?? "", /more time than the 0\.06 seconds of timeouts\.connect$/);
    assert.ok(isOutage(error));
  });
});

describe("timeouts.stall", () => {
  test("bounds the wait for an answer", async (t) => {
    const registry = await serve(t);
    registry.fault({ kind: "manifest", then: { kind: "stall" } });
    const endpoint = endpointAt(registry.host, { timeouts: { stall: 60 } });
    const error = await errorOf(manifest(openWorld(t), endpoint));
    assert.equal(error.fact, "the registry did not answer within 0.06 seconds");
    assert.match(error.hint ?? "", /the 0\.06 seconds of timeouts\.stall$/);
    assert.ok(!isOutage(error));
  });

  test("bounds silence in the middle of a blob", async (t) => {
    const registry = await serve(t);
    const bytes = Buffer.alloc(5_000, "x");
    const digest = registry.repository(REPOSITORY).putBlob(bytes);
    registry.fault({ kind: "blob", then: { kind: "stall", afterBytes: 1_000 } });
    const { client, context, pauses } = openWorld(t);
    const descriptor: Descriptor = { digest, size: 5_000, mediaType: "x/y", annotations: {} };
    const endpoint = endpointAt(registry.host, { timeouts: { stall: 60 } });
    const error = await errorOf(collect(client.getBlob(endpoint, descriptor, context)));
    assert.match(error.fact, /fell silent for 0\.06 seconds in the middle of an answer$/);
    assert.match(error.hint ?? "", /timeouts\.stall$/);
    assert.ok(pauses.length > 0);
  });

  test("bounds the wait for a proxy's tunnel", async (t) => {
    const proxy = new URL((await startProxy(t, { isSilent: true })).url);
    const more = { plainHttp: false, proxy, timeouts: { stall: 60 } };
    const error = await errorOf(manifest(openWorld(t), endpointAt("registry.test", more)));
    assert.match(error.hint ?? "", /the 0\.06 seconds of timeouts\.stall$/);
    assert.match(error.message, /by the proxy/);
  });

  test("holds for one endpoint, and not for another of the same registry", async (t) => {
    const registry = await serve(t);
    registry.fault({ kind: "manifest", reference: "1", then: { kind: "stall" } });
    const held: ServerResponse[] = [];
    const handle = (_: unknown, response: ServerResponse): void => {
      held.push(response);
    };
    registry.fault({ kind: "manifest", reference: "2", then: { kind: "handler", handle } });
    const world = openWorld(t);
    const slow = world.client.getManifest(endpointAt(registry.host), "2", world.context);
    await errorOf(manifest(world, endpointAt(registry.host, { timeouts: { stall: 30 } })));
    assert.equal(held.length, 1);
    held[0]?.end("{}");
    assert.equal((await slow).bytes.toString(), "{}");
  });
});

test("a whole document has a bound, too, which follows from the others", async (t) => {
  const registry = await serve(t);
  registry.fault({ kind: "manifest", then: { kind: "stall", afterBytes: 1 } });
  const error = await errorOf(
    manifest(openWorld(t, { deadlines: { document: 60 } }), endpointAt(registry.host)),
  );
  assert.equal(
    error.fact,
    "the registry did not come to the end of its answer within 0.06 seconds",
  );
  assert.match(error.hint ?? "", /the 30 seconds of timeouts\.stall$/);
});

describe("deadlinesFor", () => {
  test("takes the defaults where nothing is given", () => {
    assert.equal(deadlinesFor(undefined, DEADLINES), DEADLINES);
    assert.deepEqual(deadlinesFor({ connect: 1 }, DEADLINES), {
      ...DEADLINES,
      connect: 1,
      document: 60_001,
    });
  });

  test("lets a document take what its parts may", () => {
    const deadlines = deadlinesFor({ connect: 90_000, stall: 120_000 }, DEADLINES);
    const stall = 120_000;
    assert.deepEqual(deadlines, { connect: 90_000, headers: stall, stall, document: 330_000 });
    assert.equal(deadlinesFor({ connect: 1, stall: 1 }, DEADLINES).document, DEADLINES.document);
  });
});

test("seconds are written as people do", () => {
  assert.deepEqual([1_000, 500, 90_000].map(inSeconds), ["1 second", "0.5 seconds", "90 seconds"]);
});
