/**
 * Brings content to a destination: into a folder beside it first, and from there by renames, whole or
 * file by file, under a journal. Before that is written, nothing at the destination is touched.
 */
import { chmod } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Report } from "../context";
import { contentDigest } from "../content-digest";
import { ensureFolder, missingFolders } from "../ensure-folder";
import type { Tree, TreeEntry } from "../types";
import {
  assess,
  changesOf,
  planFor,
  recordAfter,
  stateOf,
  type Assessment,
} from "./destination-assess";
import type { Ground } from "./destination-ground";
import { withoutFacts, withOwner, writeRecord, type DestinationRecord } from "./destination-record";
import { heirAt } from "./destination-heir";
import { carryOut, journalOf, settle } from "./destination-steps";
import { swap } from "./destination-swap";
import { receiptOf } from "./inspect-tree";
import { inTurn, leave, type Turn } from "./journal";
import type { Owner, Wanted } from "./placing";
import { closedOfOurs, isGone, type PlacingPlan, type Steps } from "./plan-placing";
import type { Receipt } from "./receipt";
import { removeEmptyFolder } from "./small-steps";
import { removeTree, stagingPath } from "./staging";
import { folderError, folderFact, isUnusable, storeError } from "./store-error";
import { summaryOfDamage, treeOf, type FillTree, type TreeKey } from "./trees";

/** What to do where the folder cannot be written. */
export const HINT = "choose another folder for the copy, or make this one writable";

/** What is to be placed where, for whom. */
export interface Placing {
  readonly ground: Ground;
  readonly wanted: Wanted;
  readonly owner: Owner;
  readonly report: Report;
}

/** New content in a folder beside the destination. */
interface Draft {
  readonly path: string;
  readonly receipt: Receipt;
  /** From then on it belongs to the journal, which somebody may have to finish. */
  isAnnounced: boolean;
}

/** The content at the destination: found there, or as `fill` writes it. */
export async function bringContent(placing: Placing, fill: FillTree): Promise<Tree> {
  const { ground, wanted } = placing;
  const seen = await assess(ground, wanted);
  if (stateOf(ground, seen, wanted).state === "placed") {
    const tree = await confirmSeen(placing, seen);
    if (tree !== undefined) return tree;
  }
  const above = missingFolders(ground.parent);
  try {
    return await bringDraft(placing, fill);
  } catch (error) {
    // Made for content that does not come. What others have put there meanwhile keeps its folder.
    above.forEach(removeEmptyFolder);
    throw error;
  }
}

/** The content in a folder beside the destination, and from there in its place. */
async function bringDraft(placing: Placing, fill: FillTree): Promise<Tree> {
  const { ground, wanted } = placing;
  const { area, parent, shown } = ground;
  making(parent, () => {
    ensureFolder(parent, 0o777);
  });
  const around = dirname(area);
  const path = making(around, () => stagingPath(area));
  let draft: Draft | undefined;
  try {
    making(around, () => {
      ensureFolder(path, 0o777);
    });
    const receipt = receiptOf(wanted.key.key, path, await fill(path));
    const filled: Draft = { path, receipt, isAnnounced: false };
    draft = filled;
    return await inTurn(area, shown, heirAt(ground), (turn) =>
      exchange(placing, filled, turn, ground.stays),
    );
  } finally {
    if (draft?.isAnnounced !== true) await removeTree(path).catch(() => undefined);
    leave(area);
  }
}

/** What needs the folder around the drafts says so where it fails: that is the one to be written. */
function making<T>(parent: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw folderError(error, parent, HINT);
  }
}

/** All is there, but perhaps the record, or our name in it. Undefined where it has gone meanwhile. */
async function confirmSeen(placing: Placing, seen: Assessment): Promise<Tree | undefined> {
  const { ground, owner, wanted } = placing;
  const { key, owners = [] } = seen.record ?? {};
  const isOurs = owners.some(({ id, urn }) => id === owner.id && urn === owner.urn);
  if (isOurs && key === wanted.key.key) return treeAt(ground, wanted.key, seen);
  const work = inTurn(ground.area, ground.shown, heirAt(ground), async (turn) => {
    const now = await assess(ground, wanted);
    if (stateOf(ground, now, wanted).state !== "placed") return undefined;
    return await confirm(placing, now, turn);
  });
  return await work.catch((error: unknown) => {
    // What is there already needs no write.
    if (!(error instanceof Error) || !isUnusable(error)) throw error;
    tellRefusal(placing, error);
    return treeAt(ground, wanted.key, seen);
  });
}

/**
 * Content that is there becomes ours, too: it is recorded, and modes are mended where it was not. So it is
 * where the record tells of other content, because no new one could be written when this was placed.
 */
