/**
 * Looks for words in all that a machine has on its disk: whoever left one there, it is found. It
 * follows no link and changes nothing.
 */
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Project } from "./engine";

/** The folder that holds everything of the project's machine: program, state, home, cache, logs. */
export function machineOf({ home }: Pick<Project, "home">): string {
  return dirname(home);
}

/** The files below the folder with any of the words in them: relative paths, sorted. */
export async function filesWith(
  folder: string,
  words: readonly string[],
): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const text = await readFile(file, "latin1");
    if (words.some((word) => text.includes(word))) found.push(relative(folder, file));
  }
  return found.sort();
}
