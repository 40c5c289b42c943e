import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import { OciError } from "../../provider/errors";
import {
  buildArtifact,
  buildIndex,
  MEDIA_TYPES,
  publish,
  type Artifact,
  type ArtifactContent,
} from "./artifacts";
import { createCertificates } from "./certificates";
import { pushOverHttp } from "./push-over-http";
import { registryFor } from "./registry-for-test";

const CONTENT: ArtifactContent = {
  artifactType: "application/vnd.test",
  annotations: { purpose: "test" },
  layers: [
    { bytes: "packed", mediaType: MEDIA_TYPES.tarGzip, title: "charts", unpack: true },
    { bytes: "plain", mediaType: "text/plain", title: "a.txt", annotations: { key: "value" } },
    { bytes: "bare", mediaType: MEDIA_TYPES.tar },
  ],
};

function documentOf(artifact: Artifact): Record<string, unknown> {
  return JSON.parse(artifact.manifest.toString()) as Record<string, unknown>;
}

describe("documents", () => {
  test("an artifact: layers with their titles, the empty config, a type", () => {
    const artifact = buildArtifact(CONTENT);
    const title = "org.opencontainers.image.title";
    assert.deepEqual(documentOf(artifact), {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      artifactType: "application/vnd.test",
      config: { mediaType: MEDIA_TYPES.emptyJson, digest: digestOf("{}"), size: 2 },
      layers: [
        {
          mediaType: MEDIA_TYPES.tarGzip,
          digest: digestOf("packed"),
          size: 6,
          annotations: { [title]: "charts", "io.deis.oras.content.unpack": "true" },
        },
        {
          mediaType: "text/plain",
          digest: digestOf("plain"),
          size: 5,
          annotations: { [title]: "a.txt", key: "value" },
        },
        { mediaType: MEDIA_TYPES.tar, digest: digestOf("bare"), size: 4 },
      ],
      annotations: { purpose: "test" },
    });
    assert.equal(artifact.digest, digestOf(artifact.manifest));
    assert.equal(artifact.size, artifact.manifest.length);
  });

  test("the same content is the same bytes", () => {
    assert.deepEqual(buildArtifact(CONTENT).manifest, buildArtifact(CONTENT).manifest);
  });

  test("an image, Docker's image, and a document without its media type", () => {
    const config = { bytes: '{"os":"linux"}', mediaType: MEDIA_TYPES.imageConfig };
    const image = documentOf(buildArtifact({ layers: [], config }));
    assert.equal("artifactType" in image, false);
    const docker = documentOf(buildArtifact({ layers: [], format: "docker" }));
    assert.equal(docker["mediaType"], MEDIA_TYPES.dockerManifest);
    assert.equal("artifactType" in docker, false);
    const bare = buildArtifact({ layers: [], omitMediaType: true });
    assert.equal("mediaType" in documentOf(bare), false);
    assert.equal(bare.mediaType, MEDIA_TYPES.manifest);
  });

  test("sha512 names the document and all that it names", () => {
    const artifact = buildArtifact({ ...CONTENT, algorithm: "sha512" });
    const digests = [artifact.digest, ...artifact.blobs.keys()];
    assert.ok(digests.every((digest) => /^sha512:[0-9a-f]{128}$/.test(digest)));
  });

  test("an index lists its manifests with their platforms", () => {
    const artifact = buildArtifact(CONTENT);
    const platform = { os: "windows", architecture: "amd64", osVersion: "10.0" };
    const index = buildIndex({ manifests: [{ artifact, platform }] });
    assert.deepEqual(documentOf(index)["manifests"], [
      {
        mediaType: MEDIA_TYPES.manifest,
        digest: artifact.digest,
        size: artifact.size,
        artifactType: "application/vnd.test",
        platform: { os: "windows", architecture: "amd64", "os.version": "10.0" },
      },
    ]);
    const docker = buildIndex({ manifests: [], format: "docker" });
    assert.equal(documentOf(docker)["mediaType"], MEDIA_TYPES.dockerList);
  });
});

