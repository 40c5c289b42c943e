/** The manifests, member by member, as the tools ask for them. */
import * as assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import { packArtifact } from "../../provider/pack/pack";
import type { PackedArtifact } from "../../provider/pack/artifact";
import type { PackRequest, TreeKind } from "../../provider/pack/request";
import { readSource } from "../../provider/pack/source";
import { sha256 } from "../support/archives";
import { folderFor } from "../support/folder-for-test";
import { zip } from "../support/zips";
import { bytesOf, makeTree, type TreeSpec } from "./trees";

const CONTENT = "io.github.pulumi-oci-artifact.content-digest";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const EMPTY = {
  mediaType: "application/vnd.oci.empty.v1+json",
  digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  size: 2,
};

interface World {
  readonly folder: string;
  readonly pack: (request: PackRequest) => Promise<PackedArtifact>;
}

async function worldFor(t: TestContext): Promise<World> {
  const folder = folderFor(t);
  const staging = join(folder, "staging");
  await mkdir(staging);
  return { folder, pack: (request) => packArtifact(request, { staging }) };
}

async function packedTree(
  t: TestContext,
  kind: TreeKind,
  spec: TreeSpec = { "main.tf": "# main\n" },
  more: Partial<Pick<PackRequest, "annotations" | "subject">> = {},
): Promise<PackedArtifact> {
  const { folder, pack } = await worldFor(t);
  const source = await readSource(await makeTree(join(folder, "tree"), spec));
  return await pack({ kind, source, ...more });
}

/** A layer as it stands in a manifest; digest and size are those of the blob. */
async function layerOf(
  artifact: PackedArtifact,
  mediaType: string,
  more: object = {},
): Promise<object> {
  const blob = artifact.blobs.find(({ descriptor }) => descriptor.mediaType === mediaType);
  const bytes = await bytesOf(blob);
  return { mediaType, digest: sha256(bytes), size: bytes.length, ...more };
}

function textOf({ manifest }: PackedArtifact): string {
  assert.equal(manifest.descriptor.digest, sha256(manifest.bytes));
  assert.equal(manifest.descriptor.size, manifest.bytes.length);
  return manifest.bytes.toString();
}

describe("the manifest of a directory", () => {
  test("opentofu-module: a module package with one zip", async (t) => {
    const artifact = await packedTree(t, "opentofu-module");
    assert.equal(
      textOf(artifact),
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        artifactType: "application/vnd.opentofu.modulepkg",
        config: EMPTY,
        layers: [await layerOf(artifact, "archive/zip")],
        annotations: { [CONTENT]: artifact.contentDigest },
      }),
    );
    assert.deepEqual(await bytesOf(artifact.blobs[0]), Buffer.from("{}"));
    assert.deepEqual(artifact.children, []);
  });

  test("opentofu-argocd: the same, and one layer of an image beside the zip", async (t) => {
    const artifact = await packedTree(t, "opentofu-argocd");
    assert.equal(
      textOf(artifact),
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        artifactType: "application/vnd.opentofu.modulepkg",
        config: EMPTY,
        layers: [
          await layerOf(artifact, "archive/zip"),
          await layerOf(artifact, "application/vnd.oci.image.layer.v1.tar+gzip"),
        ],
        annotations: { [CONTENT]: artifact.contentDigest },
      }),
    );
  });

  test("argocd: Argo CD's config, and one layer of an image without a title", async (t) => {
    const artifact = await packedTree(t, "argocd");
    const type = "application/vnd.cncf.argoproj.argocd.config.v1+json";
    assert.equal(
      textOf(artifact),
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: await layerOf(artifact, type),
        layers: [await layerOf(artifact, "application/vnd.oci.image.layer.v1.tar+gzip")],
        annotations: { [CONTENT]: artifact.contentDigest },
      }),
    );
  });

  test("flux: Flux's config, which names the tar, and Flux's layer", async (t) => {
    const artifact = await packedTree(t, "flux");
    const config = await layerOf(artifact, "application/vnd.cncf.flux.config.v1+json");
    assert.equal(
      textOf(artifact),
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config,
        layers: [await layerOf(artifact, "application/vnd.cncf.flux.content.v1.tar+gzip")],
        annotations: { [CONTENT]: artifact.contentDigest },
      }),
    );
    assert.deepEqual(JSON.parse((await bytesOf(artifact.blobs[0])).toString()), {
      architecture: "",
      created: "0001-01-01T00:00:00Z",
      history: [{ created: "0001-01-01T00:00:00Z" }],
      os: "",
      rootfs: {
        type: "layers",
        diff_ids: [sha256(gunzipSync(await bytesOf(artifact.blobs[1])))],
      },
      config: {},
    });
  });

  test("annotations are sorted, and a subject is named", async (t) => {
    const subject = { mediaType: MANIFEST, digest: sha256("x"), size: 1, annotations: {} };
    const annotations = { "z.example": "1", "a.example": "2" };
    const artifact = await packedTree(t, "argocd", undefined, { annotations, subject });
    const manifest = JSON.parse(textOf(artifact)) as Record<string, object>;
    assert.deepEqual(manifest["subject"], { mediaType: MANIFEST, digest: sha256("x"), size: 1 });
    assert.deepEqual(Object.keys(manifest["annotations"] ?? {}), [
      "a.example",
      CONTENT,
      "z.example",
    ]);
  });

  test("links that a tool does not keep are told", async (t) => {
    const spec = { a: "", l: { link: "a" } };
    const warningsOf = async (kind: TreeKind): Promise<readonly string[]> =>
      (await packedTree(t, kind, spec)).warnings;
    const tofu = `OpenTofu writes each symlink as a file that holds the link's target: "l"`;
    assert.deepEqual(await warningsOf("opentofu-module"), [tofu]);
    assert.deepEqual(await warningsOf("opentofu-argocd"), [tofu]);
    assert.deepEqual(await warningsOf("flux"), ['Flux leaves symlinks out: "l"']);
    assert.deepEqual(await warningsOf("argocd"), []);
    assert.deepEqual((await packedTree(t, "flux")).warnings, []);
  });
});

