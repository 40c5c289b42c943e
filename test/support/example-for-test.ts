/**
 * An example of examples/ on the real engine, as it lies in the checkout: with the packages that its
 * package.json names, and with the registry of a test in place of localhost:5000. Changes nothing in it.
 */
import { lstat, mkdir, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import type { Project } from "./engine";
import { exampleFiles } from "./example-files";
import { projectFor } from "./project-for-test";
import type { TestRegistry } from "./registry";
import type { CleanUp } from "./registry-for-test";
import { REPOSITORY } from "./repository";
import { findOrBuild, prepareEngine, type Program } from "./toolchain";

/** Lays out the example, with more files beside it, and configures its stack for the registry. */
export async function exampleFor(
  context: CleanUp,
  name: string,
  registry: Pick<TestRegistry, "localhost">,
  more: Readonly<Record<string, string>> = {},
): Promise<Project> {
  const { "index.ts": program = "", ...files } = await exampleFiles(name);
  const project = await projectFor(context, {
    program,
    typescript: true,
    files: { ...files, ...more },
    config: { [`oci-artifact-${name}:registry`]: registry.localhost },
  });
  await linkDependencies(project.directory, name);
  return project;
}

/** Links what `npm ci` would install: the programs, and what the example's package.json names. */
export async function linkDependencies(directory: string, name: string): Promise<void> {
  const folder = join(REPOSITORY, "examples", name);
  const { "package.json": text = "{}" } = await exampleFiles(name);
  const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
  await symlink(join(REPOSITORY, "node_modules/.bin"), join(directory, "node_modules/.bin"));
  for (const dependency of Object.keys(dependencies)) {
    const link = join(directory, "node_modules", dependency);
    if (await isThere(link)) continue;
    await mkdir(dirname(link), { recursive: true });
    await symlink(packageFolder(dependency, folder), link);
  }
}

/** The environment in which programs of the project find this one, too. */
export async function withOnPath(program: Program): Promise<Readonly<Record<string, string>>> {
  const folders = [
    dirname(await findOrBuild(program)),
    await prepareEngine(),
    dirname(process.execPath),
    "/usr/local/bin",
    "/usr/bin",
    "/bin",
  ];
  return { PATH: folders.join(delimiter) };
}

/** Where npm has put it: below the example, if the checkout itself needs another version of it. */
function packageFolder(dependency: string, from: string): string {
  const { resolve } = createRequire(join(from, "package.json"));
  return dirname(resolve(`${dependency}/package.json`));
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
