/**
 * From the inputs `semver`, `tagPrefix`, `semverFilter` and `prereleases` to what a tag has to be, or to
 * all that is wrong with them, by name. It sees no tags. Pure.
 */
import type { Problem } from "../reference/grammar";
import { parseRange, type Range } from "./range";

/** The inputs, as a user gives them. */
export interface VersionOptions {
  /** A range as Helm, Flux and Argo CD read it: "^1.2". */
  readonly semver?: string | undefined;
  /** What stands before the version in each tag that counts. Default: nothing. */
  readonly tagPrefix?: string | undefined;
  /** A regular expression (RE2) that a tag has to match somewhere; of the whole tag. Default: any. */
  readonly semverFilter?: string | undefined;
  /** Whether the range takes prereleases that it does not name. Default false. */
  readonly prereleases?: boolean | undefined;
}

/** What a tag has to be. */
export interface WantedVersion {
  readonly range: Range;
  /** "" for none. */
  readonly tagPrefix: string;
  readonly filter?: TagFilter;
  readonly prereleases: boolean;
}

export interface TagFilter {
  readonly pattern: string;
  readonly test: (tag: string) => boolean;
}

/** What is wrong with an input. */
export interface VersionProblem extends Problem {
  /** "semver". */
  readonly name: keyof VersionOptions;
}

export type ParsedWantedVersion =
  | { readonly ok: true; readonly wanted: WantedVersion }
  | { readonly ok: false; readonly problems: readonly VersionProblem[] };

/** What the inputs ask for; undefined where none of them is given. Types are checked before. */
export function parseWantedVersion(options: VersionOptions): ParsedWantedVersion | undefined {
  const { semver, tagPrefix = "", semverFilter, prereleases = false } = options;
  if (semver === undefined) return refused(withoutSemver(options));
  const range = parseRange(semver);
  const compiled =
    semverFilter === undefined ? undefined : loadRegexp().compileRegexp(semverFilter);
  const problems = [
    ...(range.ok ? [] : [{ name: "semver" as const, ...range.problem }]),
    ...prefixProblems(tagPrefix),
    ...(compiled === undefined || compiled.ok ? [] : [filterProblem(compiled.problem)]),
  ];
  if (!range.ok || problems.length > 0) return refused(problems);
  const filter =
    semverFilter === undefined || compiled?.ok !== true
      ? {}
      : { filter: Object.freeze({ pattern: semverFilter, test: compiled.test }) };
  const wanted = { range: range.range, tagPrefix, ...filter, prereleases };
  return { ok: true, wanted: Object.freeze(wanted) };
}

function refused(problems: readonly VersionProblem[]): ParsedWantedVersion | undefined {
  return problems.length === 0 ? undefined : { ok: false, problems };
}

/** Inputs that only say how a range is meant. */
function withoutSemver(options: VersionOptions): readonly VersionProblem[] {
  const fact = "it says which tags a range is for, and there is none";
  const hint = 'give semver, for example "^1.2", or leave this out';
  const { tagPrefix, semverFilter, prereleases } = options;
  const given = { tagPrefix, semverFilter, prereleases: prereleases === true || undefined };
  return (["tagPrefix", "semverFilter", "prereleases"] as const).flatMap((name) =>
    given[name] === undefined ? [] : [{ name, fact, hint }],
  );
}

function prefixProblems(tagPrefix: string): readonly VersionProblem[] {
  if (/^(?:\w[\w.-]*)?$/.test(tagPrefix)) return [];
  const strange = /[^\w.-]/u.exec(tagPrefix)?.[0];
  const fact =
    strange === undefined
      ? `no tag begins with "${tagPrefix.charAt(0)}"`
      : `it contains "${strange}", which no tag does`;
  const hint = 'give what stands before the version in the tags, for example "app-" of app-1.2.3';
  return [{ name: "tagPrefix", fact, hint }];
}

function filterProblem(problem: string): VersionProblem {
  return {
    name: "semverFilter",
    fact: `it is no regular expression: ${problem}`,
    hint: "give one of RE2, as Go has them: without look-around and back-references",
  };
}

/** Few filter their tags. */
function loadRegexp(): typeof import("../verify/regexp") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as in registry/client.ts
  return require("../verify/regexp") as typeof import("../verify/regexp");
}
