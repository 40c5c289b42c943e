/**
 * Who refers to a manifest in a layout: entries of its index that name it as their subject, and what lies
 * under the fallback tag of registries, which tools copy along. As pages, like those of a registry.
 */
import { parseManifest } from "../content/manifest";
import type { Context } from "../context";
import { limitExceeded } from "../limits";
import { fallbackTag, type ReferrersPage } from "../registry/referrers";
import type { Descriptor } from "../types";
import { chooseEntry } from "./entries";
import type { Layout } from "./open-layout";
import { type Place, throwIfCancelled } from "./problems";
import { readDocument } from "./read-document";

const INDEX = "application/vnd.oci.image.index.v1+json";

/** The pages; empty where nobody refers to the digest. Entries whose blob is elsewhere count as nobody. */
export async function referrersIn(
  layout: Layout,
  digest: string,
  place: Place,
  context: Context,
): Promise<readonly ReferrersPage[]> {
  const pages: ReferrersPage[] = [];
  const listed = new Map<string, string>();
  let bytes = 0;
  for (const entry of layout.entries) {
    throwIfCancelled(place, context.signal);
    if (entry.digest === digest || listed.has(entry.digest)) continue;
    const document = await readDocument(layout, entry, place, context);
    if (document === undefined) continue;
    const manifest = readManifest(document.bytes, place, context);
    if (manifest?.subject?.digest !== digest) continue;
    const row = JSON.stringify(asListed(entry, document.bytes.length, manifest));
    listed.set(entry.digest, row);
    bytes += row.length;
    if (bytes > context.limits.manifestBytes) {
      throw limitExceeded(context.limits, "manifestBytes", { ...place, found: bytes });
    }
  }
  if (listed.size > 0) {
    const rows = [...listed.values()].join(",");
    const index = `{"schemaVersion":2,"mediaType":"${INDEX}","manifests":[${rows}]}`;
    pages.push({ bytes: Buffer.from(index), mediaType: INDEX });
  }
  const choice = chooseEntry(layout.entries, fallbackTag(digest));
  if (!("entry" in choice)) return pages;
  const fallback = await readDocument(layout, choice.entry, place, context);
  if (fallback !== undefined) pages.push({ bytes: fallback.bytes, mediaType: fallback.mediaType });
  return pages;
}

type Manifest = ReturnType<typeof parseManifest>;

/** What cannot be read refers to nobody that is known. */
function readManifest(
  bytes: Buffer,
  { subject }: Place,
  { limits }: Context,
): Manifest | undefined {
  try {
    return parseManifest(bytes, undefined, subject, limits);
  } catch {
    return undefined;
  }
}

/** As a registry would list it. Rule: …/distribution-spec/blob/v1.1.1/spec.md#listing-referrers */
function asListed({ mediaType, digest }: Descriptor, size: number, manifest: Manifest): object {
  const config = manifest.kind === "manifest" ? manifest.config?.mediaType : undefined;
  const artifactType = manifest.artifactType ?? config;
  const { annotations } = manifest;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    annotations,
  };
}
