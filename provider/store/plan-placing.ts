/**
 * What has to be done at a destination so that the wanted content lies there: decided from the
 * record, from what was found, and from the rule for local changes. Pure; touches no disk.
 */
import type { Tree, TreeEntry } from "../types";
import type { DestinationRecord } from "./destination-record";
import type { Found, Standing } from "./destination-survey";
import type { OnLocalChange } from "./placing";
import type { Observed, ReceiptEntry } from "./receipt";

/** What lay at a path when the plan was made: who finds something else there leaves it alone. */
export type Seen = Pick<Observed, "type" | "size" | "mtimeMs" | "inode">;

/** File by file, in this order; each step can be done again. Paths are relative, with "/". */
export interface FileSteps {
  readonly kind: "files";
  /** Files and links that are ours and go. */
  readonly remove: readonly { readonly path: string; readonly seen: Seen }[];
  /** Folders that go if they are empty by then; the deepest first. */
  readonly drop: readonly string[];
  /** Folders to come, the highest first. */
  readonly make: readonly { readonly path: string; readonly mode: number }[];
  /** Files and links that come from the draft; without `seen`, to a free place. */
  readonly bring: readonly { readonly path: string; readonly seen?: Seen }[];
  /** What has the right content and another mode. */
  readonly mend: readonly { readonly path: string; readonly mode: number }[];
}

/** Either the whole folder at once, or file by file. */
export type Steps = { readonly kind: "whole" } | FileSteps;

/** Whether a wanted entry lies there already: as placed, found equal, or as somebody changed it. */
export type Origin = "placed" | "adopted" | "local" | "draft";

export interface PlacingPlan {
  /** What is not ours and lies where content has to go: "./a"; nothing may be done then. */
  readonly conflicts: readonly string[];
  readonly steps: Steps;
  /** Local changes that stay although the content has changed, too: "~ ./a". */
  readonly kept: readonly string[];
  /** Of each wanted path; of none where nothing was there, and all comes from the draft. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** {@link DestinationRecord.shared} of the record to come. */
  readonly shared: readonly string[];
}

/** What a plan is made from. */
export interface PlanFacts {
  /** Undefined where nothing there is ours. */
  readonly record: DestinationRecord | undefined;
  readonly found: Found;
  readonly standing: Standing;
  readonly wanted: readonly TreeEntry[];
  /** Wanted paths at which the same type and content lies, though we did not place it so. */
  readonly equal: ReadonlySet<string>;
  readonly rule: OnLocalChange;
  /** The folder itself has to stay where it is: nothing is exchanged whole. */
  readonly isFileByFile: boolean;
}

/** Folders of ours that may not be looked into, and that the rule has opened before anything comes. */
export function closedOfOurs({
  record,
  found,
  rule,
}: Pick<PlanFacts, "record" | "found" | "rule">): readonly string[] {
  if (record === undefined || rule !== "restore") return [];
  const ours = record.entries.filter(({ path }) => !record.shared.includes(path));
  return ours.map(({ path }) => path).filter((path) => found.get(path)?.isClosed === true);
}

/** Whether nothing of what we placed is left: that is a fresh machine, and no local change. */
export function isGone({ entries }: Pick<Tree, "entries">, { damage }: Standing): boolean {
  const files = entries.filter(({ type }) => type !== "directory");
  const content = files.length > 0 ? files : entries;
  return damage.size > 0 && content.every(({ path }) => damage.get(path) === "-");
}

/** The plan, or what stands in its way. */
export function planPlacing(given: PlanFacts): PlacingPlan {
  const { found, isFileByFile, rule, standing } = given;
  if (found.size === 0 && given.record === undefined && !isFileByFile) return PLAN_FOR_NOTHING;
  const facts = lookups(given);
  const verdicts = new Map(given.wanted.map((entry) => [entry.path, verdictOf(entry, facts)]));
  const going = goingOf(facts, verdicts);
  const coming = comingOf(facts, verdicts);
  const conflicts = conflictsOf(facts, verdicts, going, coming);
  const shared = [...verdicts].filter(([, verdict]) => verdict === "share").map(([path]) => path);
  const isOurs = given.record !== undefined && standing.strangers.length === 0;
  const isWhole =
    !isFileByFile && (found.size === 0 || (isOurs && (facts.damage.size === 0 || rule !== "keep")));
  return {
    conflicts,
    steps: isWhole ? { kind: "whole" } : { kind: "files", ...going.steps, ...coming },
    kept: [...keptOf(facts, verdicts), ...going.kept].sort(),
    origins: new Map([...verdicts].map(([path, verdict]) => [path, ORIGINS[verdict]])),
    shared,
  };
}

