/**
 * Chooses the tag that a range means: one that is called like the range, else the highest version in it.
 * Where there is none, it tells at which filter the tags fell, and which came nearest. Pure.
 */
import type { ChosenTag } from "./chosen-tag";
import { isInRange } from "./in-range";
import type { Range } from "./range";
import { compareVersions } from "./version";
import { byPreference, parseVersionTag, tagOf, type VersionTag } from "./version-tag";
import type { WantedVersion } from "./wanted-version";

export interface NoTag {
  readonly none: FallenTags;
  /** Up to five, the highest first. Empty where no tag that counts is a version. */
  readonly nearest: readonly string[];
}

/** How many tags there are, and how many fell where: each at the first filter that it did not pass. */
export type FallenTags = Readonly<Record<"total" | TagGate, number>>;

/**
 * In their order. "version": behind the prefix is none; "prerelease": it is in the range, but prereleases
 * are not wanted.
 */
export type TagGate = "tagPrefix" | "semverFilter" | "version" | "prerelease" | "range";

interface JudgedTag {
  /** Undefined where the tag would do. */
  readonly fellAt: TagGate | undefined;
  readonly parsed?: VersionTag;
}

const MOST_NEAREST = 5;

/**
 * The tag to take, or why there is none.
 *
 * @param tags - All of a repository, in any order.
 */
export function chooseTag(tags: readonly string[], wanted: WantedVersion): ChosenTag | NoTag {
  const [best] = fittingTags(tags, wanted);
  if (best !== undefined) return best;
  const judged = tags.map((tag) => judgeTag(tag, wanted));
  const count = (gate: TagGate): number => judged.filter(({ fellAt }) => fellAt === gate).length;
  return Object.freeze({
    none: Object.freeze({
      total: tags.length,
      tagPrefix: count("tagPrefix"),
      semverFilter: count("semverFilter"),
      version: count("version"),
      prerelease: count("prerelease"),
      range: count("range"),
    }),
    nearest: Object.freeze(nearestTags(judged, wanted.range).map(({ tag }) => tag)),
  });
}

/** All tags that would do, the one that is taken first; each once. */
export function fittingTags(tags: readonly string[], wanted: WantedVersion): readonly ChosenTag[] {
  const literal = literalTag(tags, wanted);
  const judged = tags.map((tag) => judgeTag(tag, wanted));
  const inRange = parsedOf(judged, [undefined])
    .sort(byPreference)
    .map(({ tag, text }) => Object.freeze({ tag, version: text }));
  if (literal === undefined) return Object.freeze(inRange);
  return Object.freeze([literal, ...inRange.filter(({ tag }) => tag !== literal.tag)]);
}

/** Some move a tag "1.2" or "1.x" with their releases: who asks for "1.2" then means that one. */
function literalTag(
  tags: readonly string[],
  { range, tagPrefix, filter }: WantedVersion,
): ChosenTag | undefined {
  const tag = tagOf(range.text, tagPrefix);
  if (!tags.includes(tag) || filter?.test(tag) === false) return undefined;
  const version = parseVersionTag(tag, { tagPrefix })?.text;
  return Object.freeze({ tag, ...(version === undefined ? {} : { version }) });
}

function judgeTag(tag: string, wanted: WantedVersion): JudgedTag {
  const { range, tagPrefix, filter, prereleases } = wanted;
  if (!tag.startsWith(tagPrefix)) return { fellAt: "tagPrefix" };
  if (filter?.test(tag) === false) return { fellAt: "semverFilter" };
  const parsed = parseVersionTag(tag, { tagPrefix });
  if (parsed === undefined) return { fellAt: "version" };
  if (isInRange(parsed.version, range, { prereleases })) return { fellAt: undefined, parsed };
  const isHeldBack = isInRange(parsed.version, range, { prereleases: true });
  return { fellAt: isHeldBack ? "prerelease" : "range", parsed };
}

function parsedOf(
  judged: readonly JudgedTag[],
  gates: readonly (TagGate | undefined)[],
): VersionTag[] {
  return judged.flatMap(({ fellAt, parsed }) =>
    parsed !== undefined && gates.includes(fellAt) ? [parsed] : [],
  );
}

/** Prereleases in the range; then those next to a version that the range names, on either side. */
function nearestTags(judged: readonly JudgedTag[], range: Range): readonly VersionTag[] {
  const held = parsedOf(judged, ["prerelease"]).sort(byPreference);
  const others = parsedOf(judged, ["range"]).sort(byPreference);
  const places = range.groups.flat().map(({ base }) => {
    const behind = others.findIndex(({ version }) => compareVersions(version, base) < 0);
    return behind < 0 ? others.length : behind;
  });
  const steps = others.map((_, index) =>
    Math.min(...places.map((place) => (index < place ? place - 1 - index : index - place))),
  );
  const byDistance = [...others.entries()]
    .sort(([a], [b]) => (steps[a] ?? 0) - (steps[b] ?? 0) || a - b)
    .map(([, tag]) => tag);
  return [...held, ...byDistance].slice(0, MOST_NEAREST).sort(byPreference);
}
