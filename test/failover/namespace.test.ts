/** `namespace-proxy`: one host that stands for many registries is told which one, and nobody else is. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { fallbackTag } from "../../provider/registry/referrers";
import { buildArtifact } from "../support/artifacts";
import { registryFor } from "../support/registry-for-test";
import type { RegistryOptions } from "../support/registry-types";
import { artifactOf, CACHED, indexOf, LAYER, mirrorAt, openRun, siteWith } from "./world";

const ARTIFACT = buildArtifact(artifactOf(LAYER));
const LOGIN = { username: "robot", password: "correct horse" };

async function open(
  t: Parameters<typeof openRun>[0],
  options: RegistryOptions = {},
  value = "ghcr.io",
) {
  const mirror = await siteWith(t, "mirror", ARTIFACT, options);
  const credential = { ...LOGIN, source: "the test", explicit: true };
  const endpoint = mirrorAt(mirror.host, { namespaceProxy: value, credential });
  const searches = () => mirror.requests.map(({ path }) => path.split("?")[1] ?? "");
  return { ...openRun(t), mirror, endpoint, searches };
}

test("manifests by GET and HEAD, and blobs, also the rest of a broken one, carry it", async (t) => {
  const { endpoint, mirror, pull, rooms, searches } = await open(t);
  mirror.fault({ kind: "blob", times: 1, then: { kind: "reset", afterBytes: 1_000 } });
  const own = rooms();
  await pull([endpoint], {}, own);
  await pull([endpoint], {}, own);
  assert.deepEqual(
    mirror.requests.map(({ method, kind }) => `${method} ${kind}`),
    ["GET manifest", "GET blob", "GET blob", "HEAD manifest"],
  );
  assert.deepEqual(searches(), Array(4).fill("ns=ghcr.io"));
});

test("a value with a port and a path is written as a query wants it", async (t) => {
  const { endpoint, pull, searches } = await open(t, {}, "host:5000/a b&c");
  await pull([endpoint]);
  assert.deepEqual(searches(), Array(2).fill("ns=host%3A5000%2Fa+b%26c"));
});

test("every page of the tags carries it, also where its link does not, or says another", async (t) => {
  for (const more of ["", "&ns=evil.example"]) {
    const quirks = {
      tagsPerPage: 1,
      link: ({ pathname, searchParams }: URL) =>
        `${pathname}?n=1&last=${searchParams.get("last") ?? ""}${more}`,
    };
    const { client, context, endpoint, mirror, searches } = await open(t, { quirks });
    for (const tag of ["2", "3"]) mirror.repository(CACHED).tag(tag, ARTIFACT.digest);
    assert.deepEqual(await client.listTags(endpoint, context), ["1", "2", "3"]);
    assert.deepEqual(searches(), ["ns=ghcr.io", "n=1&last=1&ns=ghcr.io", "n=1&last=2&ns=ghcr.io"]);
  }
});

test("so does every page of the referrers, and the tag in their place", async (t) => {
  const { client, context, endpoint, mirror, searches } = await open(t);
  const headers = { link: "<?page=2>; rel=next", "content-type": INDEX };
  const then = { kind: "status", status: 200, headers, body: indexOf([]) } as const;
  mirror.fault({ kind: "referrers", times: 1, then });
  await client.getReferrers(endpoint, ARTIFACT.digest, context);
  assert.deepEqual(searches(), ["ns=ghcr.io", "page=2&ns=ghcr.io"]);
  mirror.clearRequests();
  mirror.fault({ kind: "referrers", then: { kind: "status", status: 404 } });
  await client.getReferrers(endpoint, ARTIFACT.digest, context);
  assert.deepEqual(searches(), ["ns=ghcr.io", "ns=ghcr.io"]);
  assert.equal(mirror.requests[1]?.reference, fallbackTag(ARTIFACT.digest));
});

const INDEX = "application/vnd.oci.image.index.v1+json";

test("token services and storage never see it", async (t) => {
  const storage = await registryFor(t);
  storage.fault({ kind: "other", then: { kind: "status", status: 200, body: LAYER } });
  const auth = { kind: "token", ...LOGIN, realm: "separate" } as const;
  const { endpoint, mirror, pull } = await open(t, { auth });
  const location = `${storage.url}/bucket/x?signature=1`;
  mirror.fault({ kind: "blob", then: { kind: "redirect", location } });
  await pull([endpoint]);
  const asked = (server: "token" | "registry") =>
    mirror.requests.filter((request) => request.server === server);
  assert.ok(asked("token").length > 0);
  assert.ok(asked("token").every(({ path, form }) => !`${path}${form ?? ""}`.includes("ns=")));
  assert.ok(asked("registry").every(({ path }) => path.endsWith("?ns=ghcr.io")));
  assert.deepEqual(
    storage.requests.map(({ path }) => path),
    ["/bucket/x?signature=1"],
  );
});

test("nothing carries it where there is none", async (t) => {
  const { endpoint, pull, searches } = await open(t);
  const { namespaceProxy: _none, ...plain } = endpoint;
  await pull([plain]);
  assert.deepEqual(searches(), ["", ""]);
});
