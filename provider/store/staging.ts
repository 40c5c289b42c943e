/**
 * Folders for work in progress: unique names that tell who works there, so that what a killed
 * process left is removed by the next one. Never removes what a living process may still write.
 */
import { randomBytes } from "node:crypto";
import { lstatSync } from "node:fs";
import { chmod, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ensureFolder } from "../ensure-folder";
import { systemCode } from "../errors";
import {
  formatIdentity,
  lifeOf,
  ownIdentity,
  parseIdentity,
  type ProcessIdentity,
} from "./process-identity";
import { namesIn, removeFile } from "./small-steps";
import { isFarFrom } from "./use-mark";

/** Work of another host, container or boot is taken for dead after a day. */
const FOREIGN_WORK_MS = 24 * 60 * 60 * 1000;

/** A path inside `area` that nobody else uses; `area` exists afterwards, the path does not. */
export function stagingPath(area: string): string {
  ensureFolder(area);
  return join(area, `${formatIdentity(ownIdentity())}.${randomBytes(6).toString("hex")}`);
}

/** Removes what dead processes left in `area`. Trouble is no error: the next run tries again. */
export async function sweepStaging(area: string): Promise<void> {
  const names = namesIn(area);
  await Promise.all(
    names.map(async (name) => {
      if (await isAbandoned(area, name)) await removeTree(join(area, name)).catch(() => undefined);
    }),
  );
}

async function isAbandoned(area: string, name: string): Promise<boolean> {
  const identity = parseIdentity(name.slice(0, name.lastIndexOf(".")));
  return identity !== undefined && (await isOver(identity, join(area, name)));
}

/** Whether the process is dead that made what lies at `path`, or is taken for dead by its age. */
export async function isOver(identity: ProcessIdentity, path: string): Promise<boolean> {
  const life = lifeOf(identity);
  if (life !== "elsewhere") return life === "dead";
  const facts = await stat(path).catch(() => undefined);
  return facts !== undefined && isFarFrom(Date.now(), facts.mtimeMs, FOREIGN_WORK_MS);
}

/**
 * Whether a symlink stands in the place of a folder of records, or of the one that holds them all. A
 * checkout may come with one: nothing is read, written or removed through it.
 */
export function isPlanted(folder: string): boolean {
  return isLink(dirname(folder)) || isLink(folder);
}

/** Takes planted symlinks away; what they lead to stays. */
export function removePlanted(folder: string): void {
  for (const place of [dirname(folder), folder]) {
    if (isLink(place)) removeFile(place);
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return false;
  }
}

/** Removes a file or folder, also with folders in it that forbid writing. */
export async function removeTree(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true, maxRetries: 3 });
  try {
    await remove();
  } catch (error) {
    if (systemCode(error) !== "EACCES") throw error;
    await openFolders(path).catch(() => {
      throw error;
    });
    await remove();
  }
}

/** Gives folders back to their owner: who may not write in one may not remove what is in it. */
async function openFolders(directory: string): Promise<void> {
  await chmod(directory, 0o700);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(directory, entry.name));
  }
}
