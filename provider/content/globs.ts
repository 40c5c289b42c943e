/**
 * The globs of `include` and `exclude`: the only place that knows their grammar. Pure.
 */
import { pathComponents } from "./path-rules";
import type { EntrySelection } from "./selection";

/** The same on every system: names are compared as they are, with leading dots; "!" is a letter. */
const OPTIONS = Object.freeze({ dot: true, nonegate: true, windows: false });

/** Whether a path matches one of `include`, where there are any, and none of `exclude`. */
export function matcherOf({
  include,
  exclude,
}: Pick<EntrySelection, "include" | "exclude">): (path: string) => boolean {
  const isIncluded = include === undefined ? () => true : anyOf(include);
  const isExcluded = exclude === undefined ? () => false : anyOf(exclude);
  return (path) => isIncluded(path) && !isExcluded(path);
}

/** Loads the library, which most pulls do without. */
function anyOf(globs: readonly string[]): (path: string) => boolean {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const picomatch = require("picomatch") as typeof import("picomatch");
  return picomatch([...globs], OPTIONS);
}

/** Why a glob can match nothing, or undefined. */
export function globProblem(glob: string): string | undefined {
  if (glob.startsWith("/")) return "it begins with /, and paths are relative to the content";
  if (glob.split("/").includes("..")) return 'it has a ".." component, which no path has';
  return pathComponents(glob).length === 0 ? "it names nothing" : undefined;
}
