/**
 * Makes a tree of a part of its content: all of it is unpacked to a folder inside, what is selected
 * moves to its place, and the rest goes. So every byte is checked, and links and whiteouts mean what
 * they mean in the whole. Which entries those are is decided by content/select-entries.ts.
 */
import { randomUUID } from "node:crypto";
import { chmod, lstat, mkdir, rename, utimes } from "node:fs/promises";
import { join, posix } from "node:path";
import { sortedByPath } from "./content-digest";
import { selectEntries, type SelectedEntry } from "./content/select-entries";
import type { Allowances, EntrySelection } from "./content/selection";
import { OciError } from "./errors";
import type { WrittenEntry } from "./store/receipt";
import { removeTree } from "./store/staging";
import type { PlannedLayer, TreeEntry } from "./types";
import { FIXED_SECONDS, foldedName, linkProblem } from "./unpack/guard";
import { directoryNode, type DirectoryNode, type TreeNode } from "./unpack/nodes";
import { oneNameHere, quoted } from "./unpack/problems";

const VERB = "extract";

/** What is selected, and what errors are about. */
export interface TreeSelection {
  readonly selection: EntrySelection;
  readonly allowances: Allowances;
  readonly subject: string;
  /** Stands for the layer of entries that come from several. */
  readonly layer: PlannedLayer;
}

/**
 * Fills `staging`, which exists and is empty, with the selected part of what `unpackTo` writes.
 * @throws what `selectEntries` throws; BAD_ARCHIVE where two entries come to one path; UNSAFE_ARCHIVE
 * for a symlink that leads out of the selected part; STORE where the file system takes two names for one
 */
export async function unpackSelected(
  staging: string,
  { selection, allowances, subject, layer }: TreeSelection,
  unpackTo: (folder: string) => Promise<readonly WrittenEntry[]>,
): Promise<readonly TreeEntry[]> {
  // No content can have a file of that name: it did not exist before.
  const whole = join(staging, randomUUID());
  await mkdir(whole);
  // A rename changes what the file system says of a file.
  const entries = (await unpackTo(whole)).map(({ facts: _before, ...entry }) => entry);
  const candidates = selectEntries(entries, selection, subject, allowances);
  const placed = withoutClashes(candidates, subject, allowances);
  refuseEscapingLinks(placed.selected, layer, subject);
  await move(whole, staging, entries, placed, subject);
  await removeTree(whole);
  return sortedByPath(placed.selected.map(({ entry }) => entry));
}

/** A folder whose time has to be set again when all is done. */
interface Touched {
  readonly place: string;
  readonly mode: number;
  readonly mtime: Date;
}

/**
 * Touches as little as it can: a folder takes along what is in it, and loses what is not selected.
 * One that would lose most, or that several become, is made anew with the mode and time of the first.
 */
async function move(
  whole: string,
  staging: string,
  entries: readonly TreeEntry[],
  { selected, merged, twins }: Placed,
  subject: string,
): Promise<void> {
  const total = countBelow(entries.map(({ path }) => path));
  const kept = countBelow(selected.map(({ from }) => from));
  const losesMost = (from: string): boolean => 2 * (kept.get(from) ?? 0) < (total.get(from) ?? 0);
  const carried = new Map<string, string>();
  const touched: Touched[] = [];
  for (const { from, entry } of selected) {
    const place = join(staging, entry.path);
    const isFolder = entry.type === "directory";
    // What several become lies in nothing that was carried: the folders above are several, too.
    const isCarried = carried.has(posix.dirname(from));
    // A rename replaces what is there; here nothing is, unless its name counts as this one.
    if (twins.has(entry.path) && !isCarried && (await isTaken(place))) {
      throw oneNameHere(subject, posix.basename(entry.path));
    }
    if (isFolder && !isCarried && (merged.has(entry.path) || losesMost(from))) {
      const { mtime } = await lstat(join(whole, from));
      touched.push({ place, mode: entry.mode, mtime });
      await mkdir(place, { mode: 0o700 });
      continue;
    }
    if (!isCarried) await rename(join(whole, from), place);
    if (isFolder) carried.set(from, place);
  }
  touched.push(...(await removeOthers(entries, selected, carried)));
  for (const { place, mode, mtime } of touched) {
    await chmod(place, mode);
    await utimes(place, mtime, mtime);
  }
}

async function isTaken(place: string): Promise<boolean> {
  return await lstat(place).then(
    () => true,
    () => false,
  );
}

/** For each folder, how many of the paths lie below it. */
function countBelow(paths: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const path of paths) {
    let folder = posix.dirname(path);
    for (; folder !== "."; folder = posix.dirname(folder)) {
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
  }
  return counts;
}

