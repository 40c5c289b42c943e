/**
 * One digest for a whole tree, equal on every machine that holds the same content. It looks at the
 * list of entries only: no times, no owners, no order in which an archive had them.
 */
import { createHash } from "node:crypto";
import type { TreeEntry } from "./types";

/** Says what is hashed, and changes with it. */
const FORMAT = "oci-artifact-tree/1";

/** Characters that are hashed at once: to begin costs as much as some hundred of them. */
const HASHED_LENGTH = 64 * 1024;

/** Text that is its own JSON but for the quotes: most of it, and found out sooner than JSON is made. */
const PLAIN = /^[ !#-[\]-~]*$/;

const SURROGATES_AND_ABOVE = /[\ud800-\uffff]/;

/**
 * `sha256:<hex>` over UTF-8 lines, each ended by a line feed: the name of the format, then for each
 * entry, in byte order of the paths, the JSON array `[path, type, mode, size, content]` with the mode
 * in octal digits and as content the hex sha256 of a file, the target of a symlink, "" of a directory.
 * JSON escapes line feeds and quotes, so no two trees have the same text.
 */
export function contentDigest(entries: readonly TreeEntry[]): string {
  const hash = createHash("sha256");
  let lines = `${FORMAT}\n`;
  for (const { path, type, mode, size, sha256, target } of sortedByPath(entries)) {
    const content = (type === "symlink" ? target : sha256) ?? "";
    // The text of the array, which is made in a fraction of the time where its parts are.
    lines += `[${quoted(path)},"${type}","${mode.toString(8)}",${size},${quoted(content)}]\n`;
    if (lines.length < HASHED_LENGTH) continue;
    hash.update(lines);
    lines = "";
  }
  return `sha256:${hash.update(lines).digest("hex")}`;
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** The entries in the order of the UTF-8 bytes of their paths, which no locale changes. */
export function sortedByPath<Entry extends TreeEntry>(entries: readonly Entry[]): readonly Entry[] {
  let isSorted = true;
  let before = "";
  for (const { path } of entries) {
    // UTF-16 units have the order of the bytes but for surrogates, which stand for more than they are.
    if (SURROGATES_AND_ABOVE.test(path)) return sortedByBytes(entries);
    isSorted &&= before <= path;
    before = path;
  }
  if (isSorted) return entries;
  return entries.toSorted(({ path: a }, { path: b }) => (a < b ? -1 : a > b ? 1 : 0));
}

function sortedByBytes<Entry extends TreeEntry>(entries: readonly Entry[]): readonly Entry[] {
  return entries
    .map((entry) => ({ entry, bytes: Buffer.from(entry.path) }))
    .sort((left, right) => Buffer.compare(left.bytes, right.bytes))
    .map(({ entry }) => entry);
}
