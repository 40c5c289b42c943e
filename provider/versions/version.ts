/**
 * Versions as Masterminds reads them: with or without a leading "v", numbers left out, zeros in front.
 * Compared by the precedence of SemVer, exactly, up to the 64 bits that a number has there. It knows
 * neither ranges nor tags. Pure.
 *
 * Rule: https://github.com/Masterminds/semver/blob/v3.5.0/version.go, https://semver.org/#spec-item-11
 */

export interface Version {
  /** Major, minor, patch; those that are not written are 0. */
  readonly numbers: readonly [bigint, bigint, bigint];
  /** How many of the numbers are written: 1 of "v2", 3 of "2.0.0". */
  readonly written: number;
  /** Identifiers behind "-", numbers among them as such; empty for a release. */
  readonly prerelease: Identifiers;
  /** What stands behind "+", or "". It says nothing of the order. */
  readonly build: string;
}

type Identifiers = readonly (bigint | string)[];

const LONGEST_VERSION = 256;
const LARGEST_NUMBER = 2n ** 64n - 1n;

const IDENTIFIERS = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";

/** Behind the numbers, in versions and in ranges alike. */
export const VERSION_SUFFIX = `(?:-(?<prerelease>${IDENTIFIERS}))?(?:\\+(?<build>${IDENTIFIERS}))?`;

const VERSION = new RegExp(`^v?(?<numbers>[0-9]+(?:\\.[0-9]+){0,2})${VERSION_SUFFIX}$`);

/** The version, or undefined where the text is none. */
export function parseVersion(text: string): Version | undefined {
  if (text.length > LONGEST_VERSION) return undefined;
  const { numbers = "", prerelease = "", build = "" } = VERSION.exec(text)?.groups ?? {};
  const written = numbers.split(".");
  const [major = "", minor = "0", patch = "0"] = written;
  if (major === "" || hasLeadingZero(prerelease)) return undefined;
  const all = [BigInt(major), BigInt(minor), BigInt(patch)] as const;
  if (all.some((number) => number > LARGEST_NUMBER)) return undefined;
  return Object.freeze({
    numbers: all,
    written: written.length,
    prerelease: identifiers(prerelease),
    build,
  });
}

/** Only numbers may not have one, and only there: "1.0.0-01". */
function hasLeadingZero(prerelease: string): boolean {
  return prerelease.split(".").some((identifier) => /^0[0-9]+$/.test(identifier));
}

function identifiers(text: string): Identifiers {
  if (text === "") return [];
  return text.split(".").map((identifier) => {
    const number = /^[0-9]+$/.test(identifier) ? BigInt(identifier) : undefined;
    return number === undefined || number > LARGEST_NUMBER ? identifier : number;
  });
}

/** Negative where `a` comes before `b`; 0 also where only what stands behind "+" differs. */
export function compareVersions(a: Version, b: Version): number {
  return compareNumbers(a, b, 3) || comparePrereleases(a, b);
}

/** Compares the first of the three numbers, as many as `count` says. */
export function compareNumbers(a: Version, b: Version, count: number): number {
  for (let index = 0; index < count; index += 1) {
    const order = compare(a.numbers[index] ?? 0n, b.numbers[index] ?? 0n);
    if (order !== 0) return order;
  }
  return 0;
}

/** A release comes after all its prereleases. */
export function comparePrereleases(a: Version, b: Version): number {
  if (isPrerelease(a) !== isPrerelease(b)) return isPrerelease(a) ? -1 : 1;
  return compareIdentifiers(a.prerelease, b.prerelease);
}

export function isPrerelease({ prerelease }: Version): boolean {
  return prerelease.length > 0;
}

/** For equal versions: without build metadata first, then by the rules of prereleases. */
export function compareBuilds(a: Version, b: Version): number {
  return compareIdentifiers(identifiers(a.build), identifiers(b.build));
}

/** One by one: numbers by value and before words, words by their letters, fewer before more. */
function compareIdentifiers(a: Identifiers, b: Identifiers): number {
  for (const [index, one] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const areAlike = typeof one === typeof other;
    const order = areAlike ? compare(one, other) : typeof one === "bigint" ? -1 : 1;
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compare<T extends bigint | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
