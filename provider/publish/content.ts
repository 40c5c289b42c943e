/**
 * What is in a packed artifact, for people: its files; where only its layers are known, these; and of an
 * index, its manifests. Pure.
 */
import { hexOf } from "../digest";
import { parseManifest } from "../content/manifest";
import { titleOf } from "../content/choose-layers";
import { EMPTY_MEDIA_TYPE } from "../content/media-types";
import { DEFAULT_LIMITS } from "../limits";
import type { PackedArtifact, PackedManifest } from "../pack/artifact";
import { formatPlatform } from "../reference/platform";
import type { Descriptor, ImageIndex, ImageManifest, TreeEntry } from "../types";

export interface ArtifactContent {
  /** Files, folders and links. A layer or a manifest of which no files are known stands as one file. */
  readonly entries: readonly TreeEntry[];
  /** Number of entries that are no folders. */
  readonly fileCount: number;
  /** Bytes of all of them. */
  readonly size: number;
}

export function contentOf(artifact: PackedArtifact): ArtifactContent {
  const entries = artifact.entries ?? partsOf(artifact);
  return Object.freeze({
    entries: Object.freeze(entries),
    fileCount: entries.filter(({ type }) => type !== "directory").length,
    size: entries.reduce((sum, { size }) => sum + size, 0),
  });
}

function partsOf({ manifest, children }: PackedArtifact): readonly TreeEntry[] {
  const document = documentOf(manifest);
  if (document.kind === "manifest") {
    return contentLayers(document).map((layer, index) =>
      entryOf(layer, titleOf(layer) || `layer-${index}`, layer.size),
    );
  }
  const below = new Map(children.map((child) => [child.descriptor.digest, child]));
  return document.manifests.map((child, index) => {
    const { platform, digest } = child;
    const name = platform === undefined ? `manifest-${index}` : formatPlatform(platform);
    const found = below.get(digest);
    return entryOf(child, name, found === undefined ? child.size : layerBytes(found));
  });
}

/** Bytes of the layers; of an index within an index, its own. */
function layerBytes(manifest: PackedManifest): number {
  const document = documentOf(manifest);
  if (document.kind === "index") return manifest.bytes.length;
  return contentLayers(document).reduce((sum, { size }) => sum + size, 0);
}

function documentOf({ bytes, descriptor }: PackedManifest): ImageManifest | ImageIndex {
  // Limits are for what strangers serve: this was written here, or was read within them before.
  const limits = { ...DEFAULT_LIMITS, manifestBytes: Infinity, layers: Infinity };
  return parseManifest(bytes, descriptor.mediaType, descriptor.digest, limits);
}

function contentLayers({ layers }: ImageManifest): readonly Descriptor[] {
  return layers.filter(({ mediaType }) => mediaType !== EMPTY_MEDIA_TYPE);
}

function entryOf({ digest }: Descriptor, path: string, size: number): TreeEntry {
  return { path, type: "file", mode: 0o644, size, sha256: hexOf(digest) };
}
