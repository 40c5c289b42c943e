/**
 * From an artifact to the one thing that refers to it with a wanted artifact type. A list of referrers
 * only says where to look: the referrer itself has to say its type and whom it refers to. It fetches no
 * layer, and proves nothing about who has signed.
 */
import { servingFirst } from "./ask";
import { parseManifest } from "./content/manifest";
import type { Context } from "./context";
import { OciError } from "./errors";
import { referrerEntries } from "./referrer-entries";
import { ambiguousReferrer, noReferrer, notThisReferrer, wrongList } from "./referrer-problems";
import { formatReference } from "./reference/format";
import { isOutage } from "./registry/failure";
import {
  findDigest,
  findNamed,
  resolve,
  type ResolveRequest,
  type ResolveRooms,
  tagBeside,
  whoIs,
} from "./resolve";
import type { Descriptor, Endpoint, Resolved } from "./types";

/** A request for what refers to its reference. Its `digest` and `known` are the referrer's. */
export interface ReferrerRequest extends ResolveRequest {
  readonly referrerType: string;
}

/** Whether what refers to the artifact is wanted in its place. */
export function wantsReferrer<R extends ResolveRequest>(
  request: R,
): request is R & ReferrerRequest {
  return request.referrerType !== undefined;
}

/** Which referrer is meant. */
export interface FoundReferrer {
  readonly digest: string;
  /** Of the artifact that it refers to. */
  readonly subjectDigest: string;
  /** What the tag of a `tag@digest` points to: compared with the artifact's. */
  readonly tagDigest?: string;
  /** Who has said so, where the cache has not. */
  readonly servedBy?: Endpoint;
  /** Nobody could be asked: it is the one that was known. */
  readonly outage?: OciError;
}

