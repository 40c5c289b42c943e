/**
 * Small files of our own (receipts, claims, records), written so that a reader sees the old text
 * or the new one and never a part.
 */
import { rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ensureFolder } from "../ensure-folder";
import { draftOwner, draftPath, isDraft } from "./draft-name";
import { rename } from "./rename";
import { namesIn, readBytes, writeNewFile } from "./small-steps";
import { isOver } from "./staging";
import { isFarFrom } from "./use-mark";

/** A file is written in an instant: a draft of nobody knows whom that is older is of a killed run. */
const ABANDONED_MS = 60 * 60 * 1000;

/** Writes beside the target and renames. Missing folders are made. `mode` defaults to 0o644. */
export async function writeFileWhole(
  path: string,
  content: string | Buffer,
  mode = 0o644,
): Promise<void> {
  ensureFolder(dirname(path), mode === 0o600 ? 0o700 : 0o755);
  const draft = draftPath(path);
  try {
    await writeNewFile(draft, content, mode);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * Removes what killed runs left of their writing in a folder of such files. Best effort.
 *
 * @param of - Name of the file that was to be written. Default: any.
 */
export async function sweepDrafts(directory: string, of?: string): Promise<void> {
  for (const name of namesIn(directory).filter((file) => isDraft(file, of))) {
    if (!(await isAbandoned(directory, name))) continue;
    await rm(join(directory, name), { force: true }).catch(() => undefined);
  }
}

async function isAbandoned(directory: string, name: string): Promise<boolean> {
  const draft = join(directory, name);
  const owner = draftOwner(name);
  if (owner !== undefined) return await isOver(owner, draft);
  const facts = await stat(draft).catch(() => undefined);
  return facts !== undefined && isFarFrom(Date.now(), facts.mtimeMs, ABANDONED_MS);
}

/** The parsed JSON of a file of ours; undefined where it is missing or damaged. */
export async function readJsonFile(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readBytes(path))?.toString() ?? "") as unknown;
  } catch {
    return undefined;
  }
}
