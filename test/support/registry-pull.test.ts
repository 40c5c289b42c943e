import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import type { TestRegistry } from "./registry";
import { registryFor } from "./registry-for-test";
import { codeOf, manifestOf, putManifest } from "./registry-requests";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

describe("pulling", () => {
  test("the ping tells that this is a registry", async (t) => {
    const registry = await registryFor(t);
    assert.equal((await fetch(`${registry.url}/v2/`)).status, 200);
    assert.equal((await fetch(`http://${registry.localhost}/v2/`)).status, 200);
  });

  test("HEAD has the headers of GET and no body", async (t) => {
    const registry = await registryFor(t);
    const digest = registry.repository("a").putBlob("hello");
    const head = await fetch(`${registry.url}/v2/a/blobs/${digest}`, { method: "HEAD" });
    assert.equal(head.headers.get("content-length"), "5");
    assert.equal(head.headers.get("docker-content-digest"), digest);
    assert.equal(await head.text(), "");
  });

  const ranges: readonly (readonly [string, number, string, string | null])[] = [
    ["bytes=1-3", 206, "ell", "bytes 1-3/5"],
    ["bytes=2-", 206, "llo", "bytes 2-4/5"],
    ["bytes=-2", 206, "lo", "bytes 3-4/5"],
    ["bytes=3-99", 206, "lo", "bytes 3-4/5"],
    ["bytes=0-0,2-2", 200, "hello", null],
    ["bytes=3-1", 200, "hello", null],
    ["lines=1-2", 200, "hello", null],
  ];
  for (const [range, status, body, contentRange] of ranges) {
    test(`a blob with Range ${range} answers ${status}`, async (t) => {
      const registry = await registryFor(t);
      const digest = registry.repository("a").putBlob("hello");
      const response = await fetch(`${registry.url}/v2/a/blobs/${digest}`, { headers: { range } });
      assert.equal(response.status, status);
      assert.equal(response.headers.get("content-range"), contentRange);
      assert.equal(await response.text(), body);
    });
  }

  test("a range beyond the end answers 416 with the size", async (t) => {
    const registry = await registryFor(t);
    const digest = registry.repository("a").putBlob("hello");
    const headers = { range: "bytes=5-" };
    const response = await fetch(`${registry.url}/v2/a/blobs/${digest}`, { headers });
    assert.equal(response.status, 416);
    assert.equal(response.headers.get("content-range"), "bytes */5");
  });

  test("what is not there has a code for each kind", async (t) => {
    const registry = await registryFor(t);
    registry.repository("a");
    const absent = [
      ["nowhere/tags/list", 404, "NAME_UNKNOWN"],
      ["a/manifests/1", 404, "MANIFEST_UNKNOWN"],
      [`a/blobs/${digestOf("x")}`, 404, "BLOB_UNKNOWN"],
      ["a/blobs/sha256:short", 400, "DIGEST_INVALID"],
    ] as const;
    for (const [path, status, code] of absent) {
      const response = await fetch(`${registry.url}/v2/${path}`);
      assert.deepEqual([response.status, await codeOf(response)], [status, code], path);
    }
  });

  test("a manifest of a type that the client does not accept is not found", async (t) => {
    const registry = await registryFor(t);
    registry.repository("a").putManifest({ schemaVersion: 2, mediaType: INDEX }, { tag: "1" });
    const get = async (accept: string): Promise<number> =>
      (await fetch(`${registry.url}/v2/a/manifests/1`, { headers: { accept } })).status;
    assert.equal(await get(MANIFEST), 404);
    assert.equal(await get(`${MANIFEST}, ${INDEX};q=0.5`), 200);
    assert.equal(await get("*/*"), 200);
  });

  test("a repository whose name has the words of the paths is found", async (t) => {
    const registry = await registryFor(t);
    const digest = registry.repository("v2/blobs/manifests/tags").putBlob("x");
    const path = `v2/blobs/manifests/tags/blobs/${digest}`;
    assert.equal((await fetch(`${registry.url}/v2/${path}`)).status, 200);
    assert.equal(registry.requests[0]?.repository, "v2/blobs/manifests/tags");
  });

  test("the digest header is left out where that is asked for", async (t) => {
    const registry = await registryFor(t, { quirks: { omitContentDigest: true } });
    registry.repository("a").putManifest(manifestOf([]), { tag: "1" });
    const response = await fetch(`${registry.url}/v2/a/manifests/1`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("docker-content-digest"), null);
  });
});

