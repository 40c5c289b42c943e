/**
 * Manifests and tags: looked for, put and deleted, each by one request that may be sent twice. What a
 * manifest says is for whoever made it; only its digest is computed.
 *
 * Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
 */
import { algorithmOf, digestOf, isDigest } from "../digest";
import { OciError } from "../errors";
import type { Endpoint } from "../types";
import type { Asking } from "./asking";
import { type AskContext, isHungUp, type Question, type Reply } from "./exchange";
import { statusError } from "./failure";
import { type ManifestDocument, readHead, readManifest } from "./manifest-reply";
import { checkDigest } from "./push-step";
import { HEADERS, manifestQuestion, subjectOf, urlOf } from "./questions";
import type { Writing } from "./writing";

type Asker = Pick<Asking, "ask">;

/** The exact bytes of a manifest or an index. */
export interface ManifestBytes {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

export interface PutManifest {
  readonly digest: string;
  /** The subject's digest, where the registry lists referrers by itself (OCI-Subject). */
  readonly subject?: string;
}

/** Rule: 201; containerd and go-containerregistry take the others as well. */
const TAKEN = new Set([200, 201, 202, 204]);

const DELETED = new Set([200, 202, 204]);

/** The answers of registries whose tags, or this one, do not move: ECR 400, ACR 405, Quay 409, Harbor 412. */
const UNMOVED = new Set([400, 405, 409, 412]);

/**
 * The digest of what a tag or a digest names; undefined where it names nothing. By HEAD, and by GET where
 * that tells no digest, as at ECR.
 * @throws OciError UNAUTHORIZED, FORBIDDEN and all of transport.
 */
export async function findDigest(
  asker: Asker,
  context: AskContext,
  endpoint: Endpoint,
  reference: string,
): Promise<string | undefined> {
  try {
    const reply = await asker.ask(context, lookFor(endpoint, reference, "HEAD"));
    if (reply.status === 404) return undefined;
    const head = readHead(reply, reference);
    if (head !== undefined) return head.digest;
  } catch (error) {
    if (!(error instanceof OciError) || !isHungUp(error.cause)) throw error;
  }
  return (await findManifest(asker, context, endpoint, reference))?.digest;
}

/** The document itself; undefined where there is none. @throws OciError as a pull does. */
export async function findManifest(
  { ask }: Asker,
  context: AskContext,
  endpoint: Endpoint,
  reference: string,
): Promise<ManifestDocument | undefined> {
  const reply = await ask(context, lookFor(endpoint, reference, "GET"));
  return reply.status === 404 ? undefined : readManifest(reply, reference);
}

/**
 * Puts a manifest under a tag or under its digest.
 * @throws OciError TAG_EXISTS, UNSUPPORTED_MANIFEST, FORBIDDEN, NO_ROOM, DIGEST_MISMATCH and all of transport.
 */
export async function putManifest(
  asker: Asker,
  context: AskContext,
  endpoint: Endpoint,
  reference: string,
  { bytes, mediaType }: ManifestBytes,
): Promise<PutManifest> {
  const isTag = !isDigest(reference);
  const digest = digestOf(bytes, isTag ? "sha256" : algorithmOf(reference));
  const reply = await asker.ask(context, {
    ...questionOf(endpoint, reference, "PUT", isTag ? "tag" : "manifest"),
    headers: { ...HEADERS, "content-type": mediaType },
    body: bytes,
  });
  if (!TAKEN.has(reply.status)) {
    const error = statusError(reply.place, reply.status, reply.bytes);
    if (!isTag || !UNMOVED.has(reply.status)) throw error;
    const current = await findDigest(asker, context, endpoint, reference);
    // The answer that was missed may have been that it is set.
    if (current !== digest) throw current === undefined ? error : tagExists(error, current);
    return Object.freeze({ digest });
  }
  checkDigest(reply, digest);
  const subject = reply.header("oci-subject") ?? "";
  return Object.freeze({ digest, ...(isDigest(subject) ? { subject } : {}) });
}

/**
 * Deletes a manifest with all its tags, by its digest; or a tag alone.
 * @returns Whether there was one.
 * @throws OciError FORBIDDEN where the registry deletes nothing, and all of transport.
 */
export async function deleteReference(
  { ask }: Asker,
  context: AskContext,
  endpoint: Endpoint,
  reference: string,
): Promise<boolean> {
  const reply: Reply = await ask(context, questionOf(endpoint, reference, "DELETE", "delete"));
  if (reply.status === 404) return false;
  if (!DELETED.has(reply.status)) throw statusError(reply.place, reply.status, reply.bytes);
  return true;
}

/** The error of a tag that is not to be moved. */
export function tagExists(
  { subject, details = [], status }: Pick<OciError, "subject"> & Partial<OciError>,
  current: string,
): OciError {
  return new OciError({
    code: "TAG_EXISTS",
    verb: "set the tag",
    subject,
    fact: `it is there already, and names ${current}`,
    details,
    hint: "push under a tag that is new; or, if it is meant to move, leave out immutableTags, or permit it at the registry",
    status,
  });
}

function lookFor(endpoint: Endpoint, reference: string, method: "GET" | "HEAD"): Question {
  return { ...manifestQuestion(endpoint, reference, method), writing: { step: "look" } };
}

const VERBS = { manifest: "push the manifest", tag: "set the tag", delete: "delete" } as const;

function questionOf(
  endpoint: Endpoint,
  reference: string,
  method: "DELETE" | "PUT",
  step: keyof typeof VERBS & Writing["step"],
): Question {
  return {
    verb: VERBS[step],
    subject: subjectOf(endpoint, reference),
    endpoint,
    url: urlOf(endpoint, `manifests/${reference}`),
    method,
    headers: HEADERS,
    reading: "manifestBytes",
    writing: { step },
  };
}
