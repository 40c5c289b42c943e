/**
 * What was gathered, into an image layout: all blobs and manifests as files, and last the index, which
 * lists the artifact under its tag, what has a tag of its own, and what refers to them by digest.
 */
import { countedBytes } from "../counted-bytes";
import type { Context } from "../context";
import { openFetchProgress } from "../fetch-progress";
import { inParallel } from "../in-parallel";
import type { LayoutEntry } from "../layout/write-entries";
import { withEntries } from "../layout/write-entries";
import { type LayoutBlob, type LayoutWriter, openLayoutWriter } from "../layout/write-layout";
import { placeOf } from "../layout/problems";
import type { PackedArtifact } from "../pack/artifact";
import { blobOf } from "../pack/artifact";
import { formatReference } from "../reference/format";
import { tagExists } from "../registry/push-manifest";
import type { Endpoint, Reference } from "../types";
import type { Gathered } from "./gather";
import type { Arrived } from "./request";

const AT_ONCE = 4;

export interface LayoutTarget {
  readonly endpoint: Endpoint;
  readonly reference: Reference;
  readonly immutableTags: boolean;
}

/**
 * After this, the layout has all of it.
 *
 * @throws OciError LAYOUT, TAG_EXISTS before anything is written; STORE, DIGEST_MISMATCH and what reading throws.
 */
export async function copyToLayout(
  gathered: Gathered,
  { endpoint, reference, immutableTags }: LayoutTarget,
  context: Context,
): Promise<Arrived> {
  const { tag } = reference;
  const place = placeOf("copy into", endpoint, tag === undefined ? {} : { tag });
  const writer = await openLayoutWriter(place, context);
  const entries = entriesOf(gathered, tag);
  const moved = withEntries(writer.index, entries).named;
  const own = moved.find(({ name, before }) => name === tag && before !== undefined);
  if (immutableTags && own?.before !== undefined) {
    throw tagExists({ subject: formatReference(reference) }, own.before);
  }
  const { artifact, referrers, tagged } = gathered;
  const all = [artifact, ...referrers, ...tagged.map((each) => each.artifact)];
  try {
    const uploaded = await writeBlobs(all.flatMap(blobsOf), writer, context);
    for (const each of all) {
      for (const { bytes, descriptor } of [...each.children, each.manifest]) {
        const { open } = blobOf(bytes, descriptor.mediaType);
        await writer.write({ descriptor, open }, context);
      }
    }
    const { named } = await writer.list(entries);
    for (const { name, before } of named) {
      if (before !== undefined && name !== tag) context.report.warning(replaced(name, before));
    }
    return Object.freeze({ uploaded, mounted: [], tagged: named.map(({ name }) => name) });
  } finally {
    await writer.close();
  }
}

function replaced(name: string, before: string): string {
  return `the tag ${name} named ${before} there, and now names what the source has`;
}

function blobsOf({ blobs }: PackedArtifact): readonly LayoutBlob[] {
  return blobs;
}

/** What refers to an artifact is found by what it says itself, where the index lists it. */
function entriesOf(
  { artifact, referrers, tagged }: Gathered,
  tag: string | undefined,
): readonly LayoutEntry[] {
  return [
    { descriptor: artifact.manifest.descriptor, ...(tag === undefined ? {} : { name: tag }) },
    ...tagged.map((each) => ({ descriptor: each.artifact.manifest.descriptor, name: each.tag })),
    ...referrers.map(({ manifest }) => ({ descriptor: manifest.descriptor })),
  ];
}

/** Digests of those that were not there. */
async function writeBlobs(
  blobs: readonly LayoutBlob[],
  writer: LayoutWriter,
  context: Context,
): Promise<readonly string[]> {
  const wanted = [...new Map(blobs.map((blob) => [blob.descriptor.digest, blob])).values()];
  const progress = openFetchProgress(
    wanted.map(({ descriptor }) => descriptor),
    context.report,
  );
  const written = new Set<string>();
  await inParallel(wanted, AT_ONCE, context, async (blob, asking) => {
    const { descriptor } = blob;
    const open = () =>
      countedBytes(blob.open(), (bytes) => {
        progress.reached(descriptor, bytes);
      });
    if (await writer.write({ descriptor, open }, asking)) written.add(descriptor.digest);
    progress.reached(descriptor, descriptor.size);
  });
  return wanted.flatMap(({ descriptor: { digest } }) => (written.has(digest) ? [digest] : []));
}