describe("tags", () => {
  async function walk(registry: TestRegistry, first: string): Promise<readonly string[][]> {
    const pages: string[][] = [];
    for (let next: string | undefined = first; next !== undefined;) {
      const response: Response = await fetch(new URL(next, registry.url));
      pages.push(((await response.json()) as { tags: string[] }).tags);
      next = /^<(.+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];
    }
    return pages;
  }

  function tagged(registry: TestRegistry): void {
    for (const tag of ["c", "a", "e", "b", "d"]) registry.repository("a").tag(tag, digestOf("x"));
  }

  for (const link of ["relative", "absolute"] as const) {
    test(`pages follow each other by a ${link} Link`, async (t) => {
      const registry = await registryFor(t, { quirks: { link } });
      tagged(registry);
      const pages = await walk(registry, "/v2/a/tags/list?n=2");
      assert.deepEqual(pages, [["a", "b"], ["c", "d"], ["e"]]);
    });
  }

  test("without n all come, after last the rest, with n=0 none, and no garbage is taken", async (t) => {
    const registry = await registryFor(t);
    tagged(registry);
    assert.deepEqual(await walk(registry, "/v2/a/tags/list"), [["a", "b", "c", "d", "e"]]);
    assert.deepEqual(await walk(registry, "/v2/a/tags/list?last=c"), [["d", "e"]]);
    assert.deepEqual(await walk(registry, "/v2/a/tags/list?n=0"), [[]]);
    assert.equal((await fetch(`${registry.url}/v2/a/tags/list?n=x`)).status, 400);
  });

  test("a registry with pages of its own size never sends more", async (t) => {
    const registry = await registryFor(t, { quirks: { tagsPerPage: 3 } });
    tagged(registry);
    const pages = [
      ["a", "b", "c"],
      ["d", "e"],
    ];
    assert.deepEqual(await walk(registry, "/v2/a/tags/list?n=100"), pages);
  });
});

describe("referrers", () => {
  test("lists what has the subject, by artifact type or config, and says when it filtered", async (t) => {
    const registry = await registryFor(t);
    const repository = registry.repository("a");
    const subject = { mediaType: MANIFEST, digest: digestOf("subject"), size: 7 };
    const annotations = { key: "value" };
    const typed = { subject, artifactType: "application/signature", annotations };
    const signature = repository.putManifest(manifestOf([], typed));
    const config = { mediaType: "application/sbom", digest: digestOf("{}"), size: 2 };
    const sbom = repository.putManifest(manifestOf([], { subject, config }));
    repository.putManifest(manifestOf([]));

    const url = `${registry.url}/v2/a/referrers/${subject.digest}`;
    const all = await fetch(url);
    assert.equal(all.headers.get("content-type"), INDEX);
    assert.equal(all.headers.get("oci-filters-applied"), null);
    const { manifests } = (await all.json()) as { manifests: object[] };
    const type = { mediaType: MANIFEST, artifactType: "application/signature" };
    const size = Buffer.byteLength(manifestOf([], typed));
    assert.equal(manifests.length, 2);
    assert.deepEqual(manifests[0], { ...type, digest: signature, size, annotations });

    const filtered = await fetch(`${url}?artifactType=application/sbom`);
    assert.equal(filtered.headers.get("oci-filters-applied"), "artifactType");
    const found = (await filtered.json()) as { manifests: { digest: string }[] };
    assert.deepEqual(
      found.manifests.map(({ digest }) => digest),
      [sbom],
    );
  });

  test("a subject is confirmed on push, and nothing of it where the API is not there", async (t) => {
    const subject = { mediaType: MANIFEST, digest: digestOf("subject"), size: 7 };
    for (const omitReferrers of [false, true]) {
      const registry = await registryFor(t, { quirks: { omitReferrers } });
      const put = await putManifest(`${registry.url}/v2/a`, "1", manifestOf([], { subject }));
      assert.equal(put.headers.get("oci-subject"), omitReferrers ? null : subject.digest);
      const listed = await fetch(`${registry.url}/v2/a/referrers/${subject.digest}`);
      assert.equal(listed.status, omitReferrers ? 404 : 200);
    }
  });
});
