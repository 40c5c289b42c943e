/**
 * What a disk says, in words: system errors of the cache and of the trees, with what to do. Decides
 * nothing but whether a folder can be written at all.
 */
import { factOfWriting, hintOfDisk } from "../disk-facts";
import { OciError, systemCode } from "../errors";

/** What is told besides, where a folder was to be made with all above it. */
const MAKING_FACTS: Readonly<Record<string, string>> = {
  ENOENT: "it is not there and cannot be made",
  EEXIST: "it is no folder",
};

/** No folder is to blame for these: neither room nor another one helps. */
const OF_NO_FOLDER = ["EFBIG", "EIO", "EMFILE", "ENFILE", "ESTALE"];

/** The folder may not be written, or takes no more. */
const REFUSALS = ["ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS"];

/** There is no such folder, and it cannot be made. */
const IMPOSSIBLE = ["ENOTDIR", "ENOENT"];

const CACHE_HINT =
  "make room or make the folder writable; OCI_ARTIFACT_CACHE moves the cache elsewhere. Nothing was left half-written";

/** Told of what could not be removed: its name, and what the file system says. */
export type OnRefused = (name: string, error: unknown) => void;

/** Whether the folder refuses to be written: it is full, read-only or not permitted. */
export function isRefusal(error: unknown): boolean {
  return REFUSALS.includes(systemCode(error) ?? "");
}

/** Whether no write to this folder will do, and one to another folder may. */
export function isUnusable(error: unknown): boolean {
  return isRefusal(error) || IMPOSSIBLE.includes(systemCode(error) ?? "");
}

/** The system error in words, "the disk is full (ENOSPC)"; undefined where it is none of a disk. */
export function diskFact(error: unknown): string | undefined {
  return factOfWriting(systemCode(error));
}

/** As `diskFact`, of a folder that was to be made: that it is missing is a fact as well. */
export function folderFact(error: unknown): string | undefined {
  const code = systemCode(error) ?? "";
  const fact = MAKING_FACTS[code];
  return fact === undefined ? diskFact(error) : `${fact} (${code})`;
}

/**
 * A system error of `directory` as an OciError STORE; any other error as it is.
 *
 * @param hint - What to do where the folder is not the cache.
 */
export function storeError(error: unknown, directory: string, hint = CACHE_HINT): unknown {
  return inWords(error, diskFact(error), directory, hint);
}

/** As `storeError`, of a folder that was to be made. */
export function folderError(error: unknown, directory: string, hint: string): unknown {
  return inWords(error, folderFact(error), directory, hint);
}

function inWords(
  error: unknown,
  fact: string | undefined,
  directory: string,
  hint: string,
): unknown {
  if (error instanceof OciError || fact === undefined) return error;
  const code = systemCode(error) ?? "";
  const help = OF_NO_FOLDER.includes(code) ? hintOfDisk(code) : hint;
  return new OciError({
    code: "STORE",
    verb: "write below",
    subject: directory,
    fact,
    hint: help,
    cause: error,
  });
}