/** Where nothing is, everything comes: the same plan, without a look at each path and its folders. */
const PLAN_FOR_NOTHING: PlacingPlan = {
  conflicts: [],
  steps: { kind: "whole" },
  kept: [],
  origins: new Map(),
  shared: [],
};

type Verdict =
  | "stay"
  /** Equal content, which becomes ours; its mode is mended. */
  | "adopt"
  /** A folder that others use as well. */
  | "share"
  | "bring"
  | "make"
  /** As somebody changed it; so it stays. */
  | "local"
  | "conflict";

const ORIGINS: Readonly<Record<Verdict, Origin>> = {
  stay: "placed",
  adopt: "adopted",
  share: "adopted",
  bring: "draft",
  make: "draft",
  local: "local",
  conflict: "local",
};

interface Lookups extends PlanFacts {
  readonly owned: ReadonlyMap<string, ReceiptEntry>;
  readonly byPath: ReadonlyMap<string, TreeEntry>;
  readonly damage: Standing["damage"];
  /** Folders with something in them that is neither ours nor wanted. */
  readonly crowded: ReadonlySet<string>;
}

function lookups(given: PlanFacts): Lookups {
  const { record, standing, wanted } = given;
  const byPath = new Map(wanted.map((entry) => [entry.path, entry]));
  const foreign = standing.strangers.filter((path) => !byPath.has(path));
  // Where all that is wanted was removed, the next look could not tell that from a fresh machine.
  const contents = record === undefined ? [] : [record, { entries: wanted }];
  return {
    ...given,
    byPath,
    owned: new Map((record?.entries ?? []).map((entry) => [entry.path, entry])),
    damage: contents.some((one) => isGone(one, standing)) ? edits(standing) : standing.damage,
    crowded: new Set(foreign.flatMap(foldersAbove)),
  };
}

/** Without what is missing. */
function edits({ damage }: Standing): Standing["damage"] {
  return new Map([...damage].filter(([, how]) => how !== "-"));
}

function verdictOf(entry: TreeEntry, facts: Lookups): Verdict {
  const { crowded, damage, equal, found, owned, record, rule } = facts;
  const { path, type } = entry;
  const at = found.get(path);
  const own = owned.get(path);
  const change = damage.get(path);
  const isFolder = type === "directory";
  if (at === undefined) {
    if (change !== undefined && rule === "keep") return "local";
    return isFolder ? "make" : "bring";
  }
  if (own === undefined) {
    if (!equal.has(path)) return "conflict";
    return isFolder && crowded.has(path) ? "share" : "adopt";
  }
  if (isFolder && at.type === "directory" && record?.shared.includes(path) === true) return "share";
  if (change === undefined && isSameEntry(own, entry)) return "stay";
  if (change !== undefined && rule === "keep") {
    const isWanted = equal.has(path) && (type === "symlink" || at.mode === entry.mode);
    return isWanted ? "adopt" : "local";
  }
  if (isFolder && at.type === "directory") return "adopt";
  // A link where we had a folder leads somewhere: nothing is put behind it, and it is not ours.
  if (at.type === "symlink" && own.type === "directory") return "conflict";
  if (equal.has(path)) return "adopt";
  return isFolder ? "make" : "bring";
}

/** Whether the content has the very same entry in both. */
export function isSameEntry(one: TreeEntry, other: TreeEntry): boolean {
  const isSameContent = one.sha256 === other.sha256 && one.target === other.target;
  return isSameContent && one.type === other.type && one.mode === other.mode;
}

type Verdicts = ReadonlyMap<string, Verdict>;

interface Going {
  readonly steps: Pick<FileSteps, "remove" | "drop">;
  /** Changed files that the content no longer has. */
  readonly kept: readonly string[];
}

