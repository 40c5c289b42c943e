/**
 * Whether a version lies in a range, with the meaning that Masterminds gives each operator. Most of
 * them compare; with numbers left out, "~" and "^", it counts how many of the first numbers are the
 * same. It reads no text. Pure.
 *
 * Rule: https://github.com/Masterminds/semver/blob/v3.5.0/constraints.go
 */
import type { Constraint, Operator, Range } from "./range";
import {
  compareNumbers,
  comparePrereleases,
  compareVersions,
  isPrerelease,
  type Version,
} from "./version";

/** A release may be in any group; a prerelease, unless it is asked for, only in one that names one. */
export function isInRange(
  version: Version,
  { groups }: Range,
  { prereleases = false }: { readonly prereleases?: boolean } = {},
): boolean {
  return groups.some((group) => {
    const isAdmitted =
      prereleases || !isPrerelease(version) || group.some(({ base }) => isPrerelease(base));
    return (
      isAdmitted && group.every((constraint) => MEANINGS[constraint.operator](version, constraint))
    );
  });
}

type Meaning = (version: Version, constraint: Constraint) => boolean;

const MEANINGS: Readonly<Record<Operator, Meaning>> = {
  "=": (version, constraint) =>
    constraint.given === 3
      ? compareVersions(version, constraint.base) === 0
      : isAbout(version, constraint),
  "!=": isOther,
  ">": (version, { base, given }) =>
    isPartial(given)
      ? compareNumbers(version, base, given) > 0
      : compareVersions(version, base) > 0,
  ">=": (version, { base }) => compareVersions(version, base) >= 0,
  "<": (version, { base }) => compareVersions(version, base) < 0,
  "<=": (version, { base, given }) =>
    given === 3
      ? compareVersions(version, base) <= 0
      : compareNumbers(version, base, given === 1 ? 1 : 2) <= 0,
  "~": isAbout,
  "^": isCompatible,
};

/** "1" or "1.2": "*" counts as a version of three zeros. */
function isPartial(given: number): boolean {
  return given === 1 || given === 2;
}

/** "!=1.2" leaves out all of 1.2, but not the prereleases of it. */
function isOther(version: Version, { base, given }: Constraint): boolean {
  if (!isPartial(given)) return compareVersions(version, base) !== 0;
  if (compareNumbers(version, base, given) !== 0) return true;
  return given === 2 && comparePrereleases(version, base) !== 0;
}

/** "~1.2.3" and "1.2" stay in 1.2, "~1" and "1" in 1; "~0.0.0" is anything, like "*". */
function isAbout(version: Version, { base, given }: Constraint): boolean {
  if (compareVersions(version, base) < 0) return false;
  const isAnything = !isPartial(given) && base.numbers.every((number) => number === 0n);
  return isAnything || compareNumbers(version, base, given === 1 ? 1 : 2) === 0;
}

/** "^1.2.3" stays in 1; below 1.0.0 the first number that is not 0, or is given last, stays. */
function isCompatible(version: Version, { base, given }: Constraint): boolean {
  const [major, minor] = base.numbers;
  const kept = major > 0n || given === 1 ? 1 : minor > 0n || given === 2 ? 2 : 3;
  return compareVersions(version, base) >= 0 && compareNumbers(version, base, kept) === 0;
}
