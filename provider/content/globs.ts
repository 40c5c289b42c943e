/**
 * The globs of `include` and `exclude`: the only place that knows their grammar. Pure.
 */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- a function is what it exports
import picomatch = require("picomatch");
import { pathComponents } from "./path-rules";
import type { EntrySelection } from "./selection";

/** The same on every system: names are compared as they are, with leading dots; "!" is a letter. */
const OPTIONS = Object.freeze({ dot: true, nonegate: true, windows: false });

/** Whether a path matches one of `include`, where there are any, and none of `exclude`. */
export function matcherOf({
  include,
  exclude,
}: Pick<EntrySelection, "include" | "exclude">): (path: string) => boolean {
  const isIncluded = include === undefined ? () => true : picomatch([...include], OPTIONS);
  const isExcluded = exclude === undefined ? () => false : picomatch([...exclude], OPTIONS);
  return (path) => isIncluded(path) && !isExcluded(path);
}

/** Why a glob can match nothing, or undefined. */
export function globProblem(glob: string): string | undefined {
  if (glob.startsWith("/")) return "it begins with /, and paths are relative to the content";
  if (glob.split("/").includes("..")) return 'it has a ".." component, which no path has';
  return pathComponents(glob).length === 0 ? "it names nothing" : undefined;
}
