/**
 * About how many bytes a cache holds, without a look at each blob: a file with the count of the last
 * look, and a line for each blob that any process has written since. An estimate, good enough to
 * know when to look again; lost lines and files are found at the next look.
 */
import { closeSync, constants, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { writeFileWhole } from "./write-file";

/** More lines than that are worth a look. */
const LONGEST_TALLY = 64 * 1024;

function tallyFile(cacheDirectory: string): string {
  return join(cacheDirectory, "tally");
}

/** Counts a blob of so many bytes. The new sum; undefined where nobody knows, and a look is due. */
export function addToTally(cacheDirectory: string, bytes: number): number | undefined {
  const file = tallyFile(cacheDirectory);
  try {
    // To open a pipe might never end: the next look puts a file in its place.
    if (!statSync(file).isFile()) return undefined;
    // Short lines at the end of a file: processes do not get into each other's way.
    const handle = openSync(file, constants.O_WRONLY | constants.O_APPEND);
    try {
      writeSync(handle, `${bytes}\n`);
    } finally {
      closeSync(handle);
    }
    const text = readFileSync(file, "latin1");
    const sum = text.split("\n").reduce((total, line) => total + Number(line), 0);
    return text.length > LONGEST_TALLY || Number.isNaN(sum) ? undefined : sum;
  } catch {
    return undefined;
  }
}

/** Begins a new tally after a look. Best effort. */
export async function beginTally(cacheDirectory: string, bytes: number): Promise<void> {
  await writeFileWhole(tallyFile(cacheDirectory), `${bytes}\n`).catch(() => undefined);
}
