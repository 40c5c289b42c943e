/**
 * Small files of our own (receipts, claims, records), written so that a reader sees the old text
 * or the new one and never a part.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

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

/** The parsed JSON of a file of ours; undefined where it is missing or damaged. */
export async function readJsonFile(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as unknown;
  } catch {
    return undefined;
  }
}