/** Removes what is not selected from the folders that took it along; says which folders those are. */
async function removeOthers(
  entries: readonly TreeEntry[],
  selected: readonly SelectedEntry[],
  carried: ReadonlyMap<string, string>,
): Promise<readonly Touched[]> {
  const kept = new Set(selected.map(({ from }) => from));
  const touched = new Map<string, Touched>();
  for (const { path } of entries) {
    const folder = carried.get(posix.dirname(path));
    if (folder === undefined || kept.has(path)) continue;
    if (!touched.has(folder)) {
      const { mode, mtime } = await lstat(folder);
      touched.set(folder, { place: folder, mode: mode & 0o777, mtime });
    }
    await removeTree(join(folder, posix.basename(path)));
  }
  return [...touched.values()];
}

/** What goes where. */
interface Placed {
  readonly selected: readonly SelectedEntry[];
  /** New paths of folders that several become. */
  readonly merged: ReadonlySet<string>;
  /** New paths that another one before equals but for case and Unicode form. */
  readonly twins: ReadonlySet<string>;
}

/** Folders that come to one path are one; all else is there once, also where case does not count. */
function withoutClashes(
  candidates: readonly SelectedEntry[],
  subject: string,
  { allowNameClashes }: Allowances,
): Placed {
  const seen = new Map<string, SelectedEntry>();
  const folded = new Set<string>();
  const merged = new Set<string>();
  const twins = new Set<string>();
  const selected = candidates.filter((item) => {
    const { path } = item.entry;
    const foldedPath = foldedName(path);
    const key = allowNameClashes === true ? path : foldedPath;
    const other = seen.get(key);
    if (other === undefined) {
      seen.set(key, item);
      if (folded.has(foldedPath)) twins.add(path);
      folded.add(foldedPath);
      return true;
    }
    const isSameFolder =
      other.entry.path === item.entry.path &&
      other.entry.type === "directory" &&
      item.entry.type === "directory";
    if (!isSameFolder) throw clash(other, item, subject);
    merged.add(item.entry.path);
    return false;
  });
  return { selected, merged, twins };
}

function clash(one: SelectedEntry, other: SelectedEntry, subject: string): OciError {
  const isOnePath = one.entry.path === other.entry.path;
  return new OciError({
    code: "BAD_ARCHIVE",
    verb: VERB,
    subject,
    fact: `${quoted(one.from)} and ${quoted(other.from)} both come to ${quoted(other.entry.path)}`,
    hint: `lower stripComponents, or leave out one of them by the input "exclude"${isOnePath ? "" : "; or set allowNameClashes: true: these differ only in case or Unicode form"}`,
  });
}

/** A link that stays inside the whole may lead out of a part of it. */
function refuseEscapingLinks(
  selected: readonly SelectedEntry[],
  layer: PlannedLayer,
  subject: string,
): void {
  if (!selected.some(({ entry }) => entry.type === "symlink")) return;
  const root = modelOf(selected, layer);
  const budget = { steps: 0 };
  for (const { from, entry } of selected) {
    if (entry.type !== "symlink") continue;
    const problem = linkProblem(root, entry.path.split("/"), entry.target ?? "", budget);
    if (problem === undefined) continue;
    throw new OciError({
      code: "UNSAFE_ARCHIVE",
      verb: VERB,
      subject,
      fact: `in the selected part, the link ${quoted(from)} ${problem}`,
      hint: 'select more by subPath and stripComponents, or leave out the link by the input "exclude"',
    });
  }
}

/** The names and links of the selected part, as the guard wants to see them. */
function modelOf(selected: readonly SelectedEntry[], layer: PlannedLayer): DirectoryNode {
  const root = directoryNode(layer, 0o755, FIXED_SECONDS);
  const folders = new Map<string, DirectoryNode>([["", root]]);
  for (const { entry } of selected) {
    const end = entry.path.lastIndexOf("/");
    const node = nodeOf(entry, layer);
    folders
      .get(entry.path.slice(0, Math.max(0, end)))
      ?.children.set(entry.path.slice(end + 1), node);
    if (node.type === "directory") folders.set(entry.path, node);
  }
  return root;
}

function nodeOf(entry: TreeEntry, layer: PlannedLayer): TreeNode {
  const facts = { layer, seconds: FIXED_SECONDS };
  switch (entry.type) {
    case "directory":
      return directoryNode(layer, entry.mode, FIXED_SECONDS);
    case "symlink":
      return { ...facts, type: "symlink", target: entry.target ?? "" };
    case "file":
      return { ...facts, type: "file", mode: entry.mode, size: entry.size, sha256: "" };
  }
}
