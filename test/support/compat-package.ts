/**
 * Our own package as a user gets it: packed from the build that this file is part of, and put into
 * the `node_modules` of projects outside of the checkout. It installs nothing else.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, realpath, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { run, type Environment, type Finished } from "./processes";
import { REPOSITORY } from "./repository";

/** Its name, and that of its folder in `node_modules`. */
export const PACKAGE = "pulumi-oci-artifact";

/** The tarball's name in the projects of test/compat: their lockfiles have it. */
export const TARBALL = `${PACKAGE}.tgz`;

const BUILD = join(__dirname, "..", "..");
const INSTALL_DEADLINE_MS = 600_000;

/** Where packages come from is the machine's affair; what `npm test` sets is not. */
const KEPT = new Set(["npm_config_registry", "npm_config_cache"]);

/** The user's environment, as package managers need it, without what `npm test` added. */
export const packageManagerEnvironment: Environment = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || (name.startsWith("npm_") && !KEPT.has(name)) ? [] : [[name, value]],
  ),
);

/** Runs npm or pnpm in a folder to its end, whatever that is. */
export function manage(
  folder: string,
  command: string,
  programArguments: readonly string[],
): Promise<Finished> {
  const environment = packageManagerEnvironment;
  const timeoutMs = INSTALL_DEADLINE_MS;
  return run(command, programArguments, { cwd: folder, environment, owner: folder, timeoutMs });
}

/** Packs the build into `folder` and returns the path of the tarball. */
export async function packBuild(folder: string): Promise<string> {
  const staged = join(folder, "to-pack");
  for (const name of ["package.json", "README.md", "CHANGELOG.md", "LICENSE"]) {
    await cp(join(REPOSITORY, name), join(staged, name));
  }
  for (const room of ["provider", "sdk"]) {
    await cp(join(BUILD, room), join(staged, "dist", room), { recursive: true });
  }
  const bundling = [join(REPOSITORY, "scripts", "bundle.mjs"), join(staged, "dist", "bin")];
  const bundled = await manage(staged, process.execPath, bundling);
  if (bundled.exitCode !== 0) throw new Error(`cannot bundle the command\n${bundled.text}`);
  const flags = ["--json", "--ignore-scripts", "--pack-destination", folder];
  const { exitCode, stdout, text } = await manage(staged, "npm", ["pack", ...flags]);
  if (exitCode !== 0) throw new Error(`cannot pack ${PACKAGE}: exit code ${exitCode}\n${text}`);
  const [packed] = JSON.parse(stdout) as readonly { readonly filename: string }[];
  await rename(join(folder, packed?.filename ?? ""), join(folder, TARBALL));
  await rm(staged, { recursive: true });
  return join(folder, TARBALL);
}

/**
 * Fills the `node_modules` of `project`: with links to what npm installed in that of `tree`, and with
 * what is in the tarball.
 */
export async function linkInstalled(project: string, tree: string, tarball: string): Promise<void> {
  const from = join(await realpath(tree), "node_modules");
  const to = join(project, "node_modules");
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    if (name === PACKAGE || name.startsWith(".")) continue;
    await symlink(join(from, name), join(to, name));
  }
  await unpackTarball(tarball, join(to, PACKAGE));
  // Dependencies of ours that clash with those of others.
  const nested = join(from, PACKAGE, "node_modules");
  if (existsSync(nested)) await symlink(nested, join(to, PACKAGE, "node_modules"));
}

async function unpackTarball(tarball: string, folder: string): Promise<void> {
  await mkdir(folder);
  const flags = ["-xzf", tarball, "-C", folder, "--strip-components=1"];
  const { exitCode, text } = await manage(folder, "tar", flags);
  if (exitCode !== 0) throw new Error(`cannot unpack ${tarball}: exit code ${exitCode}\n${text}`);
}
