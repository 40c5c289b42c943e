/**
 * The repository's own quickstart, Pulumi.yaml and examples/quickstart, for who runs it: which files
 * it has and where it takes the registry from. Runs nothing.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY } from "./repository";

/** The project's name, as Pulumi.yaml has it. */
export const QUICKSTART_PROJECT = "oci-artifact-quickstart";

/** The configuration that moves the program from localhost:5000 to another registry. */
export const QUICKSTART_REGISTRY = `${QUICKSTART_PROJECT}:registry`;

/** Folder of the program, relative to the checkout. */
export const QUICKSTART_FOLDER = "examples/quickstart";

/** Path → text of all files of the project, relative to the checkout. */
export async function quickstartFiles(): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(join(REPOSITORY, QUICKSTART_FOLDER), { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => `${QUICKSTART_FOLDER}/${entry.name}`);
  const texts = await Promise.all(
    ["Pulumi.yaml", ...names].map(
      async (path) => [path, await readFile(join(REPOSITORY, path), "utf8")] as const,
    ),
  );
  return Object.fromEntries(texts);
}
