/**
 * Looks at a destination and judges it: is the wanted content there, is it due, or does something
 * stand in its way that is not ours to take away? Changes nothing.
 */
import { OciError } from "../errors";
import type { TreeEntry } from "../types";
import { innerArea, type Ground } from "./destination-ground";
import { readRecord, withoutFacts, withOwner, type DestinationRecord } from "./destination-record";
import { inTheWay, NOT_OURS_HINT } from "./destination-steps";
import {
  entriesWithDigest,
  equalPaths,
  standingOf,
  survey,
  withOtherSpellings,
  type Found,
  type Standing,
} from "./destination-survey";
import { factsOf, observe } from "./observe";
import type { DestinationState, Owner, Wanted } from "./placing";
import { isGone, isSameEntry, planPlacing, type PlacingPlan } from "./plan-placing";
import type { Observed, Receipt } from "./receipt";
import { summaryOfDamage } from "./trees";

const NOT_HERE = "it is not on this machine";
const OTHER_CONTENT = "it holds other content";

/** What is known of a destination at one moment. */
export interface Assessment {
  readonly hasFolder: boolean;
  /** Of what is ours there: as written, or as the content digest `before` vouches for. */
  readonly record: DestinationRecord | undefined;
  readonly isRecorded: boolean;
  readonly found: Found;
  readonly standing: Standing;
  /** The wanted entries, where they are known. */
  readonly entries: readonly TreeEntry[] | undefined;
  /** {@link PlanFacts.equal} */
  readonly equal: ReadonlySet<string>;
}

const NOTHING = {
  hasFolder: false,
  record: undefined,
  isRecorded: false,
  found: new Map(),
  standing: { damage: new Map(), strangers: [] },
  equal: new Set<string>(),
} as const;

/**
 * Looks at the destination, without a judgment.
 *
 * @param entries - of the wanted content, where they are known
 * @throws OciError DESTINATION_NOT_OURS where it is no folder, but a link or a file.
 */
export async function assess(
  ground: Ground,
  wanted: Wanted,
  entries = wanted.tree?.entries,
): Promise<Assessment> {
  const { folder } = ground;
  const hasFolder = assertFolder(ground) !== undefined;
  const written = await readRecord(ground.recordFile);
  if (!hasFolder && written === undefined) return { ...NOTHING, entries };
  const known = new Set([...(written?.entries ?? []), ...(entries ?? [])].map(({ path }) => path));
  const surveyed = await survey(folder, (path) => known.has(path), innerArea(ground));
  const found = withOtherSpellings(folder, surveyed, entries ?? [], written?.entries ?? []);
  const standing: Standing =
    written === undefined
      ? { damage: new Map(), strangers: [...found.keys()] }
      : await standingOf(folder, written, found);
  const strangers = new Set(standing.strangers);
  const doubtful = (entries ?? []).filter(
    ({ path }) => strangers.has(path) || standing.damage.has(path),
  );
  const equal = await equalPaths(folder, doubtful, found);
  const plain = { hasFolder, record: written, isRecorded: written !== undefined, found, standing };
  const seen: Assessment = { ...plain, entries, equal };
  if (written !== undefined || found.size === 0 || isAdoptable(seen)) return seen;
  return (await vouchedFor(ground, wanted.before, seen)) ?? seen;
}

/** @throws OciError DESTINATION_NOT_OURS where it is no folder, but a link or a file. */
function assertFolder({ folder, shown }: Ground): Observed | undefined {
  const root = observe(folder);
  if (root === undefined || root.type === "directory") return root;
  throw new OciError({
    code: "DESTINATION_NOT_OURS",
    verb: "place content at",
    subject: shown,
    fact: root.type === "symlink" ? "it is a symlink" : "it is no folder",
    hint: NOT_OURS_HINT,
  });
}

/**
 * Whether the wanted content is there, or due.
 * @throws OciError LOCAL_CHANGE, DESTINATION_NOT_OURS
 */
export function stateOf(ground: Ground, seen: Assessment, wanted: Wanted): DestinationState {
  const { record, standing, hasFolder } = seen;
  if (record === undefined && isAdoptable(seen)) return { state: "placed" };
  if (record === undefined || !hasFolder || isGone(record, standing)) {
    return due(ground, seen, wanted, NOT_HERE);
  }
  const changes = changesOf(standing);
  const isOther = record.key !== wanted.key.key;
  if (changes.length > 0 && wanted.onLocalChange === "error") {
    if (isOther && isAdoptable(seen) && !hasObsolete(seen)) return { state: "placed" };
    throw localChange(ground, changes);
  }
  if (isOther) return due(ground, seen, wanted, OTHER_CONTENT);
  if (changes.length === 0 || wanted.onLocalChange === "keep") return { state: "placed" };
  const reason = `it was changed locally: ${summaryOfDamage(changes)}`;
  return due(ground, seen, wanted, reason);
}

