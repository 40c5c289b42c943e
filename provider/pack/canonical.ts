/**
 * Manifests, indexes and descriptors as bytes: the same value always gives the same. Pure.
 *
 * Format: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
 */
import type { Descriptor, Platform } from "../types";

type Annotations = Readonly<Record<string, string>>;

/** A value that stands in a document; what is undefined has no member. */
export type Json =
  string | number | boolean | undefined | readonly Json[] | { readonly [name: string]: Json };

/** What Go writes as numbers, because HTML and scripts would take it for their own. */
const ESCAPED = /[<>&\u2028\u2029]/g;

/**
 * Without a blank, with members in the order in which they are given, and escaped as Go does it: what
 * a tool of the field would push of the same content has the same bytes.
 */
export function jsonBytes(value: Json): Buffer {
  const escaped = JSON.stringify(value).replace(ESCAPED, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return Buffer.from(escaped);
}

/** Annotations by their names; undefined where there are none. */
export function sortedAnnotations(annotations: Annotations): Annotations | undefined {
  const sorted = Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.length === 0 ? undefined : Object.fromEntries(sorted);
}

/** A descriptor with its members in the order of the spec. */
export function descriptorJson(descriptor: Descriptor): Json {
  const { mediaType, digest, size, annotations, artifactType, platform } = descriptor;
  return {
    mediaType,
    digest,
    size,
    annotations: sortedAnnotations(annotations),
    platform: platform && platformJson(platform),
    artifactType,
  };
}

function platformJson({ os, architecture, variant, osVersion }: Platform): Json {
  return { architecture, os, "os.version": osVersion, variant };
}
