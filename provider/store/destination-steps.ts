/**
 * Carries out what a plan says at a destination, and what a dead run has left undone. Each step can
 * be done again, passes through no link, and leaves alone what somebody has touched since the plan.
 */
import { chmodSync, mkdirSync, readdirSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { mkdir, rename, rmdir } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { OciError, systemCode } from "../errors";
import type { Ground } from "./destination-ground";
import { writeRecord, type DestinationRecord } from "./destination-record";
import { factsOf, observe } from "./observe";
import type { Heir, Journal } from "./journal";
import type { FileSteps, Seen, Steps } from "./plan-placing";
import { startSlices } from "./slices";
import { removeTree, renameInto, sweepStaging } from "./staging";
import { summaryOfDamage } from "./trees";

/** What to do where something that is not ours stands in the way. */
export const NOT_OURS_HINT = "choose another folder, or move away what lies there";

/** The journal of steps that are about to be carried out at `ground`. */
export function journalOf(
  ground: Ground,
  steps: Steps,
  draft: string | undefined,
  record: DestinationRecord | undefined,
): Journal {
  return {
    version: 1,
    steps,
    recordFile: basename(ground.recordFile),
    recordFolder: relative(ground.area, dirname(ground.recordFile)),
    ...(draft === undefined ? {} : { draft: basename(draft) }),
    ...(record === undefined ? {} : { record }),
  };
}

/** Finishes the work of dead runs at `ground`, and sweeps up behind them. */
export function heirAt(ground: Ground): Heir {
  return {
    async finish(journal) {
      const { steps, draft, record } = journal;
      const draftPath = draft === undefined ? undefined : join(ground.area, draft);
      if (steps.kind === "whole" && !isMoved(ground, draftPath)) {
        await rollBack(ground, draftPath);
        return;
      }
      const done =
        steps.kind === "whole" ? record : await carryOutFiles(ground, steps, draftPath, record);
      const recordFile = join(ground.area, journal.recordFolder, journal.recordFile);
      await settle(ground, draftPath, recordFile, done);
    },
    async tidy() {
      const { aside, folder } = ground;
      if (observe(aside) !== undefined) {
        if (isFree(folder)) await rename(aside, folder);
        else if (observe(folder)?.type === "directory") await removeTree(aside);
      }
      await sweepStaging(ground.area);
    },
  };
}

/**
 * Carries the announced steps out.
 *
 * @returns What a record's folder that takes none has said.
 */
export async function carryOut(
  ground: Ground,
  steps: Steps,
  draft: string | undefined,
  record: DestinationRecord | undefined,
): Promise<Error | undefined> {
  if (steps.kind === "files") {
    const done = await carryOutFiles(ground, steps, draft, record);
    return await settle(ground, draft, ground.recordFile, done);
  }
  if (draft !== undefined) await swap(ground, draft);
  return await settle(ground, draft, ground.recordFile, record);
}

/** Two renames: what lies there steps aside, the draft takes its place. One where nothing does. */
async function swap({ folder, aside, shown }: Ground, draft: string): Promise<void> {
  const root = observe(folder);
  if (isFree(folder)) await rmdir(folder).catch(ignoreMissing);
  else await rename(folder, aside);
  if (!(await renameInto(draft, folder))) {
    throw new OciError({
      code: "DESTINATION_NOT_OURS",
      verb: "place content at",
      subject: shown,
      fact: "something else has appeared there at this very moment",
      hint: NOT_OURS_HINT,
    });
  }
  // The folder itself is the user's: who may look into it is not for the content to say.
  if (root !== undefined) chmodSync(folder, root.mode);
}

/** Whether the draft has come to its place. One that is neither here nor there was swept away. */
function isMoved({ aside, folder }: Ground, draft: string | undefined): boolean {
  if (draft !== undefined && observe(draft) !== undefined) return false;
  return observe(aside) === undefined || !isFree(folder);
}

/** The old content goes back to where it was. */
async function rollBack(ground: Ground, draft: string | undefined): Promise<void> {
  const { aside, folder, shown } = ground;
  if (observe(aside) !== undefined) {
    if (!isFree(folder)) {
      throw new OciError({
        code: "DESTINATION_NOT_OURS",
        verb: "place content at",
        subject: shown,
        fact: `a run that was killed left the old content in ${aside}, and something else lies at its place now`,
        hint: "remove one of the two",
      });
    }
    await rename(aside, folder);
  }
  if (draft !== undefined) await removeTree(draft);
}

/** The record of what is there now; nothing of the way to it is left. */
async function settle(
  { aside }: Ground,
  draft: string | undefined,
  recordFile: string,
  record: DestinationRecord | undefined,
): Promise<Error | undefined> {
  const refusal = await writeRecord(recordFile, record);
  await removeTree(aside);
  if (draft !== undefined) await removeTree(draft);
  return refusal;
}

/** Returns the record with the facts of what has been moved, which a rename changes. */
async function carryOutFiles(
  ground: Ground,
  steps: FileSteps,
  draft: string | undefined,
  record: DestinationRecord | undefined,
): Promise<DestinationRecord | undefined> {
  const { folder } = ground;
  const pause = startSlices();
  for (const { path, seen } of steps.remove) {
    if (isReachable(ground, path) && isAsSeen(join(folder, path), seen)) {
      unlinkSync(join(folder, path));
    }
    await pause();
  }
  for (const path of steps.drop) {
    if (isReachable(ground, path)) dropFolder(join(folder, path));
  }
  if (record !== undefined) await mkdir(folder, { recursive: true });
  for (const { path, mode } of steps.make) makeFolder(ground, path, mode);
  for (const { path, seen } of steps.bring) {
    if (draft !== undefined) bringFile(ground, draft, path, seen);
    await pause();
  }
  for (const { path, mode } of steps.mend) {
    if (isReachable(ground, path)) mend(join(folder, path), mode);
  }
  if (record !== undefined) return withTodaysFacts(folder, steps, record);
  dropFolder(folder);
  return undefined;
}

/** Whether something may be done at the path: all folders above it are there, and are folders. */
function isReachable({ folder, shown }: Ground, path: string): boolean {
  const parts = path.split("/");
  for (let depth = 0; depth < parts.length; depth += 1) {
    const above = parts.slice(0, depth).join("/");
    const type = observe(join(folder, above))?.type;
    if (type === undefined) return false;
    if (type !== "directory") throw inTheWay(shown, [`./${above}`]);
  }
  return true;
}

/** The error of paths at which something lies that is not ours. */
export function inTheWay(shown: string, paths: readonly string[]): OciError {
  return new OciError({
    code: "DESTINATION_NOT_OURS",
    verb: "place content at",
    subject: shown,
    fact: `what lies there where content has to go was not placed by oci-artifact: ${summaryOfDamage(paths)}`,
    hint: NOT_OURS_HINT,
  });
}

function isAsSeen(path: string, seen: Seen | undefined): boolean {
  const now = observe(path);
  if (now === undefined || seen === undefined) return now === undefined && seen === undefined;
  const isSame = now.type === seen.type && now.size === seen.size && now.inode === seen.inode;
  return isSame && now.mtimeMs === seen.mtimeMs;
}

/** A folder that still holds something is somebody else's by now. */
function dropFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(systemCode(error) ?? "")) {
      throw error;
    }
  }
}

