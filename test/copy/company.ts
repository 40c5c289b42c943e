/**
 * An artifact with company, for tests of copying: an index of two manifests, an SBOM that refers to it,
 * a note on the SBOM, and signatures under tags of their own. It copies nothing.
 */
import { hexOf } from "../../provider/digest";
import { type Artifact, buildArtifact, buildIndex, MEDIA_TYPES } from "../support/artifacts";
import { tarGz } from "../support/archives";
import type { TestRepository } from "../support/registry-types";

export interface Company {
  readonly index: Artifact;
  readonly sbom: Artifact;
  readonly note: Artifact;
  /** Of the index, and of the first child. */
  readonly signatures: readonly Artifact[];
  /** By the tag that it lies under. */
  readonly tags: Readonly<Record<string, Artifact>>;
  /** All of them, those that are named first. */
  readonly all: readonly Artifact[];
}

/** The tag of cosign's first format. */
export function tagOf({ digest }: Artifact, suffix = "sig"): string {
  return `sha256-${hexOf(digest)}.${suffix}`;
}

/** The same each time. */
export function company(): Company {
  const [amd64, arm64] = ["amd64", "arm64"].map((name) =>
    buildArtifact({ layers: [{ bytes: tarGz({ name }), mediaType: MEDIA_TYPES.tarGzip }] }),
  ) as [Artifact, Artifact];
  const index = buildIndex({
    manifests: [
      { artifact: amd64, platform: { os: "linux", architecture: "amd64" } },
      { artifact: arm64, platform: { os: "linux", architecture: "arm64" } },
    ],
  });
  const about = (subject: Artifact, artifactType: string, bytes: string): Artifact =>
    buildArtifact({
      layers: [{ bytes, mediaType: artifactType }],
      artifactType,
      subject: subject.descriptor,
    });
  const sbom = about(index, "application/spdx+json", '{"spdx":1}');
  const note = about(sbom, "text/plain", "looked at");
  const sign = (bytes: string): Artifact =>
    buildArtifact({
      layers: [{ bytes, mediaType: "application/vnd.dev.cosign.simplesigning.v1+json" }],
    });
  const signatures = [sign("of the index"), sign("of a child")] as const;
  const tags = { "1": index, [tagOf(index)]: signatures[0], [tagOf(amd64)]: signatures[1] };
  return {
    index,
    sbom,
    note,
    signatures,
    tags,
    all: [amd64, arm64, index, sbom, note, ...signatures],
  };
}

/** Puts all of it into a repository. */
export function serveCompany(repository: TestRepository, { all, tags }: Company): void {
  for (const { blobs, manifest, mediaType, digest } of all) {
    for (const [named, bytes] of blobs) repository.putBlob(bytes, named);
    repository.putManifest(manifest, { mediaType, digest });
  }
  for (const [tag, { digest }] of Object.entries(tags)) repository.tag(tag, digest);
}

/** Digests of all blobs, sorted. */
export function blobsOf({ all }: Company): readonly string[] {
  return [...new Set(all.flatMap(({ blobs }) => [...blobs.keys()]))].sort();
}
