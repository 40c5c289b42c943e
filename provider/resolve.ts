/**
 * Binds a reference to a digest, and reads the manifest whose layers are the content. One manifest
 * request for a tag, none for a digest that the cache holds. Fetches no layer and decides nothing
 * about trust.
 */
import { askInOrder, servingFirst, type Answer } from "./ask";
import type { AskRooms } from "./ask-round";
import { chooseManifest } from "./content/choose-manifest";
import { parseManifest } from "./content/manifest";
import type { Context } from "./context";
import { OciError } from "./errors";
import { limitExceeded } from "./limits";
import { effectiveTag, formatReference } from "./reference/format";
import type { ManifestDocument, RegistryClient } from "./registry/client";
import { isOutage } from "./registry/failure";
import type { BlobStore } from "./store/blobs";
import type { TagMemory } from "./store/tag-memory";
import type {
  Descriptor,
  Endpoint,
  ImageIndex,
  ImageManifest,
  Platform,
  Reference,
  Resolved,
} from "./types";

export interface ResolveRequest {
  readonly reference: Reference;
  /** Take exactly this digest; no tag is asked for. */
  readonly digest?: string | undefined;
  /** For an index: which of its manifests. Without one, an index with several is an error. */
  readonly platform?: Platform | undefined;
  /** What this very reference resolved to before: HEAD is enough, and it serves in an outage. */
  readonly known?: string | undefined;
  /** What the tag of a `tag@digest` was just found to point to: it is not asked for again. */
  readonly tagDigest?: string | undefined;
  /** The registry has just been found out of reach: it is not asked again. */
  readonly outage?: OciError | undefined;
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
 * @throws OciError of the registry, DIGEST_MISMATCH, UNSUPPORTED_MANIFEST, AMBIGUOUS_PLATFORM.
 */
export async function resolve(
  request: ResolveRequest,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<Resolved> {
  const { reference } = request;
  const subject = formatReference(reference);
  const top = await findNamed(request, endpoints, rooms, context);
  const read = (document: ManifestDocument): ImageManifest | ImageIndex =>
    parseManifest(document.bytes, document.mediaType, subject, context.limits);

  let current = top;
  let manifest = read(top.document);
  const { mediaType } = manifest;
  for (let depth = 0; manifest.kind === "index"; depth += 1) {
    if (depth === context.limits.indexDepth) {
      throw limitExceeded(context.limits, "indexDepth", { verb: "resolve", subject });
    }
    const child = chooseManifest(manifest, request.platform, subject);
    const order = servingFirst(endpoints, current.servedBy);
    current = await findDigest(child.digest, request, order, rooms, context);
    refuseOtherSize(child, current.document, subject);
    manifest = read(current.document);
  }
  const servedBy = top.servedBy ?? current.servedBy;
  const tagDigest = await tagBeside(request, endpoints, rooms, context);
  return Object.freeze({
    reference,
    digest: top.document.digest,
    manifestDigest: current.document.digest,
    manifest,
    mediaType,
    ...(tagDigest === undefined ? {} : { tagDigest }),
    ...(servedBy === undefined ? {} : { servedBy }),
    // Who has the manifest is the likeliest to have its blobs.
    endpoints: servingFirst(endpoints, current.servedBy ?? servedBy),
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
  const tag = effectiveTag(reference) ?? "latest";
  const name = formatReference({ ...reference, tag });
  const recorded = known === undefined ? undefined : await fromCache(known, rooms.blobs);
  const expected = recorded ?? (await remembered(name, rooms));
  let answer: Answer<ManifestDocument>;
  try {
    if (outage !== undefined) throw outage;
    const inquiry = { subject, wanted: `the tag ${tag}` };
    const asked = tagEndpoints ?? endpoints;
    answer = await askInOrder(asked, inquiry, rooms, context, async (endpoint, asking) => {
      if (expected !== undefined) {
        // HEAD is no pull in the eyes of registries that count them.
        const head = await rooms.client.headManifest(endpoint, tag, asking);
        if (head?.digest === expected.document.digest) return expected.document;
      }
      const document = await rooms.client.getManifest(endpoint, tag, asking);
      if (endpoint.role === "mirror") refusePage(document, subject, context);
      return document;
    });
  } catch (error) {
    if (recorded === undefined || !(error instanceof OciError)) throw error;
    if (error !== outage && !isOutage(error)) throw error;
    context.report.warning(
      `the registry cannot be asked whether ${tag} has moved; going on with ${recorded.document.digest} from the cache\n${error.message}`,
    );
    return recorded;
  }
  if (answer.value !== expected?.document) {
    await rooms.blobs.put(answer.value.digest, answer.value.bytes);
  }
  await rooms.tags.remember(name, answer.value.digest);
  return { document: answer.value, servedBy: answer.endpoint };
}

/** A proxy's login page comes with 200 too: then the next endpoint is asked. */
function refusePage({ bytes, mediaType }: ManifestDocument, subject: string, context: Context) {
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
    fact: `manifest ${digest} has ${bytes.length} bytes, not the ${size} bytes of the descriptor in its index`,
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
async function tagBeside(
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
