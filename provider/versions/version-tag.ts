/**
 * Tags that are versions, and which of two is taken where both would do. A tag cannot hold "+", so
 * registries have "_" in its place. It knows no ranges. Pure.
 */
import { compareBuilds, compareVersions, parseVersion, type Version } from "./version";

/** A tag that is a version behind its prefix. */
export interface VersionTag {
  /** As the registry has it. */
  readonly tag: string;
  /** As the tag writes it, without prefix and "v" and with "+": "1.2.3-rc.1+build", and "1.2" of a tag "v1.2". */
  readonly text: string;
  readonly version: Version;
}

/** The tag as a version; undefined where it does not begin with the prefix, or is none behind it. */
export function parseVersionTag(
  tag: string,
  { tagPrefix = "" }: { readonly tagPrefix?: string } = {},
): VersionTag | undefined {
  if (!tag.startsWith(tagPrefix)) return undefined;
  const text = tag.slice(tagPrefix.length).replaceAll("_", "+");
  const version = parseVersion(text);
  if (version === undefined) return undefined;
  return Object.freeze({ tag, text: text.replace(/^v/, ""), version });
}

/** The tag that a registry can have for a text: with "_" for "+". */
export function tagOf(text: string, tagPrefix: string): string {
  return `${tagPrefix}${text.replaceAll("+", "_")}`;
}

/**
 * For sorting: which tag is taken first. The higher version is; of equal ones, so that the order of the
 * list never decides: without build metadata before with it, the higher metadata, more numbers written
 * ("1.2.0" before "1.2", which may move), the shorter tag ("1.2.0" before "v1.2.0"), the first by letters.
 */
export function byPreference(a: VersionTag, b: VersionTag): number {
  const [one, other] = [a.version, b.version];
  return (
    compareVersions(other, one) ||
    Number(one.build !== "") - Number(other.build !== "") ||
    compareBuilds(other, one) ||
    other.written - one.written ||
    a.tag.length - b.tag.length ||
    (a.tag < b.tag ? -1 : 1)
  );
}