/** The referrer bound to its digest, as `resolve` binds the artifact. @throws like findReferrer. */
export async function resolveReferrer(
  request: ReferrerRequest,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<Resolved> {
  const found = await findReferrer(request, endpoints, rooms, context);
  const order = servingFirst(endpoints, found.servedBy);
  const resolved = await resolve(atReferrer(request, found), order, rooms, context);
  const { outage: _outage, ...facts } = found;
  return Object.freeze({ ...resolved, ...facts });
}

/** The request for the referrer alone. */
export function atReferrer<R extends ReferrerRequest>(
  request: R,
  { digest, outage }: FoundReferrer,
): R {
  return { ...request, digest, known: undefined, outage: request.outage ?? outage };
}

/**
 * The referrer's digest, with that of what it refers to. Of an index, it is what refers to the index.
 * Where the referrer's digest is wanted, nobody is asked who refers.
 *
 * @throws OciError NOT_FOUND, AMBIGUOUS_REFERRER; INVALID_INPUT where the digest is of something else;
 * REGISTRY where the list lies; and what resolving throws. In an outage, where the cache has the referrer
 * that was known, a warning in its place.
 */
export async function findReferrer(
  request: ReferrerRequest,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<FoundReferrer> {
  const { digest, known, outage, reference } = request;
  if (digest !== undefined) return await takeDigest(request, digest, endpoints, rooms, context);
  try {
    if (outage !== undefined) throw outage;
    return await takeListed(request, endpoints, rooms, context);
  } catch (error) {
    if (known === undefined || !(error instanceof OciError)) throw error;
    if (error !== outage && !isOutage(error)) throw error;
    if ((await rooms.blobs.read(known)) === undefined) throw error;
    context.report.warning(
      `${whoIs(reference)} cannot be asked what refers to ${formatReference(reference)}; going on with ${known} from the cache\n${error.message}`,
    );
    const taken = await takeDigest({ ...request, outage: error }, known, endpoints, rooms, context);
    return Object.freeze({ ...taken, outage: error });
  }
}

/** Exactly this one; but it has to be a referrer, and of the wanted type. */
async function takeDigest(
  request: ReferrerRequest,
  digest: string,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<FoundReferrer> {
  const found = await lookAt(digest, request, endpoints, rooms, context);
  const named = request.reference.digest === digest ? undefined : request.reference.digest;
  const { subject, type, served } = found;
  const isOther = named !== undefined && named !== subject;
  if (subject === undefined || isOther || type !== request.referrerType) {
    throw notThisReferrer(request, digest, found);
  }
  const { tagDigest } = request;
  const beside = tagDigest === undefined ? {} : { tagDigest };
  return Object.freeze({ digest, subjectDigest: subject, ...beside, ...served });
}

async function takeListed(
  request: ReferrerRequest,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<FoundReferrer> {
  const { reference } = request;
  // What is known is a referrer's digest, and says nothing of what the tag points to.
  const asked = { ...request, known: undefined };
  const named =
    reference.digest === undefined ? await findNamed(asked, endpoints, rooms, context) : undefined;
  const subject = reference.digest ?? named?.document.digest ?? "";
  const order = servingFirst(endpoints, named?.servedBy);
  const { entry, servedBy } = await chooseEntry(asked, subject, order, rooms, context);
  const likely = servingFirst(endpoints, servedBy);
  const found = await lookAt(entry.digest, asked, likely, rooms, context);
  const isAsListed = found.type === request.referrerType && found.size === entry.size;
  if (!isAsListed || found.subject !== subject) throw wrongList(request, subject, entry, found);
  const tagDigest = await tagBeside(request, endpoints, rooms, context);
  return Object.freeze({
    digest: entry.digest,
    subjectDigest: subject,
    ...(tagDigest === undefined ? {} : { tagDigest }),
    ...(servedBy === undefined ? {} : { servedBy }),
    ...found.served,
  });
}

/** A referrer, as it says itself. */
export interface SeenReferrer {
  readonly type: string | undefined;
  /** Digest of what it refers to. */
  readonly subject: string | undefined;
  /** Bytes of its manifest. */
  readonly size: number;
  /** Who has served it, where the cache has not. */
  readonly served: { readonly servedBy?: Endpoint };
}

async function lookAt(
  digest: string,
  request: ResolveRequest,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<SeenReferrer> {
  const { document, servedBy } = await findDigest(digest, request, endpoints, rooms, context);
  const { bytes, mediaType } = document;
  const name = formatReference({ ...request.reference, digest });
  const manifest = parseManifest(bytes, mediaType, name, context.limits);
  const config = manifest.kind === "manifest" ? manifest.config?.mediaType : undefined;
  return {
    type: manifest.artifactType ?? config,
    subject: manifest.subject?.digest,
    size: bytes.length,
    served: servedBy === undefined ? {} : { servedBy },
  };
}

interface Chosen {
  readonly entry: Descriptor;
  readonly servedBy?: Endpoint;
}

/** The one entry of the wanted type. A mirror may be behind, so where it has none, the registry is asked. */
async function chooseEntry(
  request: ReferrerRequest,
  subject: string,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<Chosen> {
  const { reference, referrerType } = request;
  const name = formatReference({ ...reference, digest: subject });
  const { tag: _tag, ...repository } = reference;
  const listed = await loadList().listReferrers(endpoints, repository, subject, rooms, context);
  const { pages, servedBy, unanswered, isOriginHeard } = listed;
  const [trouble] = unanswered;
  // Somebody who could not be asked may know of some.
  if (pages.length === 0 && !isOriginHeard && trouble !== undefined) throw trouble;
  const entries = referrerEntries(pages, name, context.limits);
  const order = servingFirst(endpoints, servedBy);
  const types = await typesOf(entries, request, order, rooms, context);
  const fitting = entries.filter(({ digest }) => types.get(digest) === referrerType);
  const [entry] = fitting;
  if (entry !== undefined && fitting.length === 1) {
    return { entry, ...(servedBy === undefined ? {} : { servedBy }) };
  }
  if (entry !== undefined) throw ambiguousReferrer(request, subject, fitting);
  const origin = endpoints.filter(({ role }) => role === "origin");
  if (servedBy?.role === "mirror" && origin.length > 0) {
    return await chooseEntry(request, subject, origin, rooms, context);
  }
  throw noReferrer(request, subject, [...types.values()], unanswered);
}

/** By digest. Older lists do not say the type; then the referrer is asked itself, as far as it is there. */
async function typesOf(
  entries: readonly Descriptor[],
  request: ReferrerRequest,
  endpoints: readonly Endpoint[],
  rooms: ResolveRooms,
  context: Context,
): Promise<ReadonlyMap<string, string | undefined>> {
  const types = new Map<string, string | undefined>();
  let looks = 0;
  for (const { digest, artifactType } of entries) {
    looks += artifactType === undefined ? 1 : 0;
    const isKnown = artifactType !== undefined || looks > context.limits.layers;
    const type = isKnown
      ? artifactType
      : await lookAt(digest, request, endpoints, rooms, context).then(
          (found) => found.type,
          unreadable,
        );
    types.set(digest, type);
  }
  return types;
}

/** One broken entry must not hide the others: anybody who may push can write one. */
function unreadable(error: unknown): undefined {
  const isTheirs =
    error instanceof OciError &&
    (error.code === "NOT_FOUND" || error.code === "UNSUPPORTED_MANIFEST");
  if (!isTheirs) throw error;
}

/** Few ask for referrers. */
function loadList(): typeof import("./list-referrers") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as in registry/client.ts
  return require("./list-referrers") as typeof import("./list-referrers");
}