async function confirm(placing: Placing, seen: Assessment, turn: Turn): Promise<Tree> {
  const { ground, owner, wanted } = placing;
  const { record, standing } = seen;
  if (record?.key !== wanted.key.key) return await adopt(placing, seen, turn);
  const owners = withOwner(record.owners, owner);
  const entries = standing.refreshed ?? record.entries;
  tellRefusal(placing, await writeRecord(ground.recordFile, { ...record, entries, owners }));
  return treeAt(ground, wanted.key, seen);
}

async function adopt(placing: Placing, seen: Assessment, turn: Turn): Promise<Tree> {
  const { ground, owner, wanted } = placing;
  const fresh = receiptWithoutFacts(wanted.key, seen.entries ?? []);
  // Nothing is exchanged: there is no other folder.
  const plan = planFor(ground, seen, fresh.entries, wanted, true);
  const record = recordAfter(plan, fresh, seen, owner);
  await turn.announce(journalOf(ground, plan.steps, undefined, record));
  tellRefusal(placing, await finish(ground, plan.steps, undefined, record));
  return treeAt(ground, wanted.key, seen);
}

/**
 * The draft takes the place of what is ours there. Filling took its time: everything is looked at anew,
 * and once more where the folder could not be exchanged whole.
 */
async function exchange(
  placing: Placing,
  draft: Draft,
  turn: Turn,
  isFileByFile: boolean,
): Promise<Tree> {
  const { ground, wanted, owner } = placing;
  const fresh = draft.receipt;
  const seen = await assessOpened(ground, wanted, fresh.entries);
  if (stateOf(ground, seen, wanted).state === "placed") return await confirm(placing, seen, turn);
  const plan = planFor(ground, seen, fresh.entries, wanted, isFileByFile);
  if (seen.isRecorded) {
    // A record that cannot be kept up would tell of other content than there is.
    const refusal = await writeRecord(ground.recordFile, seen.record);
    if (refusal !== undefined) throw storeError(refusal, ground.records, HINT);
  }
  const record = recordAfter(plan, fresh, seen, owner);
  await turn.announce(journalOf(ground, plan.steps, draft.path, record));
  draft.isAnnounced = true;
  if (plan.steps.kind === "whole" && !(await swap(ground, draft.path, seen.found))) {
    return await exchange(placing, draft, turn, true);
  }
  const refusal = await finish(ground, plan.steps, draft.path, record);
  say(placing, seen, plan);
  tellRefusal(placing, refusal);
  return treeOf(ground.folder, basename(ground.folder), fresh);
}

/** Folders of ours that somebody closed are opened one below the other; their modes are mended later. */
async function assessOpened(
  ground: Ground,
  wanted: Wanted,
  entries: readonly TreeEntry[],
): Promise<Assessment> {
  const opened = new Set<string>();
  for (;;) {
    const seen = await assess(ground, wanted, entries);
    const closed = closedOfOurs({ ...seen, rule: wanted.onLocalChange });
    const next = closed.filter((path) => !opened.has(path));
    if (next.length === 0) return seen;
    for (const path of next) {
      opened.add(path);
      const folder = join(ground.folder, path);
      await chmod(folder, 0o700).catch((error: unknown) => {
        throw folderError(error, folder, HINT);
      });
    }
  }
}

/** What the announced steps still ask for, and the record. */
async function finish(
  ground: Ground,
  steps: Steps,
  draft: string | undefined,
  record: DestinationRecord,
): Promise<Error | undefined> {
  if (steps.kind === "files") return await carryOut(ground, steps, draft, record);
  return await settle(ground, draft, ground.recordFile, record);
}

/** What became of local changes. */
function say({ ground, report, wanted }: Placing, seen: Assessment, plan: PlacingPlan): void {
  const { record, standing } = seen;
  const changes = changesOf(standing);
  const isFresh = record === undefined || isGone(record, standing);
  if (changes.length > 0 && !isFresh && wanted.onLocalChange === "restore") {
    report.warning(
      `${ground.shown} was changed locally and is restored: ${summaryOfDamage(changes)}`,
    );
  }
  if (plan.kept.length > 0) {
    report.warning(
      `${ground.shown} keeps local changes to what is other content now: ${summaryOfDamage(plan.kept)}`,
    );
  }
}

/** Says what follows where no record could be written. */
function tellRefusal({ ground, report }: Placing, refusal: Error | undefined): void {
  if (refusal === undefined) return;
  const fact = folderFact(refusal) ?? refusal.message;
  report.warning(
    `${ground.records} cannot be written: ${fact}; nothing records that the content of ${ground.shown} is ours, so other content will be refused there`,
  );
}

function treeAt({ folder }: Ground, key: TreeKey, { record, entries }: Assessment): Tree {
  const known = record?.key === key.key ? record : undefined;
  return treeOf(folder, basename(folder), known ?? receiptWithoutFacts(key, entries ?? []));
}

function receiptWithoutFacts({ key }: TreeKey, entries: readonly TreeEntry[]): Receipt {
  return {
    version: 1,
    key,
    contentDigest: contentDigest(entries),
    entries: entries.map(withoutFacts),
  };
}
