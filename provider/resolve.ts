/**
 * Binds a reference to a digest, and reads the manifest whose layers are the content. One manifest
 * request for a tag, none for a digest that the cache holds. Fetches no layer and decides nothing
 * about trust.
 */
import { askInOrder, servingFirst, type Answer } from "./ask";
import type { AskRooms } from "./ask-round";
import { parseManifest } from "./content/manifest";
import type { Selection } from "./content/selection";
import type { Context } from "./context";
import { OciError } from "./errors";
import { effectiveTag, formatReference } from "./reference/format";
import { UNNAMED } from "./reference/oci-layout";
import { readManifest } from "./read-manifest";
import type { ManifestDocument, RegistryClient } from "./registry/client";
import { isOutage } from "./registry/failure";
import { exactBytes } from "./settings/byte-size";
import type { BlobStore } from "./store/blobs";
import type { TagMemory } from "./store/tag-memory";
import type { Descriptor, Endpoint, Platform, Reference, Resolved } from "./types";
import type { ChosenTag } from "./versions/chosen-tag";
import type { WantedVersion } from "./versions/wanted-version";

export interface ResolveRequest {
  readonly reference: Reference;
  /** Take exactly this digest; no tag is asked for. */
  readonly digest?: string | undefined;
  /**
   * For an index: which of its manifests. Without one, an index with several is an error, unless it is a
   * provider's: then all are wanted.
   */
  readonly platform?: Platform | undefined;
  /** What kind it has to be of. Default: any. */
  readonly selection?: Pick<Selection, "kind"> | undefined;
  /** What this very reference resolved to before: HEAD is enough, and it serves in an outage. */
  readonly known?: string | undefined;
  /** What the tag of a `tag@digest` was just found to point to: it is not asked for again. */
  readonly tagDigest?: string | undefined;
  /** The registry has just been found out of reach: it is not asked again. */
  readonly outage?: OciError | undefined;
  /** A range of versions: the tag is chosen by it. */
  readonly version?: WantedVersion | undefined;
  /** What the range came to, where `digest` is of that. */
  readonly chosen?: ChosenTag | undefined;
  /** What the range came to, where `known` is of that. */
  readonly recorded?: ChosenTag | undefined;
  /** Artifact type of what refers to the artifact, and is wanted in its place. */
  readonly referrerType?: string | undefined;
  /**
   * Who is asked what the tag of a `tag@digest` points to; not every mirror is for tags. Default: the
   * endpoints of the digest.
   */
  readonly tagEndpoints?: readonly Endpoint[] | undefined;
}

export interface ResolveRooms extends AskRooms {
  readonly client: RegistryClient;
  readonly blobs: BlobStore;
  readonly tags: TagMemory;
}

/** A document (manifest or index) and where it came from; no endpoint where the cache had it. */
export interface Found {
  readonly document: ManifestDocument;
  readonly servedBy?: Endpoint;
}

/**
 * The reference bound to a digest.
 * @throws OciError of the registry, DIGEST_MISMATCH, UNSUPPORTED_MANIFEST, AMBIGUOUS_PLATFORM, WRONG_KIND.
 */
