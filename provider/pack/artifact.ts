/**
 * What packing comes to: manifests as bytes, and the blobs that they name. It builds documents from
 * descriptors; it reads nothing, and knows no tool that consumes them.
 */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { EMPTY_MEDIA_TYPE } from "../content/media-types";
import { digestOf } from "../digest";
import type { Descriptor, Platform, TreeEntry } from "../types";
import { descriptorJson, jsonBytes, sortedAnnotations } from "./canonical";
import type { Spooled } from "./spool";

export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
export const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";

/**
 * Annotation of a manifest whose layers were packed here: the digest of the tree that they come to, as
 * the output `contentDigest` of a pull. Equal content has an equal one, whatever made the bytes.
 */
export const CONTENT_DIGEST = "io.github.pulumi-oci-artifact.content-digest";

/** Something to push under its digest. */
export interface PackedBlob {
  readonly descriptor: Descriptor;
  /** The bytes, from the first to the last, as often as it is called. */
  readonly open: () => Readable;
  /** The bytes from `start` on, without reading those before. */
  readonly openAt?: (start: number) => Readable;
}

/** A manifest or an index, to push after all that it names. */
export interface PackedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

/** A whole artifact. */
export interface PackedArtifact {
  /** Each digest once. */
  readonly blobs: readonly PackedBlob[];
  /** Those that the artifact's index names, to push before it. Most artifacts have none. */
  readonly children: readonly PackedManifest[];
  /** What the artifact is called by. */
  readonly manifest: PackedManifest;
  /** Digest of the tree that its layers come to, where they were packed here. */
  readonly contentDigest?: string;
  /** That tree, by byte order of the paths. */
  readonly entries?: readonly TreeEntry[];
  /** What a tool makes of it that its publisher may not expect; one sentence each. */
  readonly warnings: readonly string[];
}

/** What a manifest is made of. */
export interface ManifestParts {
  readonly artifactType?: string;
  /** Default: the empty one. */
  readonly config?: PackedBlob;
  readonly layers: readonly PackedBlob[];
  readonly annotations: Readonly<Record<string, string>>;
  /** The manifest that this one is about. */
  readonly subject?: Descriptor;
  /** Whether it says its own media type, as it should. Default: true. */
  readonly isTyped?: boolean;
  readonly contentDigest?: string;
  readonly entries?: readonly TreeEntry[];
  readonly warnings?: readonly string[];
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidance-for-an-empty-descriptor */
export const EMPTY_BLOB = blobOf(Buffer.from("{}"), EMPTY_MEDIA_TYPE);

/** A blob of bytes in memory. */
export function blobOf(bytes: Buffer, mediaType: string): PackedBlob {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length, annotations: {} };
  return Object.freeze({
    descriptor: Object.freeze(descriptor),
    open: () => Readable.from([bytes], { objectMode: false }),
  });
}

/** A blob of bytes in a file. */
export function spooledBlob(
  { path, digest, size }: Spooled,
  mediaType: string,
  annotations: Readonly<Record<string, string>> = {},
): PackedBlob {
  return Object.freeze({
    descriptor: Object.freeze({ mediaType, digest, size, annotations }),
    open: () => createReadStream(path),
    openAt: (start: number) => createReadStream(path, { start }),
  });
}

/** The artifact of one manifest. */
export function artifactOf(parts: ManifestParts): PackedArtifact {
  const { config = EMPTY_BLOB, layers, contentDigest, artifactType, subject } = parts;
  const annotations =
    contentDigest === undefined
      ? parts.annotations
      : { ...parts.annotations, [CONTENT_DIGEST]: contentDigest };
  const bytes = jsonBytes({
    schemaVersion: 2,
    mediaType: parts.isTyped === false ? undefined : MANIFEST_TYPE,
    artifactType,
    config: descriptorJson(config.descriptor),
    layers: layers.map(({ descriptor }) => descriptorJson(descriptor)),
    subject: subject && descriptorJson(subject),
    annotations: sortedAnnotations(annotations),
  });
  return Object.freeze({
    blobs: Object.freeze(eachOnce([config, ...layers])),
    children: Object.freeze([]),
    manifest: manifestOf(bytes, MANIFEST_TYPE, artifactType),
    ...(contentDigest === undefined ? {} : { contentDigest }),
    ...(parts.entries === undefined ? {} : { entries: parts.entries }),
    warnings: Object.freeze([...(parts.warnings ?? [])]),
  });
}

/** One artifact of an index, and the platform that it is for. */
export interface PlatformArtifact {
  readonly platform: Platform;
  readonly artifact: PackedArtifact;
}

/** The artifact of an index over others, in their order. */
export function indexOf(
  children: readonly PlatformArtifact[],
  parts: Pick<ManifestParts, "artifactType" | "annotations" | "subject">,
): PackedArtifact {
  const bytes = jsonBytes({
    schemaVersion: 2,
    mediaType: INDEX_TYPE,
    artifactType: parts.artifactType,
    manifests: children.map(({ platform, artifact }) =>
      descriptorJson({ ...artifact.manifest.descriptor, platform }),
    ),
    subject: parts.subject && descriptorJson(parts.subject),
    annotations: sortedAnnotations(parts.annotations),
  });
  const below = children.flatMap(({ artifact }) => [...artifact.children, artifact.manifest]);
  return Object.freeze({
    blobs: Object.freeze(eachOnce(children.flatMap(({ artifact }) => artifact.blobs))),
    children: Object.freeze(eachOnce(below)),
    manifest: manifestOf(bytes, INDEX_TYPE, parts.artifactType),
    warnings: Object.freeze(children.flatMap(({ artifact }) => artifact.warnings)),
  });
}

function manifestOf(bytes: Buffer, mediaType: string, artifactType?: string): PackedManifest {
  const descriptor = Object.freeze({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
    annotations: {},
    ...(artifactType === undefined ? {} : { artifactType }),
  });
  return Object.freeze({ descriptor, bytes });
}

function eachOnce<Item extends { readonly descriptor: Descriptor }>(
  items: readonly Item[],
): readonly Item[] {
  return [...new Map(items.map((item) => [item.descriptor.digest, item])).values()];
}
