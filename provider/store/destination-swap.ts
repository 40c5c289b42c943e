/**
 * Exchanges a destination as a whole, by renames of its folder, and takes that back. The old content
 * is looked at once more where nobody finds it: what somebody has put there since is never removed.
 */
import { chmodSync, readdirSync } from "node:fs";
import { rmdir } from "node:fs/promises";
import { join } from "node:path";
import { OciError, systemCode } from "../errors";
import type { Ground } from "./destination-ground";
import { survey, type Found } from "./destination-survey";
import { observe } from "./observe";
import type { Observed } from "./receipt";
import { rename, renameInto } from "./rename";
import { removeTree } from "./staging";

/** A mount point, a folder of a lower layer of a container's file system. */
const IMMOVABLE = ["EBUSY", "EXDEV"];

/**
 * Two renames: what lies there steps aside, the draft takes its place. One where nothing does.
 *
 * @param found - what was found there when this was planned
 * @returns False where it has to be done file by file, and nothing has changed: the folder cannot be
 * moved, or holds something that was not there when this was planned.
 */
export async function swap(ground: Ground, draft: string, found: Found): Promise<boolean> {
  const { folder, aside, shown } = ground;
  const root = observe(folder);
  const isOut = isFree(folder) ? await isCleared(folder) : await stepAside(ground, found);
  if (!isOut) return false;
  if (!(await renameInto(draft, folder))) {
    if (observe(aside) === undefined) return false;
    throw occupied(shown, `something has appeared there, and the old content lies in ${aside}`);
  }
  // The folder itself is the user's: who may look into it is not for the content to say.
  if (root !== undefined) chmodSync(folder, root.mode);
  return true;
}

/**
 * The folder goes aside, if it can be moved and holds what was found there, and nothing else. That is
 * looked at after the rename, when no path leads to it any more, and before anything is removed.
 */
export async function stepAside(ground: Ground, found: Found): Promise<boolean> {
  const { folder, aside } = ground;
  try {
    await rename(folder, aside);
  } catch (error) {
    if (IMMOVABLE.includes(systemCode(error) ?? "")) return false;
    throw error;
  }
  if (await holdsOnly(aside, found)) return true;
  await putBack(ground, "this run");
  return false;
}

/** Whether the draft has come to its place. One that is neither here nor there was swept away. */
export function isMoved({ aside, folder }: Ground, draft: string | undefined): boolean {
  if (draft !== undefined && observe(draft) !== undefined) return false;
  return observe(aside) === undefined || !isFree(folder);
}

/** The old content goes back to where it was. */
export async function rollBack(ground: Ground, draft: string | undefined): Promise<void> {
  if (observe(ground.aside) !== undefined) await putBack(ground, "a run that was killed");
  if (draft !== undefined) await removeTree(draft);
}

/** Whether a whole folder may come to the place: nothing is there, or an empty folder. */
export function isFree(folder: string): boolean {
  const type = observe(folder)?.type;
  if (type === undefined) return true;
  return type === "directory" && readdirSync(folder).length === 0;
}

/** What is aside comes back to a free place: by itself, or all that is in it where the folder stays. */
export async function bringBack({ aside, folder, stays }: Ground): Promise<void> {
  if (!stays || observe(folder) === undefined) {
    await rename(aside, folder);
    return;
  }
  for (const name of readdirSync(aside)) await rename(join(aside, name), join(folder, name));
  await rmdir(aside);
}

async function putBack(ground: Ground, who: string): Promise<void> {
  const { aside, folder, shown } = ground;
  if (!isFree(folder)) {
    throw occupied(
      shown,
      `${who} left the old content in ${aside}, and something else lies at its place now`,
    );
  }
  await bringBack(ground);
}

function occupied(shown: string, fact: string): OciError {
  return new OciError({
    code: "DESTINATION_NOT_OURS",
    verb: "place content at",
    subject: shown,
    fact,
    hint: "remove one of the two",
  });
}

/** An empty folder makes room, unless it is in use or was filled at this very moment. */
async function isCleared(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    const code = systemCode(error) ?? "";
    if (code === "ENOENT") return true;
    if ([...IMMOVABLE, "ENOTEMPTY", "EEXIST"].includes(code)) return false;
    throw error;
  }
}

/** Whether nothing has come or changed; what has gone is no loss. */
async function holdsOnly(folder: string, found: Found): Promise<boolean> {
  const now = await survey(folder, (path) => found.has(path));
  return [...now].every(([path, observed]) => isUntouched(observed, found.get(path)));
}

function isUntouched(now: Observed, then: Observed | undefined): boolean {
  if (now.type !== then?.type || now.inode !== then.inode || now.mode !== then.mode) return false;
  if (now.type === "directory") return true;
  return now.size === then.size && now.mtimeMs === then.mtimeMs && now.ctimeMs === then.ctimeMs;
}
