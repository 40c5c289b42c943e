/**
 * What lies at a destination, and how it stands to what we placed there and to what is wanted.
 * Follows no link, enters no folder that nobody asked about, and changes nothing.
 */
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { contentDigest } from "../content-digest";
import { systemCode } from "../errors";
import type { TreeEntry } from "../types";
import type { DestinationRecord } from "./destination-record";
import { factsOf, hashOf, holdsContent, observe } from "./observe";
import { compareEntry, type Observed, type ReceiptEntry } from "./receipt";
import { startSlices } from "./slices";

/** What lies there, by path: relative, with "/". */
export type Found = ReadonlyMap<string, FoundEntry>;

export interface FoundEntry extends Observed {
  /** A folder that may not be looked into: what is in it, nobody knows. */
  readonly isClosed?: true;
}

/** How what lies there stands to the record of it. */
export interface Standing {
  /** What we placed and somebody changed ("~") or removed ("-"). */
  readonly damage: ReadonlyMap<string, "~" | "-">;
  /** What nobody of us placed. */
  readonly strangers: readonly string[];
  /** The record's entries with today's facts, where some differ without damage. */
  readonly refreshed?: readonly ReceiptEntry[];
}

/**
 * All that lies below a folder, each folder before what is in it; nothing where it is not there. What
 * may not be looked into is named only, but for the folder itself, which has to be looked into.
 *
 * @param isEntered - tells which folders are looked into; the others are named only
 * @param hidden - a name in the folder that does not count
 */
export async function survey(
  folder: string,
  isEntered: (path: string) => boolean = () => true,
  hidden?: string,
): Promise<Found> {
  const found = new Map<string, FoundEntry>();
  const pause = startSlices();
  const pending = [""];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    try {
      for (const name of namesIn(join(folder, at))) {
        const path = at === "" ? name : `${at}/${name}`;
        if (path === hidden) continue;
        const observed = observe(join(folder, path));
        if (observed === undefined) continue;
        found.set(path, observed);
        if (observed.type === "directory" && isEntered(path)) pending.push(path);
        await pause();
      }
    } catch (error) {
      const closed = found.get(at);
      if (closed === undefined || !isForbidden(error)) throw error;
      found.set(at, { ...closed, isClosed: true });
    }
  }
  return found;
}

/** Whether a folder above the path may not be looked into. */
export function isBehindClosed(path: string, found: Found): boolean {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const above = found.get(path.slice(0, end));
    if (above !== undefined) return above.isClosed === true;
  }
  return false;
}

/** Whether somebody has removed it, or put something else in its place, since it was found. */
function isOtherByNow(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "EISDIR", "EINVAL"].includes(systemCode(error) ?? "");
}

function isForbidden(error: unknown): boolean {
  return ["EACCES", "EPERM"].includes(systemCode(error) ?? "");
}

/**
 * The found entries, with what lies at wanted paths under another spelling, on file systems that take
 * both for one. What is ours there goes before anything comes, and does not count.
 */
export function withOtherSpellings(
  folder: string,
  found: Found,
  wanted: readonly TreeEntry[],
  owned: readonly TreeEntry[],
): Found {
  const ours = new Set(owned.map(({ path }) => found.get(path)?.inode));
  const others = new Map<string, Observed>();
  for (const { path } of wanted) {
    const above = path.slice(0, Math.max(path.lastIndexOf("/"), 0));
    if (found.has(path) || (above !== "" && found.get(above)?.type !== "directory")) continue;
    if (isBehindClosed(path, found)) continue;
    const observed = observe(join(folder, path));
    if (observed !== undefined && !ours.has(observed.inode)) others.set(path, observed);
  }
  return others.size === 0 ? found : new Map([...found, ...others]);
}

/** Compares what was found with the record; hashes where lstat leaves a doubt. */
export async function standingOf(
  folder: string,
  record: DestinationRecord,
  found: Found,
): Promise<Standing> {
  const owned = new Set(record.entries.map(({ path }) => path));
  const shared = new Set(record.shared);
  const damage = new Map<string, "~" | "-">();
  const entries: ReceiptEntry[] = [];
  let isRefreshed = false;
  for (const entry of record.entries) {
    const observed = found.get(entry.path);
    const checksModes = process.platform !== "win32" && !shared.has(entry.path);
    const finding = observed === undefined ? undefined : compareEntry(entry, observed, checksModes);
    if (observed === undefined) {
      damage.set(entry.path, isBehindClosed(entry.path, found) ? "~" : "-");
    } else if (observed.isClosed === true) {
      damage.set(entry.path, "~");
    } else if (finding === "same") {
      entries.push(entry);
    } else if (finding === "look" && (await holdsContent(join(folder, entry.path), entry))) {
      entries.push({ ...entry, facts: factsOf(observed) });
      isRefreshed = true;
    } else {
      damage.set(entry.path, "~");
    }
  }
  const strangers = [...found.keys()].filter((path) => !owned.has(path));
  return { damage, strangers, ...(isRefreshed && damage.size === 0 ? { refreshed: entries } : {}) };
}

/** Of the entries that lie there with the same type and content, the paths. Modes do not count. */
export async function equalPaths(
  folder: string,
  entries: readonly TreeEntry[],
  found: Found,
): Promise<ReadonlySet<string>> {
  const equal = new Set<string>();
  const pause = startSlices();
  for (const entry of entries) {
    const observed = found.get(entry.path);
    if (observed?.type !== entry.type || observed.isClosed === true) continue;
    if (entry.type === "file" && observed.size !== entry.size) continue;
    if (await holdsContent(join(folder, entry.path), entry)) equal.add(entry.path);
    await pause();
  }
  return equal;
}

/**
 * What lies in the folder, as entries that come to the content digest; undefined where it is
 * other content, or some of it may not be read. Checkouts know but one bit of a mode, so it may also
 * fit with modes of 755 and 644.
 */
export async function entriesWithDigest(
  folder: string,
  digest: string,
  hidden?: string,
): Promise<readonly ReceiptEntry[] | undefined> {
  const found = await survey(folder, undefined, hidden);
  const exact: ReceiptEntry[] = [];
  for (const [path, observed] of found) {
    const entry = await readableEntryAt(join(folder, path), path, observed);
    if (entry === undefined) return undefined;
    exact.push(entry);
  }
  const candidates = [exact, exact.map((entry) => ({ ...entry, mode: usualMode(entry) }))];
  return candidates.find((entries) => contentDigest(entries) === digest);
}

function usualMode({ type, mode }: TreeEntry): number {
  if (type === "symlink") return mode;
  return type === "directory" || (mode & 0o100) !== 0 ? 0o755 : 0o644;
}

/** Undefined where it may not be read, or is nothing that content has. */
async function readableEntryAt(
  file: string,
  path: string,
  observed: FoundEntry,
): Promise<ReceiptEntry | undefined> {
  if (observed.isClosed === true) return undefined;
  return await entryAt(file, path, observed).catch((error: unknown) => {
    if (isForbidden(error) || isOtherByNow(error)) return undefined;
    throw error;
  });
}

async function entryAt(
  file: string,
  path: string,
  observed: Observed,
): Promise<ReceiptEntry | undefined> {
  const { type, mode, size } = observed;
  const facts = factsOf(observed);
  switch (type) {
    case "file":
      return { path, type, mode, size, sha256: await hashOf(file, size), facts };
    case "directory":
      return { path, type, mode, size: 0, facts };
    case "symlink":
      return { path, type, mode: 0o777, size: 0, target: readlinkSync(file), facts };
    case "special":
      return undefined;
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
