/**
 * Compares a tree on disk with its receipt: cheap where nothing was touched, by hash where
 * something was. Reads only.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { contentDigest } from "../content-digest";
import { OciError } from "../errors";
import { factsOf, holdsContent, observe } from "./observe";
import {
  compareEntry,
  type EntryFacts,
  type Observed,
  type Receipt,
  type ReceiptEntry,
  type WrittenEntry,
} from "./receipt";

/** After so many entries the event loop gets a turn. */
const SLICE = 500;

export interface Inspection {
  /**
   * Paths that are changed, missing or unreadable ("~", "-") or that nobody placed ("+"). Where the
   * tree itself is missing, all are, "./" among them.
   */
  readonly damage: readonly string[];
  /** The receipt's entries with today's facts, where some differ without damage. */
  readonly refreshed?: readonly ReceiptEntry[];
}

/** Compares the tree at `directory` with what its receipt says. */
export async function inspectTree(directory: string, receipt: Receipt): Promise<Inspection> {
  // An empty tree has no entry that would be missed.
  const damage = isFolder(directory) ? [] : ["- ./"];
  const entries: ReceiptEntry[] = [];
  let isRefreshed = false;
  for (const [index, entry] of receipt.entries.entries()) {
    if (index % SLICE === SLICE - 1) await new Promise(setImmediate);
    const observed = look(join(directory, entry.path));
    const finding =
      observed === undefined
        ? "missing"
        : compareEntry(entry, observed, process.platform !== "win32");
    if (observed === undefined || finding === "missing") {
      damage.push(`- ./${entry.path}`);
    } else if (finding === "same") {
      entries.push(entry);
    } else if (finding === "look" && (await holdsContent(join(directory, entry.path), entry))) {
      entries.push({ ...entry, facts: factsOf(observed) });
      isRefreshed = true;
    } else {
      damage.push(`~ ./${entry.path}`);
    }
  }
  damage.push(...strangers(directory, receipt).map((path) => `+ ./${path}`));
  return isRefreshed && damage.length === 0 ? { damage, refreshed: entries } : { damage };
}

function isFolder(directory: string): boolean {
  try {
    return statSync(directory).isDirectory();
  } catch {
    return false;
  }
}

/** The receipt of entries that were just written below `directory`, where nobody else is at work. */
export function receiptOf(
  key: string,
  directory: string,
  entries: readonly WrittenEntry[],
): Receipt {
  return {
    version: 1,
    key,
    contentDigest: contentDigest(entries),
    entries: entries.map((entry) => receiptEntryOf(directory, entry)),
  };
}

/** Of a folder nothing is compared but its type and its mode. */
const FOLDER_FACTS: EntryFacts = Object.freeze({ size: 0, mtimeMs: 0, ctimeMs: 0, inode: 0 });

function receiptEntryOf(directory: string, entry: WrittenEntry): ReceiptEntry {
  // Nearly all are files whose facts are known: no second object for each.
  if (hasFacts(entry)) return entry;
  if (entry.type === "directory") return { ...entry, facts: FOLDER_FACTS };
  return { ...entry, facts: factsAt(directory, entry.path) };
}

function hasFacts(entry: WrittenEntry): entry is ReceiptEntry {
  return entry.facts !== undefined;
}

function factsAt(directory: string, path: string): EntryFacts {
  const observed = observe(join(directory, path));
  if (observed === undefined) throw vanished(join(directory, path));
  return factsOf(observed);
}

function vanished(subject: string): OciError {
  const fact = "somebody removed it while it was placed";
  return new OciError({ code: "STORE", verb: "place", subject, fact, hint: "run again" });
}

/** In a tree, what may not be looked at is as good as missing. */
function look(path: string): Observed | undefined {
  try {
    return observe(path);
  } catch {
    return undefined;
  }
}

/** Paths in the tree that the receipt does not know; a strange folder is named, not entered. */
function strangers(directory: string, receipt: Receipt): readonly string[] {
  const known = new Map(receipt.entries.map((entry) => [entry.path, entry.type]));
  const found: string[] = [];
  const visit = (relative: string): void => {
    for (const name of readdirNames(join(directory, relative))) {
      const path = relative === "" ? name : `${relative}/${name}`;
      const type = known.get(path);
      if (type === undefined) found.push(path);
      else if (type === "directory") visit(path);
    }
  };
  visit("");
  return found;
}

function readdirNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
