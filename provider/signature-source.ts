/**
 * Where signatures of a digest are looked for: the same endpoints as for content, in the same order.
 * What one of them does not have is asked of the next; what nobody can be asked for is an error.
 */
import { askInOrder, servingFirst } from "./ask";
import type { Context } from "./context";
import { isDigest } from "./digest";
import { OciError } from "./errors";
import { fetchBlob, type FetchRooms } from "./fetch-blob";
import { listReferrers } from "./list-referrers";
import { formatReference } from "./reference/format";
import { findDigest, type ResolveRooms } from "./resolve";
import type { Endpoint, Reference } from "./types";
import type { SignatureSource } from "./verify/find-candidates";

export type SourceRooms = FetchRooms & ResolveRooms;

/** What signatures are of, and where it may lie. */
export interface SignedPlace {
  readonly reference: Reference;
  readonly endpoints: readonly Endpoint[];
  /**
   * Where tags are asked for. Default, and where that is nobody: `endpoints`; what is found is checked,
   * so a tag that moved late on a mirror for digests does no harm.
   */
  readonly tagEndpoints?: readonly Endpoint[] | undefined;
}

export interface PlaceSource extends SignatureSource {
  /** A mirror has answered for the registry, which may have other signatures by now. */
  isOfMirror(): boolean;
}

/** The source of a reference's signatures. Nothing is asked yet. */
export function signatureSource(
  { reference, endpoints, tagEndpoints = [] }: SignedPlace,
  rooms: SourceRooms,
  context: Context,
): PlaceSource {
  const { tag: _tag, digest: _digest, ...repository } = reference;
  const askedForTags = tagEndpoints.length === 0 ? endpoints : tagEndpoints;
  let unanswered: readonly OciError[] = [];
  let isOriginHeard = false;
  /** Who has a part of it is likely to have the rest. */
  let servedBy: Endpoint | undefined;
  let isOfMirror = false;
  return {
    subject: formatReference(reference),
    manifest: (name) =>
      orNone(async () => {
        const request = { reference: repository };
        if (isDigest(name)) {
          const likely = servingFirst(endpoints, servedBy);
          return (await findDigest(name, request, likely, rooms, context)).document;
        }
        const inquiry = { subject: formatReference({ ...repository, tag: name }), wanted: name };
        const answer = await askInOrder(askedForTags, inquiry, rooms, context, (endpoint, asking) =>
          rooms.client.getManifest(endpoint, name, asking),
        );
        servedBy = answer.endpoint;
        isOfMirror ||= servedBy.role === "mirror";
        return answer.value;
      }),
    async referrers(digest) {
      const listed = await listReferrers(endpoints, repository, digest, rooms, context);
      ({ unanswered, isOriginHeard, servedBy } = { servedBy: undefined, ...listed });
      isOfMirror ||= servedBy?.role === "mirror";
      const [trouble] = unanswered;
      // Somebody who could not be asked may know of some.
      if (listed.pages.length === 0 && !isOriginHeard && trouble !== undefined) throw trouble;
      return listed.pages.map(({ bytes, mediaType }) => ({ bytes, mediaType }));
    },
    isOfMirror: () => isOfMirror,
    unanswered: () => (isOriginHeard ? undefined : unanswered[0]),
    unheard: () => (isOriginHeard ? unanswered.flatMap(({ details }) => details) : []),
    blob: (descriptor) =>
      orNone(async () => {
        const likely = servingFirst(endpoints, servedBy);
        const wanted = { reference: repository, endpoints: likely, descriptor };
        if (await rooms.blobs.has(descriptor)) {
          const kept = await rooms.blobs.read(descriptor.digest);
          if (kept !== undefined) return kept;
          // It is damaged, which says nothing of what the registry has.
          await rooms.blobs.discard(descriptor.digest);
        }
        await fetchBlob(wanted, rooms, context, () => undefined);
        return await rooms.blobs.read(descriptor.digest);
      }),
  };
}

/** That it is not there is an answer. */
async function orNone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OciError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
