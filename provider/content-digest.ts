/**
 * One digest for a whole tree, equal on every machine that holds the same content. It looks at the
 * list of entries only: no times, no owners, no order in which an archive had them.
 */
import { createHash } from "node:crypto";
import type { TreeEntry } from "./types";

/** Says what is hashed, and changes with it. */
const FORMAT = "oci-artifact-tree/1";

/**
 * `sha256:<hex>` over UTF-8 lines, each ended by a line feed: the name of the format, then for each
 * entry, in byte order of the paths, the JSON array `[path, type, mode, size, content]` with the mode
 * in octal digits and as content the hex sha256 of a file, the target of a symlink, "" of a directory.
 * JSON escapes line feeds and quotes, so no two trees have the same text.
 */
export function contentDigest(entries: readonly TreeEntry[]): string {
  const hash = createHash("sha256").update(`${FORMAT}\n`);
  for (const { path, type, mode, size, sha256, target } of sortedByPath(entries)) {
    const content = (type === "symlink" ? target : sha256) ?? "";
    hash.update(`${JSON.stringify([path, type, mode.toString(8), size, content])}\n`);
  }
  return `sha256:${hash.digest("hex")}`;
}

/** The entries in the order of the UTF-8 bytes of their paths, which no locale changes. */
export function sortedByPath(entries: readonly TreeEntry[]): readonly TreeEntry[] {
  return entries
    .map((entry) => ({ entry, bytes: Buffer.from(entry.path) }))
    .sort((left, right) => Buffer.compare(left.bytes, right.bytes))
    .map(({ entry }) => entry);
}
