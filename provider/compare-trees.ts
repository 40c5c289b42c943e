/**
 * Two trees, path by path: what only one of them has, and what is not the same in both. It looks at
 * files and links; that folders come and go follows from them. Pure.
 */
import type { TreeEntry } from "./types";

/** An entry that is in both, and is not the same. */
export interface ChangedEntry {
  readonly path: string;
  readonly before: TreeEntry;
  readonly after: TreeEntry;
}

/** By byte order of the paths. */
export interface TreeComparison {
  readonly added: readonly TreeEntry[];
  readonly removed: readonly TreeEntry[];
  readonly changed: readonly ChangedEntry[];
  /** How many are the same. */
  readonly same: number;
}

/** What leads from the entries `before` to those `after`. */
export function compareTrees(
  before: readonly TreeEntry[],
  after: readonly TreeEntry[],
): TreeComparison {
  const [old, young] = [byPath(before), byPath(after)];
  const changed = [...old.values()].flatMap((entry) => {
    const other = young.get(entry.path);
    if (other === undefined || isSame(entry, other)) return [];
    return [{ path: entry.path, before: entry, after: other }];
  });
  const removed = [...old.values()].filter(({ path }) => !young.has(path));
  return Object.freeze({
    added: [...young.values()].filter(({ path }) => !old.has(path)),
    removed,
    changed,
    same: old.size - removed.length - changed.length,
  });
}

function byPath(entries: readonly TreeEntry[]): ReadonlyMap<string, TreeEntry> {
  const leaves = entries.filter(({ type }) => type !== "directory");
  const sorted = leaves.toSorted((a, b) =>
    Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)),
  );
  return new Map(sorted.map((entry) => [entry.path, entry]));
}

/** Of the mode counts whether it can be executed: the rest differs from machine to machine. */
function isSame(a: TreeEntry, b: TreeEntry): boolean {
  if (a.type !== b.type) return false;
  if (a.type === "symlink") return a.target === b.target;
  return a.sha256 === b.sha256 && isExecutable(a) === isExecutable(b);
}

/** Whether its owner may execute it. */
export function isExecutable({ mode }: TreeEntry): boolean {
  return (mode & 0o100) !== 0;
}
