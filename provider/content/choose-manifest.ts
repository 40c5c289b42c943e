/**
 * Which manifest of an index is wanted: by the platform that was asked for, else the only one there
 * is. Never guesses. Pure.
 */
import { OciError } from "../errors";
import { formatPlatform, isFor } from "../reference/platform";
import type { Descriptor, ImageIndex, Platform } from "../types";

/**
 * The manifest that is wanted; attestations ("unknown/unknown") are no content.
 * @throws OciError NO_PLATFORM, AMBIGUOUS_PLATFORM, listing what there is.
 */
export function chooseManifest(
  index: ImageIndex,
  platform: Platform | undefined,
  subject: string,
): Descriptor {
  const content = index.manifests.filter((child) => child.platform?.os !== "unknown");
  const candidates =
    platform === undefined ? content : content.filter((child) => isFor(platform, child));
  const [first] = candidates;
  if (candidates.length === 1 && first !== undefined) return first;
  const asked = platform === undefined ? undefined : formatPlatform(platform);
  const known = { verb: "resolve", subject, details: content.map(candidateLine) };
  if (first === undefined) {
    throw new OciError({
      ...known,
      code: "NO_PLATFORM",
      fact:
        asked === undefined
          ? "the index names no manifest with content"
          : `the index has nothing for ${asked}`,
      hint: asked === undefined ? undefined : "set platform to one of these",
    });
  }
  throw new OciError({
    ...known,
    code: "AMBIGUOUS_PLATFORM",
    fact:
      asked === undefined
        ? `the index has ${candidates.length} manifests, and none was chosen`
        : `the index has ${candidates.length} manifests for ${asked}`,
    hint: "set platform to one of these, or name one by digest in the reference",
  });
}

/** What the index lists, in one line of an error. */
export function candidateLine({ platform, digest }: Descriptor): string {
  return `${platform === undefined ? "(no platform)" : formatPlatform(platform)} ${digest}`;
}
