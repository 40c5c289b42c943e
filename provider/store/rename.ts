/**
 * The one rename of the store. On Windows a file that somebody has open for a moment (a virus scanner,
 * an indexer) cannot be renamed: it is tried again for a while. Nowhere else is anything tried twice.
 */
import { chmodSync, lstatSync, renameSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { systemCode } from "../errors";
import { observe } from "./observe";

/** What Windows says while another process has the file, or one in the folder, open. */
const IN_USE = ["EPERM", "EACCES", "EBUSY"];

/** How long that may last. */
const PATIENCE_MS = 10_000;

const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 500;

/** What something at the target is called: by POSIX, of a folder that holds something or of a file. */
const TAKEN = ["ENOTEMPTY", "EEXIST", "ENOTDIR"];

/** The parts of the system that renaming knows. */
export interface RenameSystem {
  readonly platform: NodeJS.Platform;
  rename(from: string, to: string): void;
  wait(milliseconds: number): Promise<unknown>;
  /** Whether anything lies at the path. */
  exists(path: string): boolean;
}

export interface Renaming {
  /** @throws a system error; on Windows ten seconds later where the file was in use. */
  readonly rename: (from: string, to: string) => Promise<void>;
  /**
   * Makes `from` visible at `to` by one rename. False where `to` holds something already, and
   * `from` is left as it is.
   */
  readonly renameInto: (from: string, to: string) => Promise<boolean>;
}

/** Renaming by the parts of a system. */
export function createRenaming(system: RenameSystem): Renaming {
  const isInUse = (error: unknown): boolean =>
    system.platform === "win32" && IN_USE.includes(systemCode(error) ?? "");

  /** Tries until it succeeds, fails for good, or `isFinal` says that waiting is of no use. */
  const persist = async (from: string, to: string, isFinal: () => boolean): Promise<void> => {
    let waited = 0;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      try {
        system.rename(from, to);
        return;
      } catch (error) {
        if (!isInUse(error) || waited >= PATIENCE_MS || isFinal()) throw error;
      }
      await system.wait(wait);
      waited += wait;
    }
  };

  return Object.freeze({
    rename: (from: string, to: string) => persist(from, to, () => false),
    async renameInto(from: string, to: string) {
      // Of a target that is taken Windows says the same as of a source that is in use.
      const isTaken = (): boolean => system.exists(to);
      try {
        await persist(from, to, isTaken);
        return true;
      } catch (error) {
        if (TAKEN.includes(systemCode(error) ?? "") || (isInUse(error) && isTaken())) return false;
        throw error;
      }
    },
  });
}

export const { rename, renameInto } = createRenaming({
  platform: process.platform,
  rename: (from, to) => {
    renameSync(from, to);
  },
  wait: sleep,
  exists: (path) => observe(path) !== undefined,
});

/**
 * Renames what is about to be removed, also a folder that forbids its owner to write: whatever comes into
 * another folder is written to, since it names the one above it.
 */
export async function renameAway(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const facts = lstatSync(from, { throwIfNoEntry: false });
    // Only a folder that forbids it itself is opened.
    const isClosed = facts?.isDirectory() === true && (facts.mode & 0o200) === 0;
    if (systemCode(error) !== "EACCES" || !isClosed) throw error;
    const mode = facts.mode & 0o7777;
    try {
      chmodSync(from, mode | 0o700);
      await rename(from, to);
    } catch {
      putBackMode(from, mode);
      throw error;
    }
  }
}

/** Best effort: somebody else's folder was not opened either. */
function putBackMode(folder: string, mode: number): void {
  try {
    chmodSync(folder, mode);
  } catch {
    // It says so by the error of the rename.
  }
}