function makeFolder(ground: Ground, path: string, mode: number): void {
  const target = join(ground.folder, path);
  if (!isReachable(ground, path)) return;
  const type = observe(target)?.type;
  if (type !== undefined && type !== "directory") throw inTheWay(ground.shown, [`./${path}`]);
  if (type === undefined) mkdirSync(target);
  chmodSync(target, mode);
}

/** What is not in the draft any more has been brought already. */
function bringFile(ground: Ground, draft: string, path: string, seen: Seen | undefined): void {
  const from = join(draft, path);
  const target = join(ground.folder, path);
  if (observe(from) === undefined || !isReachable(ground, path)) return;
  if (isAsSeen(target, seen)) renameSync(from, target);
}

function mend(path: string, mode: number): void {
  const type = observe(path)?.type;
  if (type === "file" || type === "directory") chmodSync(path, mode);
}

function withTodaysFacts(
  folder: string,
  steps: FileSteps,
  record: DestinationRecord,
): DestinationRecord {
  const touched = new Set([...steps.bring, ...steps.mend].map(({ path }) => path));
  const entries = record.entries.map((entry) => {
    if (!touched.has(entry.path)) return entry;
    const { size, mtimeMs, inode } = entry.facts;
    const now = observe(join(folder, entry.path));
    const isOurs = now?.size === size && now.mtimeMs === mtimeMs && now.inode === inode;
    return isOurs ? { ...entry, facts: factsOf(now) } : entry;
  });
  return { ...record, entries };
}

/** Whether a whole folder may come to the place: nothing is there, or an empty folder. */
export function isFree(folder: string): boolean {
  const type = observe(folder)?.type;
  if (type === undefined) return true;
  return type === "directory" && readdirSync(folder).length === 0;
}

function ignoreMissing(error: unknown): void {
  if (systemCode(error) !== "ENOENT") throw error;
}
