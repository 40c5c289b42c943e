/**
 * The small steps of which the work on a disk consists, each in the cheapest way that does it. A trip
 * to Node's thread pool costs some ten times what these take, and reading one small file by promises
 * is four of them; an error that says that nothing is there costs more than a look before. So what is
 * small is done at once, by the thread that asks. Never for content: that may be large.
 */
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { systemCode } from "../errors";

/** Bytes above which a file is read and written by the thread pool. */
const LARGE = 64 * 1024;

/** Removes a file or a symlink; one that is not there is no error. */
export function removeFile(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

/** Removes a folder that is empty; any other stays as it is. */
export function removeEmptyFolder(folder: string): void {
  if (!existsSync(folder)) return;
  try {
    rmdirSync(folder);
  } catch {
    // Somebody works in it, or has been quicker.
  }
}

/** The names in a folder; none where there is no folder to be read. */
export function namesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The bytes of a file, which rarely is large; undefined where there is none to be read. */
export async function readBytes(path: string): Promise<Buffer | undefined> {
  try {
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts?.isFile() !== true) return undefined;
    return facts.size > LARGE ? await readFile(path) : readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Writes a new file. @throws what the file system says, EEXIST among it. */
export async function writeNewFile(
  path: string,
  content: string | Buffer,
  mode = 0o644,
): Promise<void> {
  if (content.length > LARGE) await writeFile(path, content, { mode, flag: "wx" });
  else writeFileSync(path, content, { mode, flag: "wx" });
}
