/**
 * One blob into a registry: begun by a request without a body, which settles credentials, then sent
 * whole; taken up where it broke off, and in chunks only where it has to be. It chooses no blob.
 *
 * One PUT, of any size, is what every registry takes: Google's takes no chunks, GHCR none above 4 MiB,
 * and ECR loses those after the first (aws/containers-roadmap#2831).
 */
import { OciError } from "../errors";
import type { Descriptor, Endpoint } from "../types";
import type { Asking } from "./asking";
import { type AskContext, isHungUp, type Reply } from "./exchange";
import { statusError } from "./failure";
import { begunSession, type UploadSession } from "./push-session";
import { type BlobSource, checkedSource } from "./push-source";
import {
  checkDigest,
  discard,
  look,
  sendNext,
  type Setback,
  type Upload,
  withoutChunks,
} from "./push-step";
import { HEADERS, refuseOther, subjectOf, urlOf } from "./questions";
import { nextPause } from "./retry";
import type { Writing } from "./writing";

/** Progress after which the tries are counted anew. */
const WORTHWHILE_BYTES = 1024 ** 2;

type Asker = Pick<Asking, "ask" | "wait">;

/** How a blob is pushed. */
export interface BlobOptions {
  /** A repository of the same registry that may have the blob: it is mounted from there, if it can be. */
  readonly mountFrom?: string | undefined;
  /** Told how many bytes of it were sent, each time. */
  readonly tell?: ((bytes: number) => void) | undefined;
}

/** How a blob came to be there. */
export type BlobArrival = "mounted" | "uploaded";

/** The patience that an upload has used up. */
interface Spent {
  tries: number;
  /** Milliseconds in pauses. */
  waited: number;
  /** Bytes that the registry has had at once. */
  best: number;
}

/**
 * Whether the registry has the blob. One that hangs up at HEAD, or answers it in another way, is asked
 * to take it.
 * @throws OciError UNAUTHORIZED, FORBIDDEN, RATE_LIMITED and all of transport.
 */
export async function hasBlob(
  { ask }: Asker,
  context: AskContext,
  endpoint: Endpoint,
  { digest, size }: Descriptor,
): Promise<boolean> {
  const verb = "look for the blob";
  const subject = subjectOf(endpoint, digest);
  refuseOther(digest, verb, subject);
  try {
    const reply = await ask(context, {
      ...{ verb, subject, endpoint, method: "HEAD", reading: "manifestBytes" },
      url: urlOf(endpoint, `blobs/${digest}`),
      headers: { ...HEADERS, accept: "*/*" },
      writing: { step: "look" },
    });
    if (reply.status === 429) throw statusError(reply.place, reply.status, reply.bytes);
    return reply.status === 200 && Number(reply.header("content-length") ?? size) === size;
  } catch (error) {
    if (error instanceof OciError && isHungUp(error.cause)) return false;
    throw error;
  }
}

/**
 * After this the registry has the blob, and has said that it is the right one.
 * @throws OciError NOT_FOUND, FORBIDDEN, NO_ROOM, DIGEST_MISMATCH, STORE and all of transport.
 */
export async function pushBlob(
  asking: Asker,
  context: AskContext,
  endpoint: Endpoint,
  blob: BlobSource,
  { mountFrom, tell = () => undefined }: BlobOptions = {},
): Promise<BlobArrival> {
  const { descriptor } = blob;
  const subject = subjectOf(endpoint, descriptor.digest);
  refuseOther(descriptor.digest, VERB, subject);
  const source = checkedSource(blob, subject, tell);
  const begun = { session: undefined, chunkBytes: undefined, refusesChunks: false };
  const upload: Upload = { asking, context, endpoint, descriptor, source, ...begun };
  if (mountFrom !== undefined && (await isMounted(upload, mountFrom))) return "mounted";
  try {
    await uploadAll(upload);
  } catch (error) {
    const isHopeless = error instanceof OciError && error.cause === undefined;
    if (isHopeless && !context.signal.aborted) await discard(upload);
    throw error;
  }
  return "uploaded";
}

const VERB = "push the blob";

