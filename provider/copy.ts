/**
 * The road of copying, and the only file that knows it: what a reference names is gathered with all
 * that belongs to it, and goes as it is, byte for byte, to a registry or into an image layout; tags
 * last. It reads through mirrors and never writes to one.
 */
import type { Context } from "./context";
import { copyToLayout } from "./copy/to-layout";
import { copyToRegistry } from "./copy/to-registry";
import { gather, type Gathered } from "./copy/gather";
import type { Arrived, Copied, CopyRequest } from "./copy/request";
import type { SourceRooms } from "./signature-source";
import { formatReference, pinnedReference } from "./reference/format";
import type { Descriptor } from "./types";
import { withinTotal } from "./within-total";
import type { World } from "./world";

export type { Copied, CopyRequest } from "./copy/request";

export type CopyRooms = SourceRooms & Pick<World, "writer">;

/**
 * After this, the destination has the artifact under the same digest. Each blob is hashed on its way.
 * Broken off anywhere, no tag has come or moved, and the same copy goes on where it was.
 *
 * @throws OciError what reading, pushing and writing throw.
 */
export async function copy(
  request: CopyRequest,
  rooms: CopyRooms,
  context: Context,
): Promise<Copied> {
  const { reference, source, target, totalTimeout, withReferrers } = request;
  if ("origin" in target && target.origin.unusable !== undefined) throw target.origin.unusable;
  const subject = formatReference(source.reference);
  const work = async (bounded: Context): Promise<Copied> => {
    const gathered = await gather(source, withReferrers, rooms, bounded);
    const arrived = await write(gathered, request, rooms, bounded);
    const { tag } = reference;
    const { digest, mediaType } = gathered.artifact.manifest.descriptor;
    return Object.freeze({
      digest,
      mediaType,
      pinned: pinnedReference(reference, digest),
      ...(tag === undefined ? {} : { tag }),
      ...countsOf(gathered, arrived),
      ...arrived,
    });
  };
  return await withinTotal(totalTimeout, subject, context, work, "copy");
}

async function write(
  gathered: Gathered,
  { reference, source, target, immutableTags }: CopyRequest,
  rooms: CopyRooms,
  context: Context,
): Promise<Arrived> {
  if ("layout" in target) {
    const { layout: endpoint } = target;
    return await copyToLayout(gathered, { endpoint, reference, immutableTags }, context);
  }
  const tags = reference.tag === undefined ? [] : [reference.tag];
  const { registry, repository, layout } = source.reference;
  const isHome = layout === undefined && registry === reference.registry;
  const mountFrom = isHome ? repository : undefined;
  const { origin } = target;
  const from = formatReference(source.reference);
  const way = { origin, tags, mountFrom, immutableTags, from };
  return await copyToRegistry(gathered, way, rooms, context);
}

function countsOf({ artifact, referrers, tagged }: Gathered, { uploaded }: Arrived) {
  const company = [...referrers, ...tagged.map((each) => each.artifact)];
  const blobs = new Map<string, Descriptor>();
  for (const { descriptor } of [artifact, ...company].flatMap((each) => each.blobs)) {
    blobs.set(descriptor.digest, descriptor);
  }
  const sentBytes = uploaded.reduce((sum, digest) => sum + (blobs.get(digest)?.size ?? 0), 0);
  const manifests = artifact.children.length + 1;
  return { manifests, referrers: company.length, blobs: blobs.size, sentBytes };
}
