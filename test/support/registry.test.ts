import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import { startRegistry } from "./registry";
import { registryFor } from "./registry-for-test";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

describe("request log", () => {
  test("an entry is whole when its answer has been read", async (t) => {
    const registry = await registryFor(t);
    registry.repository("team/app").putManifest({ schemaVersion: 2 }, { tag: "1" });
    const headers = { accept: MANIFEST, authorization: "Basic eDp5" };
    await (await fetch(`${registry.url}/v2/team/app/manifests/1?x=y`, { headers })).text();
    const [entry] = registry.requests;
    assert.ok(entry);
    const { at, headers: logged, ...rest } = entry;
    assert.deepEqual(rest, {
      kind: "manifest",
      repository: "team/app",
      reference: "1",
      method: "GET",
      path: "/v2/team/app/manifests/1?x=y",
      host: registry.host,
      server: "registry",
      authorization: "basic",
      status: 200,
    });
    assert.equal(logged.accept, MANIFEST);
    assert.ok(at <= Date.now());
  });

  test("requests are counted by method, kind, repository, reference and status", async (t) => {
    const registry = await registryFor(t);
    const digest = registry.repository("a").putBlob("x");
    await fetch(`${registry.url}/v2/a/blobs/${digest}`);
    await fetch(`${registry.url}/v2/a/blobs/${digest}`, { method: "HEAD" });
    await fetch(`${registry.url}/v2/a/blobs/${digestOf("y")}`);
    await fetch(`${registry.url}/v2/a/manifests/1`);
    assert.equal(registry.count(), 4);
    assert.equal(registry.count({ kind: "blob" }), 3);
    assert.equal(registry.count({ kind: "blob", method: "GET" }), 2);
    assert.equal(registry.count({ status: 404 }), 2);
    assert.equal(registry.count({ reference: digest }), 2);
    assert.equal(registry.count({ reference: (text) => text.startsWith("sha256:") }), 3);
    assert.equal(registry.count({ repository: "b" }), 0);
    assert.deepEqual(registry.matching({ method: "HEAD" })[0]?.reference, digest);
    registry.clearRequests();
    assert.equal(registry.count(), 0);
  });
});

describe("life of a registry", () => {
  test("a stopped registry refuses connections, and comes back with port and content", async (t) => {
    const registry = await registryFor(t);
    registry.repository("a").tag("1", digestOf("x"));
    await (await fetch(`${registry.url}/v2/`)).text();
    await registry.stop();
    await assert.rejects(fetch(`${registry.url}/v2/`));
    await registry.start();
    const tags = await fetch(`${registry.url}/v2/a/tags/list`);
    assert.deepEqual(await tags.json(), { name: "a", tags: ["1"] });
  });

  test("closing ends requests under way, and closing again is no error", async () => {
    const registry = await startRegistry();
    registry.fault({ kind: "ping", then: { kind: "stall" } });
    const ended = assert.rejects(fetch(`${registry.url}/v2/`));
    while (registry.count() === 0) await new Promise((resolve) => setImmediate(resolve));
    await registry.close();
    await registry.close();
    await ended;
  });
});
