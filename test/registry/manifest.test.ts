import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { digestOf } from "../../provider/digest";
import type { TestRegistry } from "../support/registry-types";
import { endpointAt, openWorld, REPOSITORY, serve, type WorldOptions } from "./world";

const MANIFEST = Buffer.from('{"schemaVersion":2,"layers":[]}');
const DIGEST = digestOf(MANIFEST);
const TYPE = "application/vnd.oci.image.manifest.v1+json";

/** A registry with one tagged manifest, and what asks it. */
async function open(t: TestContext, options: WorldOptions = {}, signal?: AbortSignal) {
  const registry = await serve(t);
  registry.repository(REPOSITORY).putManifest(MANIFEST, { tag: "1.0", mediaType: TYPE });
  const world = openWorld(t, signal === undefined ? options : { ...options, signal });
  const endpoint = endpointAt(registry.host);
  return {
    ...world,
    registry,
    get: (reference = "1.0") => world.client.getManifest(endpoint, reference, world.context),
    head: (reference = "1.0") => world.client.headManifest(endpoint, reference, world.context),
  };
}

/** Spoils the headers of every manifest. */
function spoilHeaders(registry: TestRegistry, set: Readonly<Record<string, string | undefined>>) {
  registry.fault({ kind: "manifest", then: { kind: "headers", set } });
}

