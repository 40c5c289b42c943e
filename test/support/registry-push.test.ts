import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import { registryFor } from "./registry-for-test";
import { codeOf, manifestOf, putManifest } from "./registry-requests";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

describe("pushing", () => {
  test("what is pushed by HTTP is pulled with the same bytes, types and digests", async (t) => {
    const registry = await registryFor(t);
    const base = `${registry.url}/v2/team/app`;
    const begun = await fetch(`${base}/blobs/uploads/`, { method: "POST" });
    assert.equal(begun.status, 202);
    const location = new URL(begun.headers.get("location") ?? "", registry.url);
    location.searchParams.set("digest", digestOf("hello"));
    const done = await fetch(location, { method: "PUT", body: "hello" });
    assert.equal(done.status, 201);
    assert.equal(done.headers.get("location"), `/v2/team/app/blobs/${digestOf("hello")}`);

    const text = manifestOf(["hello"]);
    const put = await putManifest(base, "1", text);
    assert.equal(put.status, 201);
    assert.equal(put.headers.get("docker-content-digest"), digestOf(text));

    for (const reference of ["1", digestOf(text)]) {
      const pulled = await fetch(`${base}/manifests/${reference}`, {
        headers: { accept: MANIFEST },
      });
      assert.equal(pulled.headers.get("content-type"), MANIFEST);
      assert.equal(pulled.headers.get("docker-content-digest"), digestOf(text));
      assert.equal(await pulled.text(), text);
    }
    assert.equal(await (await fetch(`${base}/blobs/${digestOf("hello")}`)).text(), "hello");
  });

  test("an upload may come in chunks, in order, and tells how far it is", async (t) => {
    const registry = await registryFor(t);
    const begun = await fetch(`${registry.url}/v2/a/blobs/uploads/`, { method: "POST" });
    const location = new URL(begun.headers.get("location") ?? "", registry.url);
    const patch = (body: string, range: string): Promise<Response> =>
      fetch(location, { method: "PATCH", body, headers: { "content-range": range } });

    const first = await patch("hel", "0-2");
    assert.deepEqual([first.status, first.headers.get("range")], [202, "0-2"]);
    const early = await patch("!", "9-9");
    assert.deepEqual([early.status, early.headers.get("range")], [416, "0-2"]);
    const state = await fetch(location);
    assert.deepEqual([state.status, state.headers.get("range")], [204, "0-2"]);
    assert.equal((await patch("lo", "3-4")).status, 202);

    location.searchParams.set("digest", digestOf("hello", "sha512"));
    assert.equal((await fetch(location, { method: "PUT" })).status, 201);
    assert.equal((await fetch(location)).status, 404, "a finished upload is gone");
    const blob = registry.repository("a").blob(digestOf("hello", "sha512"));
    assert.equal(Buffer.from(blob ?? []).toString(), "hello");
  });

  test("one POST uploads a blob, another mounts it elsewhere, a third is told it cannot", async (t) => {
    const registry = await registryFor(t);
    const digest = digestOf("hello");
    const post = (name: string, query: string, body?: string): Promise<Response> =>
      fetch(`${registry.url}/v2/${name}/blobs/uploads/?${query}`, {
        method: "POST",
        ...(body === undefined ? {} : { body }),
      });
    assert.equal((await post("a", `digest=${digest}`, "hello")).status, 201);
    assert.equal((await post("b", `mount=${digest}&from=a`)).status, 201);
    assert.equal((await post("c", `mount=${digest}&from=nowhere`)).status, 202);
    assert.ok(registry.repository("b").blob(digest));
    assert.equal(registry.repository("c").blob(digest), undefined);
  });

  test("an upload that was given up takes no more bytes", async (t) => {
    const registry = await registryFor(t);
    const begun = await fetch(`${registry.url}/v2/a/blobs/uploads/`, { method: "POST" });
    const location = new URL(begun.headers.get("location") ?? "", registry.url);
    assert.equal((await fetch(location, { method: "DELETE" })).status, 204);
    const late = await fetch(location, { method: "PATCH", body: "x" });
    assert.deepEqual([late.status, await codeOf(late)], [404, "BLOB_UPLOAD_UNKNOWN"]);
  });

  test("what does not fit its digest, its blobs or the grammar is refused with a code", async (t) => {
    const registry = await registryFor(t);
    const base = `${registry.url}/v2/a`;
    const wrong = `${base}/blobs/uploads/?digest=${digestOf("x")}`;
    const refusals = [
      [await fetch(wrong, { method: "POST", body: "y" }), 400, "DIGEST_INVALID"],
      [await putManifest(base, "1", manifestOf(["missing"])), 400, "MANIFEST_BLOB_UNKNOWN"],
      [await putManifest(base, "1", "not json"), 400, "MANIFEST_INVALID"],
      [await putManifest(base, digestOf("x"), manifestOf([])), 400, "DIGEST_INVALID"],
      [await putManifest(base, "-bad", manifestOf([])), 400, "MANIFEST_INVALID"],
      [await putManifest(`${registry.url}/v2/UPPER`, "1", "{}"), 400, "NAME_INVALID"],
      [await fetch(`${base}/tags/list`, { method: "POST" }), 405, "UNSUPPORTED"],
    ] as const;
    for (const [response, status, code] of refusals) {
      assert.deepEqual([response.status, await codeOf(response)], [status, code]);
    }
    assert.deepEqual(registry.repository("a").tags(), []);
  });

  test("deleting a tag keeps the manifest, deleting the manifest takes its tags along", async (t) => {
    const registry = await registryFor(t);
    const repository = registry.repository("a");
    const digest = repository.putManifest(manifestOf([]), { tag: "1" });
    repository.tag("2", digest);
    const blob = repository.putBlob("x");
    const remove = async (path: string): Promise<number> =>
      (await fetch(`${registry.url}/v2/a/${path}`, { method: "DELETE" })).status;

    assert.equal(await remove("manifests/1"), 202);
    assert.equal(await remove("manifests/1"), 404);
    assert.deepEqual(repository.tags(), ["2"]);
    assert.equal(await remove(`manifests/${digest}`), 202);
    assert.deepEqual(repository.tags(), []);
    assert.equal(await remove(`blobs/${blob}`), 202);
    assert.equal(await remove(`blobs/${blob}`), 404);
  });
});
