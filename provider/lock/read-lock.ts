/**
 * Lock files on the disk: read whole, written whole by one rename. What is in them is for others.
 */
import { readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { OciError, systemCode } from "../errors";
import { diskFact } from "../store/store-error";
import { sweepDrafts, writeFileWhole } from "../store/write-file";
import type { LockEntry } from "./lock-entry";
import { formatLock, parseLock } from "./lock-file";

/** What a file held when it was read last, and the entries in it. */
interface Known {
  readonly text: string;
  readonly entries: readonly LockEntry[];
}

/** By path. All resources of a program read the same file, and so does each step of `vendor`. */
const known = new Map<string, Known>();

/**
 * The entries of a lock file, the same list as long as its text is the same; undefined where there is no such file.
 *
 * @param path - Absolute
 * @param file - What messages call it
 * @throws OciError CONFIG where it cannot be read, or is no lock file
 */
export async function readLock(
  path: string,
  file: string,
): Promise<readonly LockEntry[] | undefined> {
  const text = await textOf(path, file);
  if (text === undefined) return undefined;
  const before = known.get(path);
  if (before?.text === text) return before.entries;
  const entries = parseLock(text, file);
  known.set(path, { text, entries });
  return entries;
}

/** Undefined where nothing is. */
async function textOf(path: string, file: string): Promise<string | undefined> {
  try {
    const facts = await stat(path);
    // A folder says by itself that it cannot be read; to read a pipe might never end.
    if (facts.isFile() || facts.isDirectory()) return await readFile(path, "utf8");
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT") return undefined;
    throw unusable("CONFIG", "read", file, `it cannot be read (${code ?? "unknown reason"})`);
  }
  throw unusable("CONFIG", "read", file, "it is no file");
}

/** Writes the entries where that changes the file; whether it did. @throws OciError STORE */
export async function writeLock(
  path: string,
  file: string,
  entries: readonly LockEntry[],
): Promise<boolean> {
  const text = formatLock(entries);
  if ((await textOf(path, file).catch(() => undefined)) === text) return false;
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