export async function resolve(
  request: ResolveRequest,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<Resolved> {
  const { reference } = request;
  const top = await findNamed(request, endpoints, rooms, context);
  const find = (child: Descriptor, likeliest: Endpoint | undefined): Promise<Found> =>
    findChild(child, request, servingFirst(endpoints, likeliest), rooms, context);
  const { servedBy: last, ...content } = await readManifest(top, request, find, context);
  const servedBy = top.servedBy ?? last;
  const tagDigest = await tagBeside(request, endpoints, rooms, context);
  return Object.freeze({
    reference,
    digest: top.document.digest,
    ...content,
    ...(tagDigest === undefined ? {} : { tagDigest }),
    ...(servedBy === undefined ? {} : { servedBy }),
    // Who has the manifest is the likeliest to have its blobs.
    endpoints: servingFirst(endpoints, last ?? servedBy),
  });
}

/** The document that the reference itself names: by digest where there is one, else by tag. */
export async function findNamed(
  request: ResolveRequest,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<Found> {
  const wanted = request.digest ?? request.reference.digest;
  return wanted === undefined
    ? await findTag(request, endpoints, rooms, context)
    : await findDigest(wanted, request, endpoints, rooms, context);
}

async function findTag(
  { reference, known, outage, tagEndpoints }: ResolveRequest,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<Found> {
  const subject = formatReference(reference);
  const { tag, name, wanted } = askedByTag(reference);
  const recorded = known === undefined ? undefined : await fromCache(known, rooms.blobs);
  const expected = recorded ?? (await remembered(name, rooms));
  let answer: Answer<ManifestDocument>;
  try {
    if (outage !== undefined) throw outage;
    const inquiry = { subject, wanted };
    const asked = tagEndpoints ?? endpoints;
    answer = await askInOrder(asked, inquiry, rooms, context, async (endpoint, asking) => {
      if (expected !== undefined) {
        // HEAD is no pull in the eyes of registries that count them.
        const head = await rooms.client.headManifest(endpoint, tag, asking);
        if (head?.digest === expected.document.digest) return expected.document;
      }
      const document = await rooms.client.getManifest(endpoint, tag, asking);
      if (endpoint.role === "mirror") refuseOther(document, subject, context);
      return document;
    });
  } catch (error) {
    if (recorded === undefined || !(error instanceof OciError)) throw error;
    if (error !== outage && !isOutage(error)) throw error;
    context.report.warning(
      `${whoIs(reference)} cannot be asked whether ${tag || name} has moved; going on with ${recorded.document.digest} from the cache\n${error.message}`,
    );
    return recorded;
  }
  if (answer.value !== expected?.document) {
    await rooms.blobs.put(answer.value.digest, answer.value.bytes);
  }
  await rooms.tags.remember(name, answer.value.digest);
  return { document: answer.value, servedBy: answer.endpoint };
}

/** What a tag is asked for as, and what it is called: in the memory of tags, and to people. */
function askedByTag(reference: Reference) {
  const tag = effectiveTag(reference);
  if (tag !== undefined) {
    return { tag, name: formatReference({ ...reference, tag }), wanted: `the tag ${tag}` };
  }
  return { tag: UNNAMED, name: formatReference(reference), wanted: "what it holds" };
}

/** Who is asked about a reference, where no endpoint is named. */
export function whoIs({ layout }: Reference): string {
  return layout === undefined ? "the registry" : "the image layout";
}

/** Whatever else a mirror sends with 200: then the next endpoint is asked. */
function refuseOther({ bytes, mediaType }: ManifestDocument, subject: string, context: Context) {
  parseManifest(bytes, mediaType, subject, context.limits);
}

async function remembered(name: string, rooms: ResolveRooms): Promise<Found | undefined> {
  const digest = await rooms.tags.recall(name);
  return digest === undefined ? undefined : await fromCache(digest, rooms.blobs);
}

/** The document of this digest, from the cache where it is there. */
export async function findDigest(
  digest: string,
  { reference, outage }: ResolveRequest,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<Found> {
  const cached = await fromCache(digest, rooms.blobs);
  if (cached !== undefined) return cached;
  if (outage !== undefined) throw outage;
  const inquiry = { subject: formatReference(reference), wanted: digest };
  const answer = await askInOrder(endpoints, inquiry, rooms, context, (endpoint, asking) =>
    rooms.client.getManifest(endpoint, digest, asking),
  );
  await rooms.blobs.put(digest, answer.value.bytes);
  return { document: answer.value, servedBy: answer.endpoint };
}

/** The document that an index lists, its size checked, too. */
export async function findChild(
  child: Descriptor,
  request: ResolveRequest,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<Found> {
  const found = await findDigest(child.digest, request, endpoints, rooms, context);
  refuseOtherSize(child, found.document, formatReference(request.reference));
  return found;
}

/** A descriptor is digest and size; one that is wrong in either names nothing. */
function refuseOtherSize(
  { digest, size }: Descriptor,
  { bytes }: ManifestDocument,
  subject: string,
): void {
  if (bytes.length === size) return;
  throw new OciError({
    code: "DIGEST_MISMATCH",
    verb: "resolve",
    subject,
    fact: `manifest ${digest} has ${exactBytes(bytes.length)}, not the ${exactBytes(size)} of the descriptor in its index`,
    hint: "have the index pushed again",
  });
}

/** The media type of a cached document is in its own text, or told by its shape. */
async function fromCache(digest: string, blobs: BlobStore): Promise<Found | undefined> {
  const bytes = await blobs.read(digest);
  return bytes === undefined ? undefined : { document: { bytes, digest, mediaType: undefined } };
}

/**
 * What the tag points to where the reference names tag and digest. The digest is what counts, so
 * this is asked for best effort: whatever goes wrong, there is just nothing to compare.
 */
export async function tagBeside(
  { reference, digest, outage, tagDigest, tagEndpoints }: ResolveRequest,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<string | undefined> {
  const { tag } = reference;
  if (tagDigest !== undefined) return tagDigest;
  if (tag === undefined || reference.digest === undefined) return undefined;
  if (outage !== undefined || (digest ?? reference.digest) !== reference.digest) return undefined;
  try {
    const inquiry = { subject: formatReference(reference), wanted: `the tag ${tag}` };
    // Behind mirrors that are for digests, the origin may be out of reach for good.
    const asked = (tagEndpoints ?? endpoints).filter((each) => rooms.health.isWell(each));
    const answer = await askInOrder(asked, inquiry, rooms, context, async (endpoint, asking) => {
      const head = await rooms.client.headManifest(endpoint, tag, asking);
      return head ?? (await rooms.client.getManifest(endpoint, tag, asking));
    });
    return answer.value.digest;
  } catch (error) {
    if (context.signal.aborted) throw error;
    return undefined;
  }
}
