/**
 * Artifacts as the stage `push` takes them, a registry to push to, and what is left there. No assertions
 * but that what is there is whole.
 */
import * as assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { push, type ManifestSource, type PushArtifact, type PushTarget } from "../../provider/push";
import { tarGz } from "../support/archives";
import { buildArtifact, type Artifact, type DescriptorDocument } from "../support/artifacts";
import { REPOSITORY } from "../support/pulling";
import type { RegistryOptions, TestRepository } from "../support/registry-types";
import { blobOf, openPushWorld, originAt, trafficOf } from "../registry/push-world";
import { explicit, serve } from "../registry/world";

/** The artifact with all below it, those first that others name. */
export function packed(artifact: Artifact): PushArtifact {
  const children = artifact.children.map(packed);
  return {
    blobs: [
      ...children.flatMap(({ blobs }) => blobs),
      ...[...artifact.blobs].map(([digest, bytes]) => blobOf(Buffer.from(bytes), digest)),
    ],
    children: children.flatMap((child) => [...child.children, child.manifest]),
    manifest: manifestOf(artifact),
  };
}

function manifestOf({ descriptor, manifest }: Artifact): ManifestSource {
  const { mediaType, digest, size, artifactType } = descriptor;
  const type = artifactType === undefined ? {} : { artifactType };
  return {
    descriptor: { mediaType, digest, size, annotations: {}, ...type },
    bytes: manifest,
  };
}

/** Each tag names a manifest, and each manifest names what is there, to the last blob. */
export function assertWhole(repository: TestRepository): void {
  for (const tag of repository.tags()) {
    assert.ok(repository.manifest(tag) !== undefined, `the tag ${tag} names nothing`);
  }
  for (const { bytes, digest } of repository.manifests()) {
    const {
      config,
      layers = [],
      manifests = [],
    } = JSON.parse(Buffer.from(bytes).toString()) as {
      config?: DescriptorDocument;
      layers?: readonly DescriptorDocument[];
      manifests?: readonly DescriptorDocument[];
    };
    for (const named of [...(config === undefined ? [] : [config]), ...layers, ...manifests]) {
      const isThere = repository.blob(named.digest) ?? repository.manifest(named.digest);
      assert.ok(isThere !== undefined, `${digest} names ${named.digest}, which is not there`);
    }
  }
}

export const FILES = { "a.yaml": "kind: A\n", "b.yaml": "kind: B\n" };

/** One layer with these files. */
export function artifactOf(
  files: Readonly<Record<string, string>> = FILES,
  more: object = {},
): Artifact {
  return buildArtifact({
    artifactType: "application/vnd.example.manifests.v1",
    layers: [{ bytes: tarGz(files), mediaType: "application/vnd.oci.image.layer.v1.tar+gzip" }],
    ...more,
  });
}

export const ARTIFACT = artifactOf();

/** Closes with the test. */
export async function open(t: TestContext, options: RegistryOptions = {}) {
  const registry = await serve(t, options);
  const world = openPushWorld(t);
  const { writer, context } = world;
  const origin = originAt(registry.host, { credential: explicit() });
  const repository = registry.repository(REPOSITORY);
  return {
    ...world,
    registry,
    repository,
    origin,
    push: (
      target: Partial<PushTarget> = {},
      artifact: Artifact | PushArtifact = ARTIFACT,
      rooms = { writer },
    ) =>
      push(
        "descriptor" in artifact ? packed(artifact) : artifact,
        { origin, tags: ["1"], ...target },
        rooms,
        context,
      ),
    traffic: () => trafficOf(registry),
  };
}