describe("getManifest", () => {
  test("by tag: the digest is of the bytes, in one request that asks for all kinds", async (t) => {
    const { get, registry } = await open(t);
    assert.deepEqual(await get(), { bytes: MANIFEST, digest: DIGEST, mediaType: TYPE });
    const [request, ...others] = registry.requests;
    assert.equal(others.length, 0);
    assert.equal(request?.path, "/v2/team/app/manifests/1.0");
    assert.equal(request.headers["accept-encoding"], "identity");
    assert.equal(request.headers.authorization, undefined);
    for (const part of ["oci.image.manifest.v1", "oci.image.index.v1", "manifest.v2", "list.v2"]) {
      assert.ok(request.headers.accept?.includes(part), part);
    }
  });

  test("by digest, sha256 and sha512", async (t) => {
    const { get, registry } = await open(t);
    const long = digestOf(MANIFEST, "sha512");
    registry.repository(REPOSITORY).putManifest(MANIFEST, { digest: long });
    assert.equal((await get(DIGEST)).digest, DIGEST);
    assert.equal((await get(long)).digest, long);
  });

  test("parameters of the media type are dropped, a missing one is undefined", async (t) => {
    const { get, registry } = await open(t);
    spoilHeaders(registry, { "content-type": `${TYPE}; charset=utf-8` });
    assert.equal((await get()).mediaType, TYPE);
    registry.clearFaults();
    spoilHeaders(registry, { "content-type": undefined });
    assert.equal((await get()).mediaType, undefined);
  });

  test("other bytes than the digest asks for fail, and both are named", async (t) => {
    const { get, registry } = await open(t);
    const other = Buffer.from("{}");
    registry.fault({ kind: "manifest", then: { kind: "body", bytes: other } });
    await assert.rejects(get(DIGEST), (error: Error & { code?: string }) => {
      assert.equal(error.code, "DIGEST_MISMATCH");
      assert.ok(error.message.includes(DIGEST) && error.message.includes(digestOf(other)));
      return true;
    });
  });

  test("a Docker-Content-Digest that disagrees fails, one that is missing does not", async (t) => {
    const { get, registry } = await open(t);
    for (const value of [digestOf("other"), digestOf("other", "sha512"), "sha256:short"]) {
      registry.fault({ kind: "manifest", times: 1, then: { kind: "digestHeader", value } });
      await assert.rejects(get(), { code: "DIGEST_MISMATCH" }, value);
    }
    registry.fault({ kind: "manifest", times: 1, then: { kind: "digestHeader" } });
    assert.equal((await get()).digest, DIGEST);
    const value = digestOf(MANIFEST, "sha512");
    registry.fault({ kind: "manifest", times: 1, then: { kind: "digestHeader", value } });
    assert.equal((await get()).digest, DIGEST);
  });

  test("the limit holds with and without Content-Length, and names itself", async (t) => {
    const { get, registry } = await open(t, { limits: { manifestBytes: MANIFEST.length - 1 } });
    await assert.rejects(get(), { code: "LIMIT_EXCEEDED", message: /limits\.manifestBytes/ });
    registry.fault({ kind: "manifest", then: { kind: "endless" } });
    await assert.rejects(get(), { code: "LIMIT_EXCEEDED" });
    const exact = await open(t, { limits: { manifestBytes: MANIFEST.length } });
    assert.equal((await exact.get()).digest, DIGEST);
  });

  test("a Content-Length that lies: less is other bytes, more is a cut", async (t) => {
    const { get, registry } = await open(t);
    registry.fault({ kind: "manifest", then: { kind: "contentLength", value: 10 } });
    await assert.rejects(get(DIGEST), { code: "DIGEST_MISMATCH" });
    registry.clearFaults();
    registry.fault({ kind: "manifest", then: { kind: "contentLength", value: 1_000 } });
    await assert.rejects(get(DIGEST), { code: "UNREACHABLE" });
  });

  test("an encoded answer is refused", async (t) => {
    const { get, registry } = await open(t);
    for (const encoding of ["gzip", "identity, br", `gzip${", gzip".repeat(100)}`]) {
      registry.clearFaults();
      spoilHeaders(registry, { "content-encoding": encoding });
      await assert.rejects(get(), { code: "REGISTRY", message: /encodes the content as/ });
    }
    registry.clearFaults();
    spoilHeaders(registry, { "content-encoding": "Identity" });
    assert.equal((await get()).digest, DIGEST);
  });

  test("what is not there is told in the registry's words", async (t) => {
    const { get, registry } = await open(t);
    await assert.rejects(get("2.0"), (error: Error & { code?: string; status?: number }) => {
      assert.equal(error.code, "NOT_FOUND");
      assert.equal(error.status, 404);
      const lines = error.message.split("\n");
      assert.equal(
        lines[0],
        `cannot read the manifest of ${registry.host}/team/app:2.0: the registry does not have it`,
      );
      assert.match(
        lines[1] ?? "",
        new RegExp(`^  ${registry.url}: answered 404, MANIFEST_UNKNOWN`),
      );
      assert.match(lines[2] ?? "", /^hint: check the name and the tag/);
      return true;
    });
    assert.equal(registry.requests.length, 1);
  });

  test("the login page of a proxy is no manifest that has to be pushed again", async (t) => {
    const { get, registry } = await open(t);
    for (const page of [
      "<html>Log in</html>",
      "\ufeff\n<!doctype html>",
      " <?xml version='1.0'?>",
    ]) {
      const headers = { "content-type": "text/html" };
      const then = { kind: "status", status: 200, headers, body: page } as const;
      registry.fault({ kind: "manifest", times: 1, then });
      await assert.rejects(get(), (error: Error & { code?: string }) => {
        assert.equal(error.code, "REGISTRY", page);
        assert.match(error.message, /: the registry sends a web page in the place of a manifest\n/);
        assert.match(
          error.message,
          /\nhint: check that the host is a registry, .*login page of a proxy/,
        );
        return true;
      });
    }
  });

  test("a page with the digest that is asked for is told by what it is not", async (t) => {
    const { get, registry } = await open(t);
    const page = Buffer.from("<html>");
    registry.repository(REPOSITORY).putManifest(page, { mediaType: TYPE });
    assert.deepEqual((await get(digestOf(page))).bytes, page);
    registry.fault({ kind: "manifest", then: { kind: "body", bytes: page } });
    await assert.rejects(get(DIGEST), { code: "DIGEST_MISMATCH" });
  });

  test("what a registry says cannot steer the terminal or hide the hint", async (t) => {
    const { get, registry } = await open(t);
    const message = `\u001b[2J\u202e${"long ".repeat(500)}`;
    const body = { errors: [{ code: "DENIED", message }] };
    registry.fault({ kind: "manifest", then: { kind: "status", status: 403, body } });
    await assert.rejects(get(), (error: Error & { code?: string }) => {
      assert.equal(error.code, "FORBIDDEN");
      assert.ok(!error.message.includes("\u001b") && !error.message.includes("\u202e"));
      assert.ok(error.message.length < 700);
      assert.match(error.message, /DENIED: /);
      return true;
    });
  });
});

describe("headManifest", () => {
  test("tells digest and type", async (t) => {
    const { head, registry } = await open(t);
    assert.deepEqual(await head(), { digest: DIGEST, mediaType: TYPE });
    assert.deepEqual(
      registry.requests.map(({ method, path }) => `${method} ${path}`),
      ["HEAD /v2/team/app/manifests/1.0"],
    );
  });

  test("is undefined where HEAD is no use, after one request", async (t) => {
    for (const status of [400, 403, 404, 405, 500, 501]) {
      const { head, registry } = await open(t);
      registry.fault({ kind: "manifest", then: { kind: "status", status } });
      assert.equal(await head(), undefined, String(status));
      assert.equal(registry.requests.length, 1, String(status));
    }
    const { head, registry } = await open(t);
    registry.fault({ kind: "manifest", times: 1, then: { kind: "digestHeader" } });
    assert.equal(await head(), undefined);
    const value = digestOf("other");
    registry.fault({ kind: "manifest", times: 1, then: { kind: "digestHeader", value } });
    assert.equal(await head(DIGEST), undefined);
  });
});

