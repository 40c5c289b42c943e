/**
 * The installed packages that the compatibility tests run with: other versions of Node, of the Pulumi
 * SDK, test runners and package managers. Each folder of test/compat pins one tree, which npm installs
 * once into a cache outside of the checkout. No script of a package runs.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { manage, PACKAGE, TARBALL } from "./compat-package";
import { REPOSITORY } from "./repository";

/** Folders of test/compat that npm installs. */
export type Tree = "tools" | "oldest" | "newest" | "runners";

/** Major versions of Node among the tools. The oldest is the very first that we accept. */
export type NodeMajor = 20 | 22 | 24 | 26;

/** Where the manifest and the lockfile of a project lie. */
export function pinsOf(name: Tree | "pnpm"): string {
  return join(REPOSITORY, "test/compat", name);
}

/** The cache that also holds the engine: {@link file://./toolchain.ts}. */
export function cacheFolder(name: string): string {
  const cacheHome = process.env["XDG_CACHE_HOME"] ?? "";
  const home = cacheHome === "" ? join(homedir(), ".cache") : cacheHome;
  return join(home, "pulumi-oci-artifact-toolchain", name);
}

/**
 * The folder with the `node_modules` of a tree: from the cache, else installed by npm.
 *
 * @param tarball - Our package, of whose dependencies the tree has the pinned versions.
 * @throws Error with what npm printed, where the registry cannot be reached.
 */
export async function installedTree(name: Tree, tarball: string): Promise<string> {
  const folder = cacheFolder(`compat-${name}-${await keyOf(name)}`);
  if (!existsSync(folder)) await install(name, tarball, folder);
  return folder;
}

/** Under a name of its own, then one rename: two runs at once use one of the results. */
async function install(name: Tree, tarball: string, target: string): Promise<void> {
  process.stderr.write(`installing the packages of test/compat/${name} into ${target} (once)\n`);
  const unfinished = `${target}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) {
    await cp(join(pinsOf(name), file), join(unfinished, file));
  }
  await cp(tarball, join(unfinished, TARBALL));
  const flags = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  const { exitCode, text } = await manage(unfinished, "npm", ["ci", ...flags]);
  if (exitCode !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    throw notInstalled(name, "npm", text, target);
  }
  await removeOwn(join(unfinished, "node_modules", PACKAGE));
  await rename(unfinished, target).catch(async (error: unknown) => {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  });
}

/** The cache keeps no copy of ours, which would be of an old build; its nested dependencies stay. */
async function removeOwn(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder)) {
    if (name !== "node_modules") await rm(join(folder, name), { recursive: true });
  }
}

/**
 * Has pnpm install our package into a folder, beside what test/compat/pnpm pins. Its store is kept
 * in the cache.
 *
 * @throws Error with what pnpm printed, where the registry cannot be reached.
 */
export async function installWithPnpm(
  folder: string,
  tools: string,
  tarball: string,
): Promise<void> {
  const manifest = { ...(await manifestIn(pinsOf("pnpm"))), ...(await manifestIn(folder)) };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await cp(join(pinsOf("pnpm"), "pnpm-lock.yaml"), join(folder, "pnpm-lock.yaml"));
  await cp(tarball, join(folder, TARBALL));
  await rm(join(folder, "node_modules"), { recursive: true, force: true });
  const kept = cacheFolder("compat-pnpm");
  const { exitCode, text } = await manage(folder, pnpmOf(tools), [
    ...["install", "--ignore-scripts", "--prefer-offline"],
    ...["--store-dir", join(kept, "store"), "--cache-dir", join(kept, "cache")],
    // The lockfile has no digest of our own package, and its pins need no cooling-off.
    ...["--no-frozen-lockfile", "--config.minimum-release-age=0"],
  ]);
  if (exitCode !== 0) throw notInstalled("pnpm", "pnpm", text, kept);
}

async function manifestIn(folder: string): Promise<object> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as object;
}

function notInstalled(name: string, command: string, printed: string, kept: string): Error {
  return new Error(
    `cannot install the packages of test/compat/${name}: ${command} failed\n${printed.trim()}\n` +
      `hint: the first run needs npm's registry; later ones find the packages in ${kept}`,
  );
}

/** Of all that decides what is installed. */
async function keyOf(name: Tree): Promise<string> {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const file of ["package.json", "package-lock.json"]) {
    hash.update(await readFile(join(pinsOf(name), file)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** The program `node` of that version. */
export function nodeOf(tools: string, major: NodeMajor): string {
  return installed(tools, `node-${major}-${process.platform}-${process.arch}`, "bin/node");
}

/** The program `bun`. */
export function bunOf(tools: string): string {
  const architecture = process.arch === "arm64" ? "aarch64" : process.arch;
  return installed(tools, `@oven/bun-${process.platform}-${architecture}`, "bin/bun");
}

/** The program `pnpm`. */
export function pnpmOf(tools: string): string {
  return installed(tools, `@pnpm/exe.${process.platform}-${process.arch}`, "pnpm");
}

function installed(tools: string, name: string, file: string): string {
  const path = join(tools, "node_modules", name, file);
  if (existsSync(path)) return path;
  throw new Error(
    `cannot find ${name}/${file}: there is none for ${process.platform} ${process.arch}\n` +
      `hint: add it to test/compat/tools/package.json`,
  );
}
