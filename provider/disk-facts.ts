/**
 * What a disk, or the system in front of it, says by the code of an error: in words, and what to do about
 * it. It looks at no disk, and decides nothing.
 */

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
  ENFILE: "too many files are open on this machine",
  EBUSY: "it is in use, or the place where something is mounted",
  EIO: "the disk fails to read or write",
  ESTALE: "the file system has lost it",
};

/** Where nobody knows which of the two it was. */
const TOUCHING_FACTS: Readonly<Record<string, string>> = {
  ...FACTS,
  EACCES: "it may not be read or written",
  EPERM: "it may not be read or written",
};

const READING_FACTS: Readonly<Record<string, string>> = {
  ...FACTS,
  EACCES: "it may not be read",
  EPERM: "it may not be read",
};

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "make room on the disk and try again",
  EDQUOT: "make room within the quota and try again",
  EFBIG: "raise the limit for the size of a file (ulimit -f) and try again",
  EACCES: "give this user the right to read and write there, and try again",
  EPERM: "give this user the right to read and write there, and try again",
  EROFS: "mount the file system for writing, or work on another one",
  EMFILE: "raise the limit for open files (ulimit -n) and try again",
  ENFILE: "end other programs, or raise the limit for open files of the machine, and try again",
  EIO: "look after the disk: the system's log says more; then try again",
  ESTALE: "mount the file system again, and try again",
};

/** "the disk is full (ENOSPC)", of what was to be written; undefined for a code that tells nothing. */
export function factOfWriting(code: string | undefined): string | undefined {
  return withCode(FACTS, code);
}

/** "it may not be read (EACCES)", of what was to be read; also where the code tells nothing. */
export function factOfReading(code: string | undefined): string {
  if (code === "EISDIR") return "it is a directory";
  return withCode(READING_FACTS, code) ?? `it cannot be read (${code ?? "unknown reason"})`;
}

/** The same where it may have been either; undefined for a code that tells nothing. */
export function factOfTouching(code: string | undefined): string | undefined {
  return withCode(TOUCHING_FACTS, code);
}

/** What to do, whatever was to be done; undefined where that depends on it. */
export function hintOfDisk(code: string | undefined): string | undefined {
  return HINTS[code ?? ""];
}

/** What to do about a file of the user's that was to be read; undefined where that depends on it. */
export function hintOfReading(code: string | undefined): string | undefined {
  if (code === "EACCES" || code === "EPERM")
    return "make it readable for this user, or take it away";
  return hintOfDisk(code);
}

function withCode(
  facts: Readonly<Record<string, string>>,
  code: string | undefined,
): string | undefined {
  const fact = facts[code ?? ""];
  return fact === undefined ? undefined : `${fact} (${code ?? ""})`;
}