/** Step by step to the end, or to the error that nothing mends. */
async function uploadAll(upload: Upload): Promise<void> {
  const spent: Spent = { tries: 0, waited: 0, best: 0 };
  for (;;) {
    const session = (upload.session ??= await begin(upload));
    const step = await sendNext(upload, session).catch(brokenOff);
    if (step === "done") return;
    const next = "error" in step ? await recover(upload, session, step, spent) : step;
    if (next === "done") return;
    upload.session = next;
    if (next !== undefined && next.offset - spent.best >= WORTHWHILE_BYTES) {
      Object.assign(spent, { tries: 0, waited: 0, best: next.offset } satisfies Spent);
    }
  }
}

/** A connection that failed may be mended; what has no such cause is final. */
function brokenOff(error: unknown): Setback {
  if (!(error instanceof OciError) || error.cause === undefined) throw error;
  return { error, outcome: { cause: error.cause }, remedy: "goOn" };
}

/** Where to go on: in the same upload, in a new one (undefined), or nowhere, because it is there. */
async function recover(
  upload: Upload,
  session: UploadSession,
  setback: Setback,
  spent: Spent,
): Promise<UploadSession | undefined | "done"> {
  const { asking, context, endpoint, descriptor } = upload;
  if (setback.remedy !== "otherPieces") await pause(upload, setback, spent);
  const known = setback.remedy === "goOn" ? await look(upload, session) : undefined;
  const isStuck = known?.offset === session.offset && setback.error.status === 416;
  if (isStuck) withoutChunks(upload, setback.error);
  const isUseless = isStuck || (upload.refusesChunks && (known?.offset ?? 0) > 0);
  if (isUseless || setback.remedy === "otherPieces") {
    await discard(upload);
    return undefined;
  }
  if (known !== undefined) return known;
  // A lost upload may be a finished one, whose answer was missed.
  return (await hasBlob(asking, context, endpoint, descriptor)) ? "done" : undefined;
}

/** @throws the setback's error where all patience is used up. */
async function pause(
  { asking, context }: Upload,
  { error, outcome }: Setback,
  spent: Spent,
): Promise<void> {
  spent.tries += 1;
  const length = nextPause(outcome, spent.tries, spent.waited, Date.now(), context.patience);
  if (length === undefined || context.signal.aborted) throw error;
  spent.waited += length;
  await asking.wait(length, context.signal).catch((reason: unknown) => {
    throw context.signal.aborted ? cancelled(error) : reason;
  });
}

function cancelled({ verb, subject }: OciError): OciError {
  return new OciError({ code: "CANCELLED", verb, subject, fact: "it was cancelled" });
}

async function begin(upload: Upload): Promise<UploadSession> {
  const reply = await post(upload, {}, { step: "begin" });
  if (reply.status !== 202) throw statusError(reply.place, reply.status, reply.bytes);
  return begunSession(reply);
}

const MOUNT_REFUSALS: ReadonlySet<string> = new Set(["FORBIDDEN", "UNAUTHORIZED"]);

/** Where it cannot be mounted, the same answer begins an upload; or nothing has come of it. */
async function isMounted(upload: Upload, from: string): Promise<boolean> {
  const { digest } = upload.descriptor;
  const writing = { step: "begin", mountFrom: from } as const;
  const reply = await post(upload, { mount: digest, from }, writing).catch((error: unknown) => {
    // Of the source, most likely; if not, the request without it is refused as well.
    if (error instanceof OciError && MOUNT_REFUSALS.has(error.code)) return undefined;
    throw error;
  });
  if (reply?.status === 202) upload.session = begunSession(reply);
  if (reply?.status !== 201) return false;
  checkDigest(reply, digest);
  return true;
}

async function post(
  { asking, context, endpoint, descriptor }: Upload,
  query: Readonly<Record<string, string>>,
  writing: Writing,
): Promise<Reply> {
  const url = urlOf(endpoint, "blobs/uploads/");
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return await asking.ask(context, {
    ...{ verb: VERB, subject: subjectOf(endpoint, descriptor.digest), endpoint, url, writing },
    ...{ method: "POST", headers: HEADERS, reading: "manifestBytes" },
  });
}
