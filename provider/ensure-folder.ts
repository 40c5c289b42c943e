/**
 * Makes a folder with those above it, at once, by the thread that asks. Never waits for anybody: it
 * tries a few times where others remove what it makes, and then says what the file system says.
 */
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { systemCode } from "./errors";

/** So often may somebody remove the folder, or the one above, between two steps. */
const ROUNDS = 5;

const MAYBE = { throwIfNoEntry: false } as const;

/**
 * Makes the folder, and those above it, where it is missing. `mode` defaults to 0o755. Not by Node's
 * `recursive`: that never ends, and listens to no signal, where a folder that is there says ENOENT of
 * what is to be made in it, as /proc does.
 *
 * @throws what the file system says
 */
export function ensureFolder(folder: string, mode = 0o755): void {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  for (let round = 1; ; round += 1) {
    try {
      mkdirSync(folder, { mode });
      return;
    } catch (error) {
      const code = systemCode(error);
      if (code === "EEXIST") {
        // Removed since, or a link to nothing: what is so to the end, `stat` says.
        const facts = round === ROUNDS ? statSync(folder) : statSync(folder, MAYBE);
        if (facts?.isDirectory() === true) return;
        if (facts !== undefined) throw error;
        continue;
      }
      if (code !== "ENOENT" || parent === folder || round === ROUNDS) throw error;
    }
    ensureFolder(parent, mode);
  }
}

/** The folder and those above it that are not there, the innermost first: what `ensureFolder` would make. */
export function missingFolders(folder: string): readonly string[] {
  const parent = dirname(folder);
  if (existsSync(folder) || parent === folder) return [];
  return [folder, ...missingFolders(parent)];
}
