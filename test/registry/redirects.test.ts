import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { digestOf } from "../../provider/digest";
import type { TestRegistry } from "../support/registry-types";
import { collect, endpointAt, explicit, LOGIN, openWorld, REPOSITORY, serve } from "./world";

const BLOB = Buffer.from("the content");
const DESCRIPTOR = { mediaType: "a/b", digest: digestOf(BLOB), size: BLOB.length, annotations: {} };

/** A registry with a password, and storage on another port. */
async function open(t: TestContext) {
  const registry = await serve(t, { auth: { kind: "basic", ...LOGIN } });
  const storage = await serve(t);
  storage.repository(REPOSITORY).putBlob(BLOB);
  registry.repository(REPOSITORY).putBlob(BLOB);
  const { client, context } = openWorld(t);
  const endpoint = endpointAt(registry.host, { credential: explicit() });
  return {
    registry,
    storage,
    read: () => collect(client.getBlob(endpoint, DESCRIPTOR, context)),
  };
}

function redirect(from: TestRegistry, location: string, times = Infinity) {
  return from.fault({ kind: "blob", times, then: { kind: "redirect", location } });
}

const PATH = `/v2/${REPOSITORY}/blobs/${DESCRIPTOR.digest}`;

describe("redirects", () => {
  test("another port gets the content's request, and no credential", async (t) => {
    const { registry, storage, read } = await open(t);
    redirect(registry, `${storage.url}${PATH}?signature=s`);
    assert.deepEqual(await read(), BLOB);
    const [request] = storage.requests;
    assert.equal(request?.path, `${PATH}?signature=s`);
    assert.equal(request.authorization, "none");
    assert.equal(request.headers["accept-encoding"], "identity");
  });

  test("a location in raw UTF-8 is the path that it spells", async (t) => {
    const { registry, storage, read } = await open(t);
    const spelled = `${storage.url}${PATH}?name=gr\u00fcn`;
    redirect(registry, Buffer.from(spelled, "utf8").toString("latin1"));
    assert.deepEqual(await read(), BLOB);
    assert.equal(storage.requests[0]?.path, `${PATH}?name=gr%C3%BCn`);
  });

  test("another name of the same server gets none either", async (t) => {
    const { registry, read } = await open(t);
    redirect(registry, `http://${registry.localhost}${PATH}`, 1);
    await assert.rejects(read(), { code: "UNAUTHORIZED" });
    assert.deepEqual(
      registry.matching({ kind: "blob" }).map(({ host, authorization }) => [host, authorization]),
      [
        [registry.host, "none"],
        [registry.host, "basic"],
        [registry.localhost, "none"],
      ],
    );
  });

  test("a relative location stays at home, with the credential", async (t) => {
    const { registry, read } = await open(t);
    redirect(registry, "./x", 1);
    registry.fault({
      kind: "blob",
      reference: "x",
      when: "any",
      then: { kind: "status", status: 200, body: BLOB },
    });
    assert.deepEqual(await read(), BLOB);
    assert.equal(registry.requests.at(-1)?.authorization, "basic");
  });

  test("the way back from elsewhere brings no credential", async (t) => {
    const { registry, storage, read } = await open(t);
    redirect(registry, `${storage.url}${PATH}`, 1);
    redirect(storage, `${registry.url}${PATH}`);
    await assert.rejects(read(), { code: "UNAUTHORIZED" });
    assert.equal(registry.requests.at(-1)?.authorization, "none");
    // Nor is the challenge at the end of that way answered.
    assert.equal(registry.requests.length, 3);
  });

  test("a loop ends by the limit", async (t) => {
    const { registry, read } = await open(t);
    redirect(registry, PATH);
    await assert.rejects(read(), { code: "LIMIT_EXCEEDED", message: /limits\.redirects/ });
    assert.equal(registry.count({ kind: "blob" }), 1 + 6);
  });

  for (const [location, reason] of [
    ["file:///etc/passwd", /file:/],
    ["", /without saying where/],
    ["https://[", /no URL/],
  ] as const) {
    test(`to "${location}" fails, once`, async (t) => {
      const { registry, read } = await open(t);
      redirect(registry, location);
      await assert.rejects(read(), { code: "REGISTRY", message: reason });
      assert.equal(registry.count({ kind: "blob" }), 2);
    });
  }

  test("storage that refuses is named, and starts no conversation", async (t) => {
    const { registry, storage, read } = await open(t);
    redirect(registry, `${storage.url}${PATH}?signature=geheim`);
    storage.fault({ kind: "blob", then: { kind: "status", status: 403 } });
    await assert.rejects(read(), (error: Error & { code?: string }) => {
      assert.equal(error.code, "FORBIDDEN");
      assert.match(error.message, /the host it redirects to denies access/);
      assert.ok(error.message.includes(`${registry.url}: ${storage.url}: answered 403`));
      assert.ok(!error.message.includes("geheim"));
      return true;
    });
    assert.equal(storage.requests.length, 1);
  });

  test("storage that stumbles is asked again through the registry", async (t) => {
    const { registry, storage, read } = await open(t);
    redirect(registry, `${storage.url}${PATH}`);
    storage.fault({ kind: "blob", times: 1, then: { kind: "status", status: 503 } });
    assert.deepEqual(await read(), BLOB);
    assert.equal(registry.count({ kind: "blob" }), 3);
    assert.equal(storage.requests.length, 2);
  });
});
