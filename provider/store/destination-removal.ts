/**
 * Takes placed content away again: what we placed and nobody changed, and nothing else. What lies
 * there besides is named once, and stays.
 */
import { stat } from "node:fs/promises";
import type { Report } from "../context";
import { changesOf } from "./destination-assess";
import { innerArea, type Ground } from "./destination-ground";
import { readRecord, writeRecord, type DestinationRecord } from "./destination-record";
import { heirAt } from "./destination-heir";
import { carryOut, journalOf } from "./destination-steps";
import { standingOf, survey } from "./destination-survey";
import { bringBack, stepAside } from "./destination-swap";
import { observe } from "./observe";
import { inTurn, type Turn } from "./journal";
import type { Owner } from "./placing";
import { planPlacing } from "./plan-placing";
import { renameAway } from "./rename";
import { removeTree, stagingPath } from "./staging";
import { summaryOfDamage } from "./trees";

/** Gives up the owner's share, and removes the content where that was the last one. */
export async function removeContent(
  ground: Ground,
  owner: Pick<Owner, "id">,
  report: Report,
): Promise<void> {
  const known = await readRecord(ground.recordFile);
  if (known === undefined || !isOwner(known, owner)) return;
  if ((await stat(ground.parent).catch(() => undefined)) === undefined) {
    // Nothing lies there, and no journal can: nobody is asked.
    await writeRecord(ground.recordFile, withoutOwner(known, owner));
    return;
  }
  await inTurn(ground.area, ground.shown, heirAt(ground), async (turn) => {
    const record = await readRecord(ground.recordFile);
    if (record === undefined || !isOwner(record, owner)) return;
    const shared = withoutOwner(record, owner);
    if (shared === undefined) await takeAway({ ground, record, turn, report }, ground.stays);
    else await writeRecord(ground.recordFile, shared);
  });
}

function isOwner({ owners }: DestinationRecord, { id }: Pick<Owner, "id">): boolean {
  return owners.some((other) => other.id === id);
}

/** The record of those who stay; undefined where nobody does. */
function withoutOwner(
  record: DestinationRecord,
  { id }: Pick<Owner, "id">,
): DestinationRecord | undefined {
  const owners = record.owners.filter((owner) => owner.id !== id);
  return owners.length === 0 ? undefined : { ...record, owners };
}

interface Removal {
  readonly ground: Ground;
  readonly record: DestinationRecord;
  readonly turn: Turn;
  readonly report: Report;
}

async function takeAway(removal: Removal, isFileByFile: boolean): Promise<void> {
  const { ground, record, turn, report } = removal;
  const { aside, area, folder, recordFile, shown } = ground;
  const root = observe(folder);
  if (root?.type !== "directory") {
    if (root !== undefined) report.warning(`${shown} is no folder any more, and stays as it is`);
    await writeRecord(recordFile, undefined);
    return;
  }
  const owned = new Set(record.entries.map(({ path }) => path));
  const found = await survey(folder, (path) => owned.has(path), innerArea(ground));
  const standing = await standingOf(folder, record, found);
  const nothing = { wanted: [], equal: new Set<string>(), rule: "keep" } as const;
  const { steps } = planPlacing({ ...nothing, record, found, standing, isFileByFile });
  if (steps.kind === "whole") {
    if (!(await stepAside(ground, found))) {
      await takeAway(removal, true);
      return;
    }
    // Until here the next run would put it back; from here it sweeps it up.
    const gone = stagingPath(area);
    await renameAway(aside, gone).catch(async (error: unknown) => {
      await bringBack(ground);
      throw error;
    });
    await writeRecord(recordFile, undefined);
    await removeTree(gone);
    return;
  }
  await turn.announce(journalOf(ground, steps, undefined, undefined));
  await carryOut(ground, steps, undefined, undefined);
  const edited = changesOf(standing).filter((line) => line.startsWith("~"));
  const left = [...edited, ...standing.strangers.map((path) => `+ ./${path}`)];
  if (left.length > 0) {
    report.warning(`${shown} keeps what was changed or added there: ${summaryOfDamage(left)}`);
  }
}
