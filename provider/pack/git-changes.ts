/**
 * Whether a directory holds anything but what its commit has, submodules included. Git would ask the
 * filters of a repository to compare contents; none of those that its own configuration names is run.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gitProblem, runGit } from "./git";
import { unpackable } from "./problems";

/** Whose filters run: the user's own, such as those of Git LFS. */
const TRUSTED_SCOPES = new Set(["system", "global", "command"]);

/** No repository has so many filters; a command line has room for them. */
const MOST_FILTERS = 100;

/** The mode of a submodule in the index. */
const SUBMODULE = /^160000 [^\t]*\t([^]+)$/;

/**
 * A file that only a filter of the repository's own would find unchanged may count as changed.
 *
 * @throws OciError INVALID_INPUT where git fails, CANCELLED
 */
export async function isChanged(directory: string, signal?: AbortSignal): Promise<boolean> {
  const changes = await answer(directory, signal, [
    ...(await withoutFilters(directory, signal)),
    ...["status", "--porcelain", "--no-renames", "--untracked-files=normal"],
    ...["--ignore-submodules=dirty", "--", "."],
  ]);
  if (changes !== "") return true;
  for (const submodule of await submodulesOf(directory, signal)) {
    if (await isChanged(submodule, signal)) return true;
  }
  return false;
}

/** Options of git that take away the filters of the repository: they may be any program. */
async function withoutFilters(
  directory: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const words = ["config", "-z", "--show-scope", "--name-only", "--get-regexp", "^filter\\."];
  const found = (await answer(directory, signal, words, 1)).split("\0");
  const names = new Set<string>();
  for (let index = 0; index + 1 < found.length; index += 2) {
    const [scope = "", key = ""] = found.slice(index, index + 2);
    const name = /^filter\.([^]+)\.[^.]+$/.exec(key)?.[1];
    if (name !== undefined && !TRUSTED_SCOPES.has(scope)) names.add(name);
  }
  if (names.size > MOST_FILTERS || [...names].some((name) => name.includes("="))) {
    const fact = "the configuration of its git repository has filters that cannot be left out";
    const hint = "remove them (git config --local --edit), or give the annotations yourself";
    throw unpackable(directory, fact, hint);
  }
  return [...names].flatMap((name) => [
    ...["-c", `filter.${name}.clean=`, "-c", `filter.${name}.process=`],
    ...["-c", `filter.${name}.required=false`],
  ]);
}

/** Those that are checked out. Git would look into them with the filters that they name. */
async function submodulesOf(
  directory: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const entries = await answer(directory, signal, ["ls-files", "--stage", "-z", "--", "."]);
  return entries
    .split("\0")
    .flatMap((entry) => SUBMODULE.exec(entry)?.[1] ?? [])
    .map((path) => join(directory, path))
    .filter((path) => existsSync(join(path, ".git")));
}

/** @param nothing - exit code with which git says that there is nothing */
async function answer(
  directory: string,
  signal: AbortSignal | undefined,
  words: readonly string[],
  nothing?: number,
): Promise<string> {
  const { error, output, complaint } = await runGit(directory, words, signal);
  if (error === null) return output;
  if (error.code === nothing) return "";
  throw gitProblem(directory, error, complaint);
}
