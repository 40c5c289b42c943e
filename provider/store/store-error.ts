/**
 * What a disk says, in words: system errors of the cache and of the trees, with what to do. Decides
 * nothing but whether a folder can be written at all.
 */
import { OciError, systemCode } from "../errors";

const FACTS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the system limits the size of a file (ulimit -f)",
  EACCES: "it may not be written",
  EPERM: "it may not be written",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of its path is no folder",
  ENAMETOOLONG: "its name is too long",
  ELOOP: "its path leads in a circle",
  EXDEV: "something else is mounted there",
  EMFILE: "too many files are open",
  EBUSY: "it is in use, or the place where something is mounted",
};

/** What the same codes tell, and two more, where a folder was to be made with all above it. */
const MAKING_FACTS: Readonly<Record<string, string>> = {
  ...FACTS,
  ENOENT: "it is not there and cannot be made",
  EEXIST: "it is no folder",
};

/** The folder may not be written, or takes no more. */
const REFUSALS = ["ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS"];

/** There is no such folder, and it cannot be made. */
const IMPOSSIBLE = ["ENOTDIR", "ENOENT"];

const CACHE_HINT =
  "make room or make the folder writable; OCI_ARTIFACT_CACHE moves the cache elsewhere. Nothing was left half-written";

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
  return factOf(error, FACTS);
}

/** As `diskFact`, of a folder that was to be made: that it is missing is a fact as well. */
export function folderFact(error: unknown): string | undefined {
  return factOf(error, MAKING_FACTS);
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

function factOf(error: unknown, facts: Readonly<Record<string, string>>): string | undefined {
  const code = systemCode(error) ?? "";
  const fact = facts[code];
  return fact === undefined ? undefined : `${fact} (${code})`;
}

function inWords(
  error: unknown,
  fact: string | undefined,
  directory: string,
  hint: string,
): unknown {
  if (error instanceof OciError || fact === undefined) return error;
  return new OciError({
    code: "STORE",
    verb: "write below",
    subject: directory,
    fact,
    hint,
    cause: error,
  });
}