describe("an OpenTofu provider", () => {
  const platform = (architecture: string): { os: string; architecture: string } => ({
    os: "linux",
    architecture,
  });

  test("is an index over one manifest for each platform, with the zips as they are", async (t) => {
    const { folder, pack } = await worldFor(t);
    const zips = {
      amd64: zip([{ path: "p", content: "1" }]),
      arm64: zip([{ path: "p", content: "2" }]),
    };
    for (const [name, bytes] of Object.entries(zips)) await writeFile(join(folder, name), bytes);
    const builds = ["arm64", "amd64"].map((name) => ({
      platform: platform(name),
      archive: join(folder, name),
    }));
    const annotations = { "org.opencontainers.image.version": "1.0.0" };
    const artifact = await pack({ kind: "opentofu-provider", builds, annotations });
    const artifactType = "application/vnd.opentofu.provider-target";
    const manifests = [zips.amd64, zips.arm64].map((bytes) =>
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        artifactType,
        config: EMPTY,
        layers: [{ mediaType: "archive/zip", digest: sha256(bytes), size: bytes.length }],
      }),
    );
    assert.deepEqual(
      artifact.children.map(({ bytes }) => bytes.toString()),
      manifests,
    );
    assert.equal(
      textOf(artifact),
      JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        artifactType: "application/vnd.opentofu.provider",
        manifests: manifests.map((text, index) => ({
          mediaType: MANIFEST,
          digest: sha256(text),
          size: text.length,
          platform: { architecture: ["amd64", "arm64"][index], os: "linux" },
          artifactType,
        })),
        annotations,
      }),
    );
    assert.deepEqual(
      artifact.blobs.map(({ descriptor }) => descriptor.digest),
      [EMPTY.digest, sha256(zips.amd64), sha256(zips.arm64)],
    );
    assert.deepEqual(await bytesOf(artifact.blobs[1]), zips.amd64);
  });

  test("needs builds, one for each platform, that are zips", async (t) => {
    const { folder, pack } = await worldFor(t);
    const archive = join(folder, "p.zip");
    await writeFile(archive, zip([{ path: "p" }]));
    await writeFile(join(folder, "p.tgz"), "no zip");
    const build = { platform: platform("amd64"), archive };
    const kind = "opentofu-provider";
    await assert.rejects(pack({ kind, builds: [] }), /there are no builds/);
    await assert.rejects(pack({ kind, builds: [build, build] }), /for the same platform/);
    const other = { ...build, archive: join(folder, "p.tgz") };
    await assert.rejects(pack({ kind, builds: [other] }), /p\.tgz: it is no zip archive/);
    const gone = { ...build, archive: join(folder, "gone") };
    await assert.rejects(pack({ kind, builds: [gone] }), /gone: it is not there \(ENOENT\)/);
    const directory = { ...build, archive: folder };
    await assert.rejects(pack({ kind, builds: [directory] }), /it is a folder, not a file/);
  });
});
