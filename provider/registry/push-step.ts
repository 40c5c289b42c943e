/**
 * One step of an upload: the whole blob, its rest or a chunk of it in one request, and what the answer
 * makes of that. It waits for nothing and decides nothing about patience.
 *
 * Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
 */
import { algorithmOf, isDigest } from "../digest";
import type { OciError } from "../errors";
import { exactBytes } from "../settings/byte-size";
import type { Descriptor, Endpoint } from "../types";
import type { Asking } from "./asking";
import type { AskContext, Question, Reply } from "./exchange";
import { contentError, protocolError, statusError } from "./failure";
import type { Payload } from "./payload";
import { closingUrl, isHome, nextSession, receivedBytes, type UploadSession } from "./push-session";
import type { CheckedSource } from "./push-source";
import { HEADERS, subjectOf } from "./questions";
import type { Outcome } from "./retry";

const MIB = 1024 ** 2;

/** Below what Cloudflare passes on (100 MB); after each 413 a quarter, down to what nginx passes on. */
const LARGEST_CHUNK = 64 * MIB;
const SMALLEST_CHUNK = MIB;

/** Registries hash what they get, and some copy it, before they answer. */
const WORK_MS_PER_MIB = 1_000;

/** Rule: 201 and 202; ECR answers a chunk with 201 (aws/containers-roadmap#2831), containerd takes all these. */
const TAKEN = new Set([200, 201, 204]);
const CHUNK_TAKEN = new Set([...TAKEN, 202]);

/** Of a request that would go better in other pieces. */
const NO_CHUNK = new Set([400, 405, 411, 501]);

/** How an upload counts that the registry has lost. */
const LOST: Outcome = { cause: Object.assign(new Error("lost"), { code: "ECONNRESET" }) };

/** All that one upload is about. */
export interface Upload {
  readonly asking: Pick<Asking, "ask" | "wait">;
  readonly context: AskContext;
  readonly endpoint: Endpoint;
  readonly descriptor: Descriptor;
  readonly source: CheckedSource;
  /** As far as it has come; undefined where it is to be begun. */
  session: UploadSession | undefined;
  /** Bytes of a chunk; undefined where all that is left goes at once. */
  chunkBytes: number | undefined;
  /** Chunks were refused for being chunks. */
  refusesChunks: boolean;
}

/** Why a step has not come further, and what may mend it. */
export interface Setback {
  readonly error: OciError;
  readonly outcome: Outcome;
  /** Where it broke off; as a new upload; or as a new one in other pieces, at once. */
  readonly remedy: "goOn" | "beginAnew" | "otherPieces";
}

export type Step = "done" | UploadSession | Setback;

/** Sends what is next. @throws OciError that nothing mends, and all of transport. */
export async function sendNext(upload: Upload, session: UploadSession): Promise<Step> {
  const { size } = upload.descriptor;
  const { offset } = session;
  const chunk = chunkOf(upload, session);
  if (offset === size) return await finish(upload, session, undefined);
  if (offset === 0 && chunk >= size) {
    return await finish(upload, session, upload.source.part(0, size));
  }
  return await append(upload, session, Math.min(offset + chunk, size));
}

/** Asks how far an upload is; undefined where nobody knows it any more. */
export async function look(
  upload: Upload,
  session: UploadSession,
): Promise<UploadSession | undefined> {
  const { asking, context, source } = upload;
  const reply = await asking.ask(context, question(upload, session, "GET", session.location));
  const received = CHUNK_TAKEN.has(reply.status) ? receivedBytes(reply) : undefined;
  // Bytes that were never sent are those of somebody else.
  if (received === undefined || received > source.seen) return undefined;
  return nextSession(session, reply, received);
}

/** Tells the registry that it may forget the upload; best effort. Another host is only written to. */
export async function discard(upload: Upload): Promise<void> {
  const { asking, context, session } = upload;
  if (session === undefined || !isHome(session, session.location)) return;
  const last = { ...question(upload, session, "DELETE", session.location), isOnce: true };
  await asking.ask(context, last).catch(() => undefined);
}

/** The rest goes otherwise from now on. @throws OciError where there is no other way left. */
export function withoutChunks(upload: Upload, error: OciError): Setback {
  if (upload.refusesChunks || upload.chunkBytes !== undefined) throw error;
  upload.refusesChunks = true;
  return { error, outcome: LOST, remedy: "otherPieces" };
}

