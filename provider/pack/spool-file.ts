/**
 * Takes one given file into the staging folder as it is, so that what is pushed later is what was
 * hashed now, whoever writes the file in between.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { DEFAULT_LIMITS, type Limits } from "../limits";
import { beyondLimit, unpackable, unreadable } from "./problems";
import { readContent } from "./read-content";
import { fileEntry, lookAt, type SourceEntry } from "./source";
import { spool, type Spooled } from "./spool";

/** A copy of a given file. */
export interface SpooledFile extends Spooled {
  /** Whether its owner may execute it. */
  readonly isExecutable: boolean;
}

/** A file that a path names, where it really lies. */
interface Given {
  readonly directory: string;
  readonly entry: SourceEntry;
}

/**
 * A copy of the file. A link is followed: the user has named it.
 *
 * @throws OciError INVALID_INPUT where it cannot be read or is no file, LIMIT_EXCEEDED for `blobBytes`,
 * STORE, CANCELLED
 */
export async function spoolFile(
  path: string,
  staging: string,
  { limits = DEFAULT_LIMITS, signal }: { readonly limits?: Limits; readonly signal?: AbortSignal },
): Promise<SpooledFile> {
  const { directory, entry } = await givenFile(path);
  if (entry.size > limits.blobBytes) throw beyondLimit(path, limits, "blobBytes", entry.size);
  const copy = await spool(staging, readContent(directory, entry, signal));
  return Object.freeze({ ...copy, isExecutable: entry.mode === 0o755 });
}

/** Whether a path names a directory; a link is followed. Throws INVALID_INPUT where there is nothing. */
export async function isDirectory(path: string): Promise<boolean> {
  return lookAt(await truePath(path)).isDirectory();
}

async function givenFile(path: string): Promise<Given> {
  const real = await truePath(path);
  const stats = lookAt(real);
  if (!stats.isFile()) {
    const fact = stats.isDirectory() ? "it is a folder, not a file" : "it is no file";
    throw unpackable(path, fact, "name a file");
  }
  return { directory: dirname(real), entry: fileEntry(basename(real), stats) };
}

async function truePath(path: string): Promise<string> {
  return await realpath(path).catch((error: unknown) => {
    throw unreadable(error, path);
  });
}