/**
 * The plan of how the entries come there.
 *
 * @param isFileByFile - where the folder cannot be exchanged whole
 * @throws OciError DESTINATION_NOT_OURS
 */
export function planFor(
  ground: Ground,
  seen: Assessment,
  entries: readonly TreeEntry[],
  { onLocalChange }: Wanted,
  isFileByFile = ground.stays,
): PlacingPlan {
  const plan = planPlacing({ ...seen, wanted: entries, rule: onLocalChange, isFileByFile });
  if (plan.conflicts.length > 0) throw inTheWay(ground.shown, plan.conflicts);
  return plan;
}

/** Local changes in the order of their paths: "~ ./a", "- ./b". */
export function changesOf({ damage }: Standing): readonly string[] {
  return [...damage].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, how]) => `${how} ./${path}`);
}

/** The record of what lies there once a plan is carried out. */
export function recordAfter(
  plan: PlacingPlan,
  fresh: Receipt,
  seen: Assessment,
  owner: Owner,
): DestinationRecord {
  const owners = withOwner(seen.record?.owners ?? [], owner);
  if (plan.steps.kind === "whole") return { ...fresh, owners, shared: [] };
  const placed = new Map((seen.record?.entries ?? []).map((entry) => [entry.path, entry]));
  const entries = fresh.entries.map((entry) => {
    const observed = seen.found.get(entry.path);
    switch (plan.origins.get(entry.path)) {
      case "placed":
        return placed.get(entry.path) ?? withoutFacts(entry);
      case "adopted":
        return observed === undefined
          ? withoutFacts(entry)
          : { ...entry, facts: factsOf(observed) };
      case "draft":
        return entry;
      default:
        return withoutFacts(entry);
    }
  });
  return { ...fresh, entries, owners, shared: plan.shared };
}

function due(ground: Ground, seen: Assessment, wanted: Wanted, reason: string): DestinationState {
  if (seen.entries !== undefined) planFor(ground, seen, seen.entries, wanted);
  return { state: "due", reason };
}

/** Whether all that is wanted lies there, as a checkout brings it: of a file's mode, git keeps one bit. */
function isAdoptable({ entries, equal, found, record, standing }: Assessment): boolean {
  if (entries === undefined || found.size === 0) return false;
  const recorded = new Map((record?.entries ?? []).map((entry) => [entry.path, entry]));
  return entries.every((entry) => {
    const { path, type, mode } = entry;
    const own = standing.damage.has(path) ? undefined : recorded.get(path);
    if (own !== undefined && isSameEntry(own, entry)) return true;
    const isExecutable = ((found.get(path)?.mode ?? 0) & 0o100) !== 0;
    const fits = type !== "file" || process.platform === "win32";
    return equal.has(path) && (fits || isExecutable === ((mode & 0o100) !== 0));
  });
}

/** Whether files of ours lie there that are not wanted: where some were changed, nobody knows by whom. */
function hasObsolete({ entries = [], found, record }: Assessment): boolean {
  const wanted = new Set(entries.map(({ path }) => path));
  const others = (record?.entries ?? []).filter(({ path }) => !wanted.has(path));
  return others.some(({ path, type }) => type !== "directory" && found.has(path));
}

/** Where nothing else lies there than the content that the state says was placed, it is ours. */
async function vouchedFor(
  ground: Ground,
  before: string | undefined,
  seen: Assessment,
): Promise<Assessment | undefined> {
  const { folder } = ground;
  const hidden = innerArea(ground);
  const entries =
    before === undefined ? undefined : await entriesWithDigest(folder, before, hidden);
  if (before === undefined || entries === undefined) return undefined;
  return {
    ...seen,
    record: { version: 1, key: "", contentDigest: before, entries, owners: [], shared: [] },
    found: await survey(folder, undefined, hidden),
    standing: { damage: new Map(), strangers: [] },
  };
}

function localChange({ shown }: Ground, changes: readonly string[]): OciError {
  return new OciError({
    code: "LOCAL_CHANGE",
    verb: "place content at",
    subject: shown,
    fact: `its content was changed since it was placed: ${summaryOfDamage(changes)}`,
    hint: 'put it back, or set onLocalChange: "restore", which undoes the changes, or "keep", which leaves them',
  });
}
