/**
 * The error where no tag fits a range: how many there are, at which filter they fell, which came nearest,
 * and the one change after which there would be a tag. It looks for that change by trying. Pure.
 */
import { OciError } from "../errors";
import { fittingTags, type NoTag, type TagGate } from "./choose-tag";
import { parseRange } from "./range";
import type { WantedVersion } from "./wanted-version";

/** How many guesses at a prefix are tried. */
const MOST_PREFIXES = 20;

/**
 * NOT_FOUND, for a repository of which no tag fits.
 *
 * @param subject - The repository: "ghcr.io/org/app".
 * @param tags - What `chooseTag` was given.
 */
export function noTagFits(
  subject: string,
  tags: readonly string[],
  wanted: WantedVersion,
  { none, nearest }: NoTag,
): OciError {
  return new OciError({
    code: "NOT_FOUND",
    verb: "choose a tag of",
    subject,
    fact: factOf(none.total, wanted),
    details: [
      ...GATES.flatMap(([gate, say]) => (none[gate] === 0 ? [] : [say(none[gate], wanted)])),
      ...(nearest.length === 0 ? [] : [`nearest: ${nearest.join(", ")}`]),
    ],
    hint: hintFor(tags, wanted, nearest),
  });
}

function factOf(total: number, { range }: WantedVersion): string {
  if (total === 0) return "it has no tags";
  const of = total === 1 ? "its only tag does not fit" : `none of its ${total} tags fits`;
  return `${of} semver "${range.text}"`;
}

type Say = (count: number, wanted: WantedVersion) => string;

const GATES: readonly (readonly [TagGate, Say])[] = [
  [
    "tagPrefix",
    (count, { tagPrefix }) =>
      `${count} ${count === 1 ? "does" : "do"} not begin with tagPrefix "${tagPrefix}"`,
  ],
  [
    "semverFilter",
    (count, { filter }) =>
      `${count} ${count === 1 ? "does" : "do"} not match semverFilter "${filter?.pattern ?? ""}"`,
  ],
  ["version", (count) => (count === 1 ? "1 is no version" : `${count} are no versions`)],
  [
    "prerelease",
    (count) => `${count === 1 ? "1 is a prerelease" : `${count} are prereleases`} in the range`,
  ],
  ["range", (count) => `${count} ${count === 1 ? "is" : "are"} out of the range`],
];

/** The first single change that finds a tag; else what is left to do. */
function hintFor(
  tags: readonly string[],
  wanted: WantedVersion,
  nearest: readonly string[],
): string {
  const change =
    prereleaseChange(tags, wanted) ?? filterChange(tags, wanted) ?? prefixChange(tags, wanted);
  if (change !== undefined) return change;
  if (tags.length === 0) return "check the name of the repository, or push the artifact";
  if (nearest.length > 0) return "widen semver so that it takes one of the nearest";
  const [tagPrefix = ""] = guessedPrefixes(tags);
  const isNew = tagPrefix !== "" && tagPrefix !== wanted.tagPrefix;
  const first = isNew ? `set tagPrefix: "${tagPrefix}" if these are meant, or ` : "";
  return `${first}name the tag in the reference, without semver; there are ${some(tags)}`;
}

function prereleaseChange(tags: readonly string[], wanted: WantedVersion): string | undefined {
  const later = tried(tags, { ...wanted, prereleases: true });
  if (later !== undefined) return `set prereleases: true, which gives ${later}`;
  const text = wanted.range.text.replace(LOWEST_VERSION, "$&-0");
  const lowered = parseRange(text);
  const first = lowered.ok ? tried(tags, { ...wanted, range: lowered.range }) : undefined;
  if (first === undefined) return undefined;
  return `write semver as "${text}", which also takes prereleases of its lowest version, here ${first}`;
}

/** 2.0.0-rc.1 comes before 2.0.0, so that "^2" never takes it: with "-0" behind it, it does. */
const LOWEST_VERSION = /(?<=(?:^|\|\||[\^~]|~>|>=|=>)\s*)v?[\dxX*.]+(?![\w.+-])/g;

function filterChange(tags: readonly string[], wanted: WantedVersion): string | undefined {
  const { filter: _filter, ...unfiltered } = wanted;
  const tag = tried(tags, unfiltered);
  return tag === undefined ? undefined : `correct semverFilter, which keeps out ${tag}`;
}

function prefixChange(tags: readonly string[], wanted: WantedVersion): string | undefined {
  for (const tagPrefix of guessedPrefixes(tags)) {
    const tag = tried(tags, { ...wanted, tagPrefix });
    if (tag === undefined) continue;
    return tagPrefix === ""
      ? `leave out tagPrefix, which keeps out ${tag}`
      : `set tagPrefix: "${tagPrefix}", which gives ${tag}`;
  }
  return undefined;
}

function tried(tags: readonly string[], wanted: WantedVersion): string | undefined {
  return fittingTags(tags, wanted)[0]?.tag;
}

/** What stands before versions, the commonest first: "app-" of app-1.2.3 and of app-v1.3.0. */
function guessedPrefixes(tags: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const tag of tags) {
    const prefix = /^(.*?)v?[0-9]+\.[0-9]+/.exec(tag)?.[1];
    if (prefix !== undefined) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  const byCount = [...counts].sort(([, a], [, b]) => b - a);
  return byCount.slice(0, MOST_PREFIXES).map(([prefix]) => prefix);
}

const MOST_SHOWN = 5;

function some(tags: readonly string[]): string {
  const shown = tags.slice(0, MOST_SHOWN).join(", ");
  return tags.length > MOST_SHOWN ? `${shown} and ${tags.length - MOST_SHOWN} more` : shown;
}
