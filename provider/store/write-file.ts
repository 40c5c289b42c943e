/**
 * Small files of our own (receipts, claims, records), written so that a reader sees the old text
 * or the new one and never a part.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { rename } from "./rename";

/** A file is written in an instant: a draft that is older is of a run that was killed. */
const ABANDONED_MS = 60 * 60 * 1000;

/** Writes beside the target and renames. Missing folders are made. `mode` defaults to 0o644. */
export async function writeFileWhole(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: mode === 0o600 ? 0o700 : 0o755 });
  const draft = `${path}.${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    await writeFile(draft, text, { mode, flag: "wx" });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Removes what killed runs left of their writing in a folder of such files. Best effort. */
export async function sweepDrafts(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((file) => /\.\d+-[0-9a-f]{8}$/.test(file))) {
    const draft = join(directory, name);
    const facts = await stat(draft).catch(() => undefined);
    if (facts === undefined || Date.now() - facts.mtimeMs < ABANDONED_MS) continue;
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

/** The parsed JSON of a file of ours; undefined where it is missing or damaged. */
export async function readJsonFile(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as unknown;
  } catch {
    return undefined;
  }
}
