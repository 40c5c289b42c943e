/**
 * Notes of the program directories that nobody else remembers: an inline program lives in another
 * folder than its provider, and `destroy` does not run it. One small file a resource, below the
 * user's cache folder; a lost note is no error.
 */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readBytes } from "./small-steps";
import { writeFileWhole } from "./write-file";

export interface HomeNotes {
  /** Remembers the program's directory of the resource with this id. Best effort. */
  note(id: string, directory: string): Promise<void>;
  /** The directory that was noted, if any. */
  find(id: string): Promise<string | undefined>;
  forget(id: string): Promise<void>;
}

/** The notes below the user's cache folder, which need not exist. */
export function openHomeNotes(cacheDirectory: string): HomeNotes {
  const file = (id: string): string =>
    join(cacheDirectory, "homes", createHash("sha256").update(id).digest("hex").slice(0, 32));
  return Object.freeze({
    async note(id: string, directory: string) {
      await writeFileWhole(file(id), directory).catch(() => undefined);
    },
    find: async (id: string) => (await readBytes(file(id)))?.toString(),
    async forget(id: string) {
      await rm(file(id), { force: true }).catch(() => undefined);
    },
  });
}