describe("publish", () => {
  test("an index is there with all below it, and no request was made", async (t) => {
    const registry = await registryFor(t);
    const artifact = buildArtifact(CONTENT);
    const index = publish(registry, "team/app", "1", buildIndex({ manifests: [{ artifact }] }));
    assert.equal(registry.count(), 0);
    const base = `${registry.url}/v2/team/app`;
    const top = await fetch(`${base}/manifests/1`);
    assert.equal(top.headers.get("docker-content-digest"), index.digest);
    assert.equal(top.headers.get("content-type"), MEDIA_TYPES.index);
    assert.deepEqual(registry.repository("team/app").tags(), ["1"]);
    assert.equal((await fetch(`${base}/manifests/${artifact.digest}`)).status, 200);
    for (const { digest, size } of artifact.layers) {
      const blob = await fetch(`${base}/blobs/${digest}`);
      assert.equal((await blob.arrayBuffer()).byteLength, size);
    }
  });

  test("publishing again under a tag moves it and keeps the old digest", async (t) => {
    const registry = await registryFor(t);
    const before = publish(registry, "a", "1", CONTENT);
    const after = publish(registry, "a", "1", { layers: [] });
    assert.equal(registry.repository("a").manifest("1")?.digest, after.digest);
    assert.ok(registry.repository("a").manifest(before.digest));
  });

  test("an artifact with a subject is a referrer of it", async (t) => {
    const registry = await registryFor(t);
    const subject = publish(registry, "a", "1", CONTENT).descriptor;
    const signature = publish(registry, "a", undefined, { layers: [], subject });
    const listed = await fetch(`${registry.url}/v2/a/referrers/${subject.digest}`);
    const { manifests } = (await listed.json()) as { manifests: object[] };
    assert.deepEqual(manifests, [signature.descriptor]);
  });
});

describe("pushing over HTTP", () => {
  test("gives the registry the same as publishing, and pushes no blob twice", async (t) => {
    const registry = await registryFor(t);
    const index = buildIndex({ manifests: [{ artifact: buildArtifact(CONTENT) }] });
    await pushOverHttp(registry.host, "a", "1", index);
    publish(registry, "b", "1", index);
    const [pushed, published] = [registry.repository("a"), registry.repository("b")];
    assert.deepEqual(pushed.manifests(), published.manifests());
    assert.deepEqual(pushed.tags(), published.tags());
    for (const digest of index.children.flatMap((child) => [...child.blobs.keys()])) {
      assert.deepEqual(pushed.blob(digest), published.blob(digest));
    }
    registry.clearRequests();
    await pushOverHttp(registry.host, "a", "2", index);
    assert.equal(registry.count({ kind: "upload" }), 0);
    assert.deepEqual(pushed.tags(), ["1", "2"]);
  });

  test("works over TLS with a login", async (t) => {
    const { authority, server } = createCertificates();
    const login = { username: "u", password: "p" };
    const registry = await registryFor(t, { tls: server, auth: { kind: "basic", ...login } });
    const options = { scheme: "https", certificateAuthority: authority.cert, ...login } as const;
    const artifact = await pushOverHttp(registry.host, "a", "1", CONTENT, options);
    assert.equal(registry.repository("a").manifest("1")?.digest, artifact.digest);
  });

  test("an answer that is not expected is an error that tells it", async (t) => {
    const registry = await registryFor(t);
    registry.fault({ kind: "manifest", then: { kind: "status", status: 507, body: "full" } });
    await assert.rejects(pushOverHttp(registry.host, "a", "1", CONTENT), (error: unknown) => {
      assert.ok(error instanceof OciError);
      assert.equal(error.status, 507);
      assert.equal(
        error.message,
        `cannot push to ${registry.host}: PUT of /v2/a/manifests/1 was answered with 507\n  full`,
      );
      return true;
    });
  });
});
