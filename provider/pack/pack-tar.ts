/**
 * Packs a source as tar+gzip: entries in their order, no owner, one time for all. It hashes each file
 * and the tar while they flow by, and holds a few chunks of them.
 */
import type { TreeEntry } from "../types";
import { gzip } from "./deflate";
import { hashed, treeEntry, type PackOptions, type PackedTree } from "./packed-tree";
import { readContent } from "./read-content";
import type { Source } from "./source";
import { spool } from "./spool";
import { tarEnd, tarHeader, tarPadding } from "./tar-records";

export interface PackedTar extends PackedTree {
  /** Digest of the tar itself, before it was compressed. */
  readonly tarDigest: string;
}

/**
 * @param prefix - folder that all entries lie in: "charts/app". It has an entry of its own, and the
 * folders above it have none
 * @throws OciError INVALID_INPUT where a file is not what it was when it was listed; STORE, CANCELLED
 */
export async function packTar(
  source: Source,
  options: PackOptions,
  prefix = "",
): Promise<PackedTar> {
  const entries: TreeEntry[] = [];
  const tar = hashed(tarOf(source, prefix, options, entries));
  const blob = await spool(options.staging, gzip(tar.chunks));
  return Object.freeze({
    blob,
    entries: Object.freeze(entries),
    tarDigest: `sha256:${tar.sha256()}`,
  });
}

async function* tarOf(
  { directory, entries }: Source,
  prefix: string,
  { seconds, signal }: PackOptions,
  found: TreeEntry[],
): AsyncGenerator<Buffer, void> {
  const below = prefix === "" ? "" : `${prefix}/`;
  if (prefix !== "") {
    const folder: TreeEntry = { path: prefix, type: "directory", mode: 0o755, size: 0 };
    found.push(folder);
    yield tarHeader(folder, seconds);
  }
  for (const entry of entries) {
    const packed = { ...treeEntry(entry), path: below + entry.path };
    yield tarHeader(packed, seconds);
    if (entry.type !== "file") {
      found.push(packed);
      continue;
    }
    const content = hashed(readContent(directory, entry, signal));
    yield* content.chunks;
    yield tarPadding(entry.size);
    found.push({ ...packed, sha256: content.sha256() });
  }
  yield tarEnd();
}
