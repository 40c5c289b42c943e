/**
 * Carries out at a destination what a plan says file by file. Each step can be done again, passes
 * through no link, and leaves alone what somebody has touched since the plan.
 */
import { chmodSync, mkdirSync, rmdirSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { ensureFolder } from "../ensure-folder";
import { OciError, systemCode } from "../errors";
import type { Ground } from "./destination-ground";
import { writeRecord, type DestinationRecord } from "./destination-record";
import { factsOf, observe } from "./observe";
import type { Journal } from "./journal";
import { foldersAbove, type FileSteps, type Seen, type Steps } from "./plan-placing";
import { rename } from "./rename";
import { startSlices } from "./slices";
import { removeFile } from "./small-steps";
import { removeTree } from "./staging";
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

/**
 * Carries announced steps out, file by file.
 *
 * @returns What a record's folder that takes none has said.
 */
export async function carryOut(
  ground: Ground,
  steps: FileSteps,
  draft: string | undefined,
  record: DestinationRecord | undefined,
): Promise<Error | undefined> {
  const done = await carryOutFiles(ground, steps, draft, record);
  return await settle(ground, draft, ground.recordFile, done);
}

/** The record of what is there now, where one is kept; nothing of the way to it is left. */
export async function settle(
  { aside }: Ground,
  draft: string | undefined,
  recordFile: string | undefined,
  record: DestinationRecord | undefined,
): Promise<Error | undefined> {
  const refusal = recordFile === undefined ? undefined : await writeRecord(recordFile, record);
  // The old one tells of content that is there no more; to take it away needs no room.
  if (recordFile !== undefined && refusal !== undefined) await writeRecord(recordFile, undefined);
  await removeTree(aside);
  if (draft !== undefined) await removeTree(draft);
  return refusal;
}

/** Returns the record with the facts of what has been moved, which a rename changes. */
export async function carryOutFiles(
  ground: Ground,
  steps: FileSteps,
  draft: string | undefined,
  record: DestinationRecord | undefined,
): Promise<DestinationRecord | undefined> {
  const { folder } = ground;
  const pause = startSlices();
  for (const { path, seen } of steps.remove) {
    if (isReachable(ground, path) && isAsSeen(join(folder, path), seen)) {
      removeFile(join(folder, path));
    }
    await pause();
  }
  for (const path of steps.drop) {
    if (isReachable(ground, path)) dropFolder(join(folder, path));
  }
  if (record !== undefined) ensureFolder(folder, 0o777);
  for (const { path, mode } of steps.make) makeFolder(ground, path, mode);
  for (const { path, seen } of steps.bring) {
    if (draft !== undefined) await bringFile(ground, draft, path, seen);
    await pause();
  }
  for (const { path, mode } of steps.mend) {
    if (isReachable(ground, path)) mend(join(folder, path), mode);
  }
  if (record !== undefined) return withTodaysFacts(folder, steps, record);
  if (!ground.stays) dropFolder(folder);
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
async function bringFile(
  ground: Ground,
  draft: string,
  path: string,
  seen: Seen | undefined,
): Promise<void> {
  const from = join(draft, path);
  const target = join(ground.folder, path);
  if (!isInDraft(draft, path) || !isReachable(ground, path)) return;
  if (isAsSeen(target, seen)) await rename(from, target);
}

/** Whether the draft itself holds a file or link there: what is behind a link is not ours to move. */
function isInDraft(draft: string, path: string): boolean {
  const folders = ["", ...foldersAbove(path)];
  if (folders.some((above) => observe(join(draft, above))?.type !== "directory")) return false;
  const type = observe(join(draft, path))?.type;
  return type === "file" || type === "symlink";
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
