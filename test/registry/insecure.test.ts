/** `insecure`: TLS without verification, and plain HTTP only where no TLS connection can be made. */
import * as assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, test, type TestContext } from "node:test";
import { OciError } from "../../provider/errors";
import { isOutage } from "../../provider/registry/failure";
import { readSettings } from "../../provider/settings/settings";
import type { Endpoint } from "../../provider/types";
import { createCertificates } from "../support/certificates";
import type { TestRegistry } from "../support/registry-types";
import { startProxy, type TestProxy } from "./proxy-server";
import { collect, endpointAt, explicit, LOGIN, openWorld, REPOSITORY, serve } from "./world";

const CERTIFICATES = createCertificates();

function insecure(host: string, more: Partial<Endpoint> = {}): Endpoint {
  const tls = { skipVerify: true, certificateAuthorities: [] };
  return endpointAt(host, { plainHttp: false, fallsBackToHttp: true, tls, ...more });
}

/** registry.test behind a proxy, which sees the scheme of each try. */
async function behindProxy(t: TestContext, registry: TestRegistry) {
  const ports = { "registry.test:443": registry.port, "registry.test:80": registry.port };
  const proxy = await startProxy(t, { ports });
  return { proxy, ...openWorld(t, { settings: settingsFor(proxy) }) };
}

function settingsFor({ url }: TestProxy) {
  const environment = { HTTP_PROXY: url, HTTPS_PROXY: url };
  return readSettings({ environment, home: "/nowhere", root: "/nowhere" });
}

async function errorOf(work: Promise<unknown>): Promise<OciError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OciError, String(error));
  return error;
}

describe("a registry without TLS", () => {
  test("is pulled from, manifests and blobs", async (t) => {
    const registry = await serve(t);
    const repository = registry.repository(REPOSITORY);
    repository.putManifest({}, { tag: "1" });
    const bytes = Buffer.from("content");
    const digest = repository.putBlob(bytes);
    const { client, context, pauses } = openWorld(t);
    const descriptor = { digest, size: bytes.length, mediaType: "x/y", annotations: {} };
    const endpoint = insecure(registry.host);
    assert.deepEqual(await collect(client.getBlob(endpoint, descriptor, context)), bytes);
    await client.getManifest(endpoint, "1", context);
    assert.deepEqual(pauses, []);
  });

  test("is asked by TLS once, and then no more", async (t) => {
    const registry = await serve(t);
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const { proxy, client, context } = await behindProxy(t, registry);
    await client.getManifest(insecure("registry.test"), "1", context);
    await client.headManifest(insecure("registry.test"), "1", context);
    const url = "http://registry.test/v2/team/app/manifests/1";
    assert.deepEqual(proxy.asked, ["CONNECT registry.test:443", `GET ${url}`, `HEAD ${url}`]);
  });

  test("but for a moment: whose HTTP only leads back to HTTPS, is asked by TLS again", async (t) => {
    const registry = await serve(t, { tls: CERTIFICATES.server });
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const asked: string[] = [];
    const front = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", (first) => {
        const isTls = first[0] === 0x16;
        asked.push(isTls ? "TLS" : "HTTP");
        if (asked.length === 1) {
          socket.destroy();
        } else if (isTls) {
          const registrySide = connect(registry.port, "127.0.0.1");
          registrySide.on("error", () => undefined).write(first);
          socket.pipe(registrySide).pipe(socket);
        } else {
          const target = `https://${host}/v2/${REPOSITORY}/manifests/1`;
          socket.end(`HTTP/1.1 301 Moved\r\nlocation: ${target}\r\ncontent-length: 0\r\n\r\n`);
        }
      });
    });
    await new Promise<void>((ready) => front.listen(0, "127.0.0.1", ready));
    t.after(() => front.close());
    const host = `127.0.0.1:${(front.address() as AddressInfo).port}`;
    const { client, context } = openWorld(t);
    await client.getManifest(insecure(host), "1", context);
    assert.deepEqual(asked, ["TLS", "HTTP", "TLS"]);
    await client.getManifest(insecure(host), "1", context);
    assert.ok(!asked.slice(3).includes("HTTP"), "the way without TLS was not settled on");
  });

  test("keeps its port", async (t) => {
    const registry = await serve(t);
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const { proxy, client, context } = await behindProxy(t, registry);
    await client.getManifest(insecure("registry.test:443"), "1", context);
    const url = "http://registry.test:443/v2/team/app/manifests/1";
    assert.deepEqual(proxy.asked, ["CONNECT registry.test:443", `GET ${url}`]);
  });

  test("gets credentials, with one warning that names the option", async (t) => {
    const registry = await serve(t, { auth: { kind: "basic", ...LOGIN } });
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const { client, context, warnings } = await behindProxy(t, registry);
    const endpoint = insecure("registry.test", { credential: explicit() });
    await client.getManifest(endpoint, "1", context);
    await client.getManifest(endpoint, "1", context);
    const last = registry.requests.at(-1);
    assert.deepEqual([last?.authorization, last?.status], ["basic", 200]);
    assert.deepEqual(warnings, [
      "credentials go to registry.test without TLS, because of insecure",
    ]);
  });

  test("that answers with an error is not asked by TLS again", async (t) => {
    const registry = await serve(t);
    const { proxy, client, context } = await behindProxy(t, registry);
    for (let round = 0; round < 2; round += 1) {
      const work = client.getManifest(insecure("registry.test"), "1", context);
      await assert.rejects(work, { code: "NOT_FOUND" });
    }
    assert.equal(proxy.asked.filter((line) => line.startsWith("CONNECT")).length, 1);
  });

  test("stays an error for whoever did not allow it, also in the same process", async (t) => {
    const registry = await serve(t);
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const { client, context } = openWorld(t);
    await client.getManifest(insecure(registry.host), "1", context);
    const strict = endpointAt(registry.host, { plainHttp: false });
    const error = await errorOf(client.getManifest(strict, "1", context));
    assert.equal(error.code, "PLAIN_HTTP");
  });
});

