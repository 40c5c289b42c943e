/** Where an upload may lead, and who gets the credentials there. */
import * as assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test, type TestContext } from "node:test";
import {
  createAuthority,
  createCertificates,
  createServerCertificate,
} from "../support/certificates";
import type { TestRegistry, UploadQuirks } from "../support/registry-types";
import { blobOf, openPushWorld, originAt, TOKEN, trafficOf } from "./push-world";
import { startProxy } from "./proxy-server";
import { explicit, REPOSITORY, serve } from "./world";

const BLOB = blobOf("content of the blob");

/** What came to a host that is not the registry, and what it answers next. */
interface Storage {
  readonly host: string;
  readonly requests: IncomingMessage[];
  /** Header fields of its answers. */
  headers: Record<string, string>;
  /** Of its answers, in order; then 201. */
  readonly statuses: number[];
}

async function openStorage(t: TestContext): Promise<Storage> {
  const requests: IncomingMessage[] = [];
  const storage: Storage = { host: "", requests, headers: {}, statuses: [] };
  const server = createServer((request, response) => {
    requests.push(request);
    request.resume().on("end", () => {
      response.writeHead(storage.statuses.shift() ?? 201, storage.headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return Object.assign(storage, {
    host: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
  });
}

async function open(t: TestContext, location: UploadQuirks["location"]) {
  const uploads = location === undefined ? {} : { location };
  const registry = await serve(t, { auth: TOKEN, quirks: { uploads } });
  const world = openPushWorld(t);
  const origin = originAt(registry.host, { credential: explicit() });
  const push = () => world.writer.pushBlob(origin, BLOB, world.context);
  return { ...world, registry, push };
}

function isStored(registry: TestRegistry): boolean {
  return registry.repository(REPOSITORY).blob(BLOB.descriptor.digest) !== undefined;
}

describe("an upload that stays at the registry", () => {
  for (const location of ["relative", "absolute"] as const) {
    test(`by a ${location} place, gets the credentials`, async (t) => {
      const { push, registry } = await open(t, location);
      await push();
      assert.ok(isStored(registry));
      assert.equal(registry.matching({ method: "PUT" })[0]?.authorization, "bearer");
    });
  }

  test("keeps the query of its place to the letter", async (t) => {
    const signed = "?_state=a%2Bb%20c~d%3d&x";
    const { push, registry } = await open(t, (path) => path + signed);
    await push();
    assert.ok(isStored(registry));
    const [put] = registry.matching({ method: "PUT" });
    const digest = encodeURIComponent(BLOB.descriptor.digest);
    assert.ok(put?.path.endsWith(`${signed}&digest=${digest}`), put?.path);
  });

  test("has no use for a user in its place", async (t) => {
    const { push, registry } = await open(t, (path) => {
      const host = registry.host;
      return `http://other:secret@${host}${path}#part`;
    });
    await push();
    assert.equal(registry.matching({ method: "PUT" })[0]?.authorization, "bearer");
  });
});

describe("an upload that leads to another host", () => {
  test("takes nothing along but the upload", async (t) => {
    const storage = await openStorage(t);
    const { push, registry } = await open(t, (path) => `http://${storage.host}${path}?sig=1`);
    assert.equal(await push(), "uploaded");
    const put = storage.requests[0];
    assert.ok(put !== undefined);
    assert.equal(put.method, "PUT");
    assert.equal(put.headers.authorization, undefined);
    assert.equal(put.headers["content-length"], String(BLOB.bytes.length));
    assert.equal(put.headers["content-type"], "application/octet-stream");
    assert.equal(registry.matching({ kind: "upload" }).length, 2, "a challenge, and its answer");
  });

  test("does not answer its challenge, and asks the registry anew", async (t) => {
    const storage = await openStorage(t);
    storage.statuses.push(401);
    storage.headers = { "www-authenticate": 'Basic realm="give it to me"' };
    const { push, registry } = await open(t, (path) => `http://${storage.host}${path}`);
    await push();
    assert.deepEqual(
      storage.requests.map(({ method, headers }) => [method, headers.authorization]),
      [
        ["PUT", undefined],
        ["PUT", undefined],
      ],
    );
    assert.equal(registry.count({ method: "POST", kind: "upload", status: 202 }), 2);
  });

  test("asks it to delete nothing, whatever it refuses", async (t) => {
    const storage = await openStorage(t);
    storage.statuses.push(413);
    const { push } = await open(t, (path) => `http://${storage.host}${path}`);
    await assert.rejects(push(), { code: "NO_ROOM" });
    assert.deepEqual(
      storage.requests.map(({ method }) => method),
      ["PUT"],
    );
  });

  test("another port of the same host is another host", async (t) => {
    const storage = await openStorage(t);
    const { push } = await open(t, (path) => `http://${storage.host}${path}`);
    await push();
    assert.equal(storage.requests[0]?.headers.authorization, undefined);
  });

  test("never comes back with what that host wants written", async (t) => {
    const storage = await openStorage(t);
    storage.statuses.push(503, 204);
    const { push, registry } = await open(t, (path) => `http://${storage.host}${path}`);
    const there = `${registry.url}/v2/${REPOSITORY}/manifests/latest`;
    storage.headers = { location: there, range: "0-0" };
    await assert.rejects(push(), {
      code: "REGISTRY",
      message: /back to the registry that sent it/,
    });
    assert.equal(registry.count({ kind: "manifest" }), 0);
  });
});

describe("an upload by a proxy", () => {
  for (const scheme of ["http", "https"] as const) {
    test(`goes all the way by it, over ${scheme}`, async (t) => {
      const authority = createAuthority();
      const tls = createServerCertificate(authority, { names: ["registry.test"] });
      const registry = await serve(t, scheme === "https" ? { tls } : {});
      const port = scheme === "https" ? 443 : 80;
      const proxy = await startProxy(t, { ports: { [`registry.test:${port}`]: registry.port } });
      const { writer, context } = openPushWorld(t);
      const origin = originAt("registry.test", {
        plainHttp: scheme === "http",
        proxy: new URL(proxy.url),
        tls: { skipVerify: false, certificateAuthorities: [authority.cert] },
      });
      const blob = blobOf(Buffer.alloc(300_000, "x"));
      await writer.pushBlob(origin, blob, context);
      const stored = registry.repository(REPOSITORY).blob(blob.descriptor.digest);
      assert.deepEqual(Buffer.from(stored ?? []), blob.bytes);
      const methods = new Set(proxy.asked.map((line) => line.split(" ")[0]));
      assert.deepEqual([...methods], scheme === "http" ? ["POST", "PUT"] : ["CONNECT"]);
    });
  }
});

describe("an upload that leads nowhere", () => {
  const nowhere: readonly (readonly [string, string, RegExp])[] = [
    [
      "to another protocol",
      "ftp://127.0.0.1/x",
      /leads the upload to ftp:, neither http: nor https:/,
    ],
    ["to no URL", "http://", /leads the upload to something that is no URL/],
    ["to no place at all", "", /begins an upload without saying where/],
  ];
  for (const [name, location, words] of nowhere) {
    test(name, async (t) => {
      const { push, registry } = await open(t, () => location);
      await assert.rejects(push(), { code: "REGISTRY", message: words });
      assert.equal(registry.count({ method: "PUT" }), 0);
    });
  }

  test("from HTTPS to plain HTTP, and says what to set", async (t) => {
    const { authority, server } = createCertificates();
    const registry = await serve(t, {
      tls: server,
      quirks: { uploads: { location: (path) => `http://127.0.0.1:1${path}` } },
    });
    const { writer, context } = openPushWorld(t);
    const tls = { skipVerify: false, certificateAuthorities: [authority.cert] };
    const origin = originAt(registry.host, { plainHttp: false, tls });
    await assert.rejects(writer.pushBlob(origin, BLOB, context), {
      code: "REGISTRY",
      message:
        /leads the upload from HTTPS to plain HTTP[^]*hint: have the registry name its uploads by the https:/,
    });
    assert.deepEqual(trafficOf(registry), ["POST upload 202"]);
  });
});
