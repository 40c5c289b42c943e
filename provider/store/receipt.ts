/**
 * The receipt of a tree: what lies in it, and what the file system said of each entry when it was
 * placed. Comparing is pure; what differs is for the caller to hash. Receipts hold no machine and
 * no secret, only facts of content.
 */
import type { TreeEntry } from "../types";

/** What lstat said of an entry; when all of it still holds, the content was not touched. */
export interface EntryFacts {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
}

/** An entry that was just made. */
export interface WrittenEntry extends TreeEntry {
  /** Of a file, as it was when it was closed; absent where something has changed it since, or nobody asked. */
  readonly facts?: EntryFacts;
}

export interface ReceiptEntry extends TreeEntry {
  readonly facts: EntryFacts;
}

export interface Receipt {
  readonly version: 1;
  /** Everything that decides the content, as {@link treeKey} made it. */
  readonly key: string;
  readonly contentDigest: string;
  readonly entries: readonly ReceiptEntry[];
}

/** The receipt in a parsed file; undefined where it is of another version or damaged. */
export function parseReceipt(value: unknown): Receipt | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version, key, contentDigest, entries } = value as Partial<Receipt>;
  if (version !== 1 || typeof key !== "string" || typeof contentDigest !== "string") {
    return undefined;
  }
  return Array.isArray(entries) && entries.every(isEntry) ? (value as Receipt) : undefined;
}

function isEntry(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { path, type, mode, facts } = value as Partial<ReceiptEntry>;
  return (
    typeof path === "string" &&
    typeof type === "string" &&
    typeof mode === "number" &&
    facts instanceof Object
  );
}

/** How an entry on disk stands to its receipt. */
export type Finding = "same" | "look" | "other";

/** What lstat tells, as far as it matters here. */
export interface Observed extends EntryFacts {
  readonly type: TreeEntry["type"] | "special";
  readonly mode: number;
}

/**
 * "same": nothing was touched. "look": the content must be hashed (or the link read) to know.
 * "other": it cannot be what was placed.
 */
export function compareEntry(
  entry: ReceiptEntry,
  observed: Observed,
  checksModes: boolean,
): Finding {
  if (observed.type !== entry.type) return "other";
  if (checksModes && entry.type !== "symlink" && !isSameMode(entry.mode, observed.mode)) {
    return "other";
  }
  if (entry.type === "directory") return "same";
  if (observed.size !== entry.facts.size) return "other";
  const untouched =
    observed.mtimeMs === entry.facts.mtimeMs &&
    observed.ctimeMs === entry.facts.ctimeMs &&
    observed.inode === entry.facts.inode;
  return untouched ? "same" : "look";
}

/** A read-only copy may lack the right to write; more than was placed nobody may have. */
function isSameMode(placed: number, observed: number): boolean {
  const missing = placed & ~observed;
  return (observed & ~placed) === 0 && (missing & ~0o222) === 0;
}