describe("trying again", () => {
  for (const status of [408, 425, 429, 500, 503]) {
    test(`${status} that passes`, async (t) => {
      const { get, registry, pauses } = await open(t);
      registry.fault({ kind: "manifest", times: 4, then: { kind: "status", status } });
      assert.equal((await get()).digest, DIGEST);
      assert.equal(registry.requests.length, 5);
      assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000]);
    });
  }

  test("resets, before the answer and in the middle of it", async (t) => {
    const { get, registry } = await open(t);
    registry.fault({ kind: "manifest", times: 1, then: { kind: "reset" } });
    registry.fault({ kind: "manifest", times: 1, then: { kind: "reset", afterBytes: 5 } });
    assert.equal((await get()).digest, DIGEST);
    assert.equal(registry.requests.length, 3);
  });

  test("Retry-After is kept to", async (t) => {
    const { get, registry, pauses } = await open(t);
    const headers = { "retry-after": "7" };
    registry.fault({ kind: "manifest", times: 1, then: { kind: "status", status: 429, headers } });
    await get();
    assert.deepEqual(pauses, [7_000]);
  });

  test("five tries, then the error says what the last one was", async (t) => {
    const { get, registry } = await open(t);
    for (const [status, code] of [
      [429, "RATE_LIMITED"],
      [502, "UNREACHABLE"],
    ] as const) {
      registry.clearFaults();
      registry.clearRequests();
      registry.fault({ kind: "manifest", then: { kind: "status", status } });
      await assert.rejects(get(), { code, status });
      assert.equal(registry.requests.length, 5);
    }
  });

  test("a HEAD that is limited to the end is not asked again as a GET, which would count", async (t) => {
    const { head, registry } = await open(t);
    registry.fault({ kind: "manifest", then: { kind: "status", status: 429 } });
    await assert.rejects(head(), { code: "RATE_LIMITED", status: 429 });
    assert.deepEqual(
      registry.requests.map(({ method }) => method),
      ["HEAD", "HEAD", "HEAD", "HEAD", "HEAD"],
    );
  });

  test("a host that is gone gets one more look", async (t) => {
    const { get, registry, pauses } = await open(t);
    await registry.stop();
    await assert.rejects(get(), { code: "UNREACHABLE", message: /ECONNREFUSED/ });
    assert.deepEqual(pauses, [250]);
  });
});

describe("deadlines and cancelling", () => {
  test("a registry that never answers is named, with the option", async (t) => {
    const { get, registry } = await open(t, { deadlines: { headers: 50 } });
    registry.fault({ kind: "manifest", then: { kind: "stall" } });
    await assert.rejects(get(), { code: "TIMEOUT", message: /timeouts\.stall/ });
    assert.equal(registry.requests.length, 2);
  });

  test("so is one that falls silent midway, and one that trickles", async (t) => {
    for (const deadlines of [{ stall: 50 }, { document: 50 }]) {
      const { get, registry } = await open(t, { deadlines });
      registry.fault({ kind: "manifest", then: { kind: "stall", afterBytes: 3 } });
      await assert.rejects(get(), { code: "TIMEOUT" });
    }
  });

  test("closing the client ends what is under way, and what comes later", async (t) => {
    const { get, registry, client } = await open(t);
    const handle = (): void => {
      void client.close();
    };
    registry.fault({ kind: "manifest", then: { kind: "handler", handle } });
    await assert.rejects(get(), { code: "CANCELLED" });
    await assert.rejects(get(), { code: "CANCELLED" });
    assert.equal(registry.requests.length, 1);
  });

  test("the signal ends a request and a pause", async (t) => {
    const stop = new AbortController();
    const { get, registry } = await open(t, {}, stop.signal);
    registry.fault({
      kind: "manifest",
      then: {
        kind: "handler",
        handle: () => {
          stop.abort();
        },
      },
    });
    await assert.rejects(get(), { code: "CANCELLED" });
    assert.equal(registry.requests.length, 1);
    await assert.rejects(get(), { code: "CANCELLED" });
    assert.equal(registry.requests.length, 1);
  });
});

test("undici is loaded by the first question, and not by its front door", () => {
  const client = join(__dirname, "../../provider/registry/client.js");
  const script = `
    const { createRegistryClient } = require(${JSON.stringify(client)});
    const loaded = () => Object.keys(require.cache).filter((file) => file.includes("/undici/"));
    const settings = { proxy: { none: "" }, certificateDirectories: [], root: "/nowhere" };
    const registry = createRegistryClient(settings, { findCredential: async () => undefined });
    const before = loaded().length;
    const endpoint = { host: "127.0.0.1:1", repository: "a", plainHttp: true, tls: { certificateAuthorities: [] } };
    const context = { settings, limits: {}, signal: new AbortController().signal };
    registry.getManifest(endpoint, "1", context).catch(() => {
      console.log(before, loaded().length > 0, loaded().some((file) => file.endsWith("undici/index.js")));
    });`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
  assert.deepEqual([stdout, stderr], ["0 true false\n", ""]);
});
