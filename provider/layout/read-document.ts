/**
 * A manifest or an index of a layout, checked against the digest and the size that name it. Reads one
 * blob, and follows nothing in it.
 */
import type { Context } from "../context";
import { algorithmOf, digestOf, hexOf } from "../digest";
import type { ManifestDocument } from "../registry/manifest-reply";
import { exactBytes } from "../settings/byte-size";
import type { Descriptor } from "../types";
import type { Layout } from "./open-layout";
import { readSmall } from "./open-layout";
import { type Place, wrongBytes } from "./problems";

/** Name of a blob in a layout. The digest is valid. */
export function blobName(digest: string): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}

/**
 * The document; undefined where the layout does not have it.
 *
 * @param wanted - A descriptor; or a digest alone, then its media type is what the index calls it.
 * @throws OciError DIGEST_MISMATCH, LIMIT_EXCEEDED.
 */
export async function readDocument(
  { files, entries }: Layout,
  wanted: Descriptor | string,
  place: Place,
  context: Context,
): Promise<ManifestDocument | undefined> {
  const digest = typeof wanted === "string" ? wanted : wanted.digest;
  const bytes = await readSmall(files, blobName(digest), place, context);
  if (bytes === undefined) return undefined;
  const actual = digestOf(bytes, algorithmOf(digest));
  if (actual !== digest) {
    throw wrongBytes(
      place,
      `holds other bytes than it should: ${actual} lies where ${digest} should be`,
    );
  }
  const entry =
    typeof wanted === "string" ? entries.find((each) => each.digest === digest) : wanted;
  if (entry !== undefined && entry.size !== bytes.length) {
    throw wrongBytes(
      place,
      `lists ${digest} with ${exactBytes(entry.size)}, and it has ${bytes.length}`,
    );
  }
  return Object.freeze({ bytes, digest, mediaType: entry?.mediaType });
}