/** What of ours has no place in the wanted content, or another type there. */
function goingOf({ damage, found, owned, record, rule }: Lookups, verdicts: Verdicts): Going {
  const remove: { path: string; seen: Seen }[] = [];
  const drop: string[] = [];
  const kept: string[] = [];
  for (const [path, { type }] of owned) {
    const at = found.get(path);
    const verdict = verdicts.get(path);
    if (at === undefined) continue;
    if (verdict === undefined ? false : verdict !== "bring" && verdict !== "make") continue;
    if (verdict === undefined && rule === "keep" && damage.has(path) && type !== "directory") {
      kept.push(`~ ./${path}`);
    } else if (at.type === "directory") {
      // What others use as well stays, unless a file is wanted there: then nothing of theirs is in it.
      if (verdict === "bring" || record?.shared.includes(path) !== true) drop.push(path);
    } else if (verdict !== "bring" && !(verdict === undefined && type === "directory")) {
      remove.push({ path, seen: seenOf(at) });
    }
  }
  return { steps: { remove, drop: drop.sort().reverse() }, kept };
}

/** What is made, brought and mended; with the folders that are needed for it. */
function comingOf(facts: Lookups, verdicts: Verdicts): Pick<FileSteps, "make" | "bring" | "mend"> {
  const { byPath, found } = facts;
  const bring: { path: string; seen?: Seen }[] = [];
  const mend: { path: string; mode: number }[] = [];
  const make = new Set<string>();
  for (const [path, verdict] of verdicts) {
    const at = found.get(path);
    const mode = byPath.get(path)?.mode ?? 0o755;
    if (verdict === "make") make.add(path);
    if (verdict === "bring") {
      const isReplaced = at !== undefined && at.type !== "directory";
      bring.push(isReplaced ? { path, seen: seenOf(at) } : { path });
      for (const above of foldersAbove(path)) if (!found.has(above)) make.add(above);
    }
    if (verdict === "adopt" && at?.type !== "symlink" && at?.mode !== mode) {
      mend.push({ path, mode });
    }
  }
  const folders = [...make].sort();
  return {
    make: folders.map((path) => ({ path, mode: byPath.get(path)?.mode ?? 0o755 })),
    bring,
    mend,
  };
}

/** What must not be replaced, and what would have to be passed through and is no folder of ours. */
function conflictsOf(
  facts: Lookups,
  verdicts: Verdicts,
  going: Going,
  coming: Pick<FileSteps, "make" | "bring">,
): readonly string[] {
  const { found } = facts;
  const opened = new Set(closedOfOurs(facts));
  const conflicts = [...verdicts].filter(([, verdict]) => verdict === "conflict");
  const blocked = new Set(conflicts.map(([path]) => path));
  const vacated = new Set([...going.steps.remove.map(({ path }) => path), ...going.steps.drop]);
  for (const { path } of [...coming.make, ...coming.bring]) {
    for (const above of foldersAbove(path)) {
      const at = found.get(above);
      const isClosed = at?.isClosed === true && !opened.has(above);
      const isPassed = at === undefined || (at.type === "directory" && !isClosed);
      if (!isPassed && (isClosed || !vacated.has(above))) blocked.add(above);
    }
  }
  const replaced = coming.bring.filter(({ path }) => found.get(path)?.type === "directory");
  // Whose it is that lies in a closed folder, nobody knows.
  const closed = replaced.filter(({ path }) => found.get(path)?.isClosed === true);
  for (const { path } of closed) if (!opened.has(path)) blocked.add(path);
  for (const path of replaced.length === 0 ? [] : found.keys()) {
    const isInTheWay = replaced.some((folder) => path.startsWith(`${folder.path}/`));
    if (isInTheWay && !vacated.has(path)) blocked.add(path);
  }
  return [...blocked].sort().map((path) => `./${path}`);
}

/** Local changes of wanted entries whose content is another one now. */
function keptOf({ byPath, damage, owned }: Lookups, verdicts: Verdicts): readonly string[] {
  return [...verdicts].flatMap(([path, verdict]) => {
    const own = owned.get(path);
    const entry = byPath.get(path);
    if (verdict !== "local" || own === undefined || entry === undefined) return [];
    return isSameEntry(own, entry) ? [] : [`${damage.get(path) ?? "~"} ./${path}`];
  });
}

/** The part of an observation that tells whether somebody has touched the entry since. */
export function seenOf({ type, size, mtimeMs, inode }: Observed): Seen {
  return { type, size, mtimeMs, inode };
}

/** "a" and "a/b" of "a/b/c". */
export function foldersAbove(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join("/"));
}
