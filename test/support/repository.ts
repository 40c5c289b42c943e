/**
 * Where this checkout lies, found from the compiled file itself, so that tests and the demo run from
 * any build folder and any working directory. It reads no environment.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The checkout: the nearest folder above this file with a `tsconfig.json`. Absolute. */
export const REPOSITORY: string = repositoryAbove(__dirname);

function repositoryAbove(folder: string): string {
  if (existsSync(join(folder, "tsconfig.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder)
    throw new Error(`cannot find the checkout: no tsconfig.json above ${__dirname}`);
  return repositoryAbove(parent);
}
