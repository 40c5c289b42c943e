/**
 * Lock files on the disk: read whole, written whole by one rename. What is in them is for others.
 */
import { readFile, realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { OciError, systemCode } from "../errors";
import { diskFact } from "../store/store-error";
import { sweepDrafts, writeFileWhole } from "../store/write-file";
import type { LockEntry } from "./lock-entry";
import { formatLock, parseLock } from "./lock-file";

/**
 * The entries of a lock file; undefined where there is no such file.
 *
 * @param path - Absolute
 * @param file - What messages call it
 * @throws OciError CONFIG where it cannot be read, or is no lock file
 */
export async function readLock(
  path: string,
  file: string,
): Promise<readonly LockEntry[] | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT") return undefined;
    throw unusable("CONFIG", "read", file, `it cannot be read (${code ?? "unknown reason"})`);
  }
  return parseLock(text, file);
}

/** Writes the entries where that changes the file; whether it did. @throws OciError STORE */
export async function writeLock(
  path: string,
  file: string,
  entries: readonly LockEntry[],
): Promise<boolean> {
  const text = formatLock(entries);
  if ((await readFile(path, "utf8").catch(() => undefined)) === text) return false;
  try {
    // A link stays one: what it leads to is the file.
    const target = await realpath(path).catch(() => path);
    // The folder is the user's: nobody else ever sweeps there.
    await sweepDrafts(dirname(target), basename(target));
    await writeFileWhole(target, text);
  } catch (error) {
    throw unusable("STORE", "write", file, diskFact(error) ?? String(error));
  }
  return true;
}

function unusable(code: "CONFIG" | "STORE", verb: string, file: string, fact: string): OciError {
  const hint = "give a file in a folder that may be read and written";
  return new OciError({ code, verb: `${verb} the lock file`, subject: file, fact, hint });
}