/** Throws where the registry names another digest of the same algorithm. */
export function checkDigest(reply: Reply, digest: string): void {
  const { place } = reply;
  const named = reply.header("docker-content-digest") ?? digest;
  if (named === digest || !isDigest(named) || algorithmOf(named) !== algorithmOf(digest)) return;
  throw contentError(place, "has taken other bytes", `${named} where ${digest} was sent`);
}

/** Bytes of the next request, at most; no fewer than the registry wants. */
function chunkOf({ chunkBytes, refusesChunks }: Upload, session: UploadSession): number {
  const { leastChunk = 0, mostChunk = Infinity } = session;
  if (refusesChunks) return Infinity;
  return Math.max(Math.min(chunkBytes ?? Infinity, mostChunk), leastChunk);
}

async function finish(
  upload: Upload,
  session: UploadSession,
  body: Payload | undefined,
): Promise<Step> {
  const { asking, context, descriptor } = upload;
  const asked = question(upload, session, "PUT", closingUrl(session, descriptor.digest), body);
  const workMs = workFor(descriptor.size);
  const reply = await asking.ask(context, { ...asked, workMs });
  // Of the right chunks in the right order: then the whole may fare better.
  const isJoined = body === undefined && descriptor.size > 0;
  if (!TAKEN.has(reply.status)) return setback(upload, reply, isJoined);
  checkDigest(reply, descriptor.digest);
  return "done";
}

async function append(upload: Upload, session: UploadSession, end: number): Promise<Step> {
  const { asking, context, source } = upload;
  const { offset, location } = session;
  const asked = question(upload, session, "PATCH", location, source.part(offset, end));
  const headers = { ...asked.headers, "content-range": `${offset}-${end - 1}` };
  const workMs = workFor(end - offset);
  const reply = await asking.ask(context, { ...asked, headers, workMs });
  if (!CHUNK_TAKEN.has(reply.status)) return setback(upload, reply, true);
  const received = receivedBytes(reply) ?? end;
  if (received === end) return nextSession(session, reply, received);
  if (received > offset && received < end) {
    // As if it had broken off there: whoever takes a byte at a time is not served for ever.
    const error = protocolError(reply.place, `has taken ${received} of ${exactBytes(end)}`);
    return { error, outcome: LOST, remedy: "goOn" };
  }
  const fact = `says that it has ${exactBytes(received)} where ${end} were sent`;
  return withoutChunks(upload, protocolError(reply.place, fact));
}

/** What an answer means that is not the wanted one. */
function setback(upload: Upload, reply: Reply, isInChunks: boolean): Setback {
  const { status } = reply;
  const error = statusError(reply.place, status, reply.bytes);
  if (status === 413) return inSmallerChunks(upload, error);
  if (isInChunks && NO_CHUNK.has(status)) return withoutChunks(upload, error);
  if (status === 416) return { error, outcome: LOST, remedy: "goOn" };
  // Another host refuses what has been signed too long ago.
  const isLost = status === 404 || (!reply.isHome && status < 500);
  if (isLost) return { error, outcome: LOST, remedy: "beginAnew" };
  const isPassing = status >= 500 || status === 429 || status === 408 || status === 425;
  if (!isPassing) throw error;
  const outcome = { status, retryAfter: reply.header("retry-after") };
  return { error, outcome, remedy: "goOn" };
}

function workFor(bytes: number): number {
  return Math.ceil(bytes / MIB) * WORK_MS_PER_MIB;
}

function inSmallerChunks(upload: Upload, error: OciError): Setback {
  const { chunkBytes, descriptor, refusesChunks } = upload;
  let next = chunkBytes === undefined ? LARGEST_CHUNK : chunkBytes / 4;
  while (next >= descriptor.size) next /= 4;
  if (refusesChunks || next < SMALLEST_CHUNK) throw error;
  upload.chunkBytes = next;
  return { error, outcome: LOST, remedy: "otherPieces" };
}

function question(
  { descriptor }: Upload,
  { endpoint }: UploadSession,
  method: "DELETE" | "GET" | "PATCH" | "PUT",
  url: URL,
  body?: Payload,
): Question {
  const isSending = method === "PATCH" || method === "PUT";
  const type = isSending ? { "content-type": "application/octet-stream" } : {};
  return {
    verb: "push the blob",
    subject: subjectOf(endpoint, descriptor.digest),
    endpoint,
    url,
    method,
    headers: { ...HEADERS, ...type },
    reading: "manifestBytes",
    writing: { step: "send" },
    isOnce: isSending,
    ...(body === undefined || body.length === 0 ? {} : { body }),
  };
}
