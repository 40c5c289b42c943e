/**
 * The programs of examples/, as texts. Runs nothing.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY } from "./repository";

/** Path → text of all files of the example, relative to its folder. */
export async function exampleFiles(name: string): Promise<Readonly<Record<string, string>>> {
  const folder = join(REPOSITORY, "examples", name);
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const read = async (file: string) => [file, await readFile(join(folder, file), "utf8")] as const;
  return Object.fromEntries(await Promise.all(files.map((entry) => read(entry.name))));
}