describe("a registry with TLS", () => {
  test("is asked by TLS alone, whatever its certificate", async (t) => {
    const { selfSigned, expired, otherName } = CERTIFICATES;
    for (const tls of [selfSigned, expired, otherName]) {
      const registry = await serve(t, { tls });
      registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
      const { proxy, client, context } = await behindProxy(t, registry);
      await client.getManifest(insecure("registry.test"), "1", context);
      assert.deepEqual(proxy.asked, ["CONNECT registry.test:443"]);
    }
  });

  test("is verified for whoever did not allow that, also in the same process", async (t) => {
    const registry = await serve(t, { tls: CERTIFICATES.selfSigned });
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const { client, context } = openWorld(t);
    await client.getManifest(insecure(registry.host), "1", context);
    const strict = endpointAt(registry.host, { plainHttp: false });
    const error = await errorOf(client.getManifest(strict, "1", context));
    assert.equal(error.code, "TLS");
    assert.equal(registry.requests.length, 1);
  });

  for (const status of [401, 404, 429, 500, 503]) {
    test(`that answers ${status} is asked by TLS alone`, async (t) => {
      const registry = await serve(t, { tls: CERTIFICATES.selfSigned });
      registry.fault({ kind: "manifest", then: { kind: "status", status } });
      const { proxy, client, context } = await behindProxy(t, registry);
      const error = await errorOf(client.getManifest(insecure("registry.test"), "1", context));
      assert.equal(error.status, status);
      assert.deepEqual([...new Set(proxy.asked)], ["CONNECT registry.test:443"]);
    });
  }

  test("that hangs up behind the handshake is asked by TLS alone", async (t) => {
    const registry = await serve(t, { tls: CERTIFICATES.selfSigned });
    registry.fault({ kind: "manifest", then: { kind: "reset" } });
    for (const { client, context } of [openWorld(t), await behindProxy(t, registry)]) {
      const error = await errorOf(client.getManifest(insecure(registry.host), "1", context));
      assert.equal(error.code, "UNREACHABLE");
      assert.doesNotMatch(error.message, /http:/);
    }
  });

  test("that was there before is not asked without TLS once it is gone", async (t) => {
    const registry = await serve(t, { tls: CERTIFICATES.selfSigned });
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const { client, context } = openWorld(t);
    const endpoint = insecure(registry.host);
    await client.getManifest(endpoint, "1", context);
    await registry.stop();
    const error = await errorOf(client.getManifest(endpoint, "1", context));
    assert.deepEqual(error.details.length, 1);
    assert.match(error.details[0] ?? "", /^https:/);
  });

  test("with which no TLS can be agreed on fails by TLS, though it answers plain HTTP", async (t) => {
    const host = await listen(t, (socket) => {
      socket.once("data", (data) => {
        const isHandshake = data[0] === 0x16;
        const body = "Client sent an HTTP request to an HTTPS server.";
        const answer = `HTTP/1.1 400 No\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
        socket.end(isHandshake ? Buffer.from([0x15, 3, 3, 0, 2, 2, 40]) : answer);
      });
    });
    const { client, context } = openWorld(t);
    const error = await errorOf(client.getManifest(insecure(host), "1", context));
    assert.equal(error.code, "TLS");
  });
});

describe("nobody there", () => {
  test("is an outage that names both tries", async (t) => {
    const registry = await serve(t);
    await registry.stop();
    const { client, context } = openWorld(t);
    const error = await errorOf(client.getManifest(insecure(registry.host), "1", context));
    assert.ok(isOutage(error));
    assert.deepEqual(
      error.details.map((line) => line.split(":")[0]),
      ["https", "http"],
    );
    // What comes back is tried anew.
    await registry.start();
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    await client.getManifest(insecure(registry.host), "1", context);
  });

  test("a handshake that never ends is followed by plain HTTP, and is an outage", async (t) => {
    const host = await listen(t, () => undefined);
    const { client, context } = openWorld(t, { deadlines: { connect: 50, headers: 50 } });
    const error = await errorOf(client.getManifest(insecure(host), "1", context));
    assert.equal(error.code, "TIMEOUT");
    assert.ok(isOutage(error));
    assert.equal(error.details.length, 2);
  });

  test("a proxy that refuses is no reason to do without TLS", async (t) => {
    for (const refuseWith of [403, 407, 502]) {
      const proxy = await startProxy(t, { refuseWith });
      const { client, context } = openWorld(t, { settings: settingsFor(proxy) });
      await errorOf(client.getManifest(insecure("registry.test"), "1", context));
      assert.deepEqual([...new Set(proxy.asked)], ["CONNECT registry.test:443"]);
    }
  });

  test("a cancelled question is asked no second way", async (t) => {
    const stop = new AbortController();
    let connections = 0;
    const host = await listen(t, () => {
      connections += 1;
      stop.abort();
    });
    const { client, context } = openWorld(t, { signal: stop.signal });
    const error = await errorOf(client.getManifest(insecure(host), "1", context));
    assert.equal(error.code, "CANCELLED");
    assert.equal(connections, 1);
  });
});

/** A bare TCP server that closes with the test. */
async function listen(t: TestContext, onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
