/**
 * A blob as one stream to its last byte, over as many connections as it takes. It bounds what it passes on by the descriptor's size; whether the bytes are the right ones is for
 * whoever hashes them.
 */
import type { OciError } from "../errors";
import { exactBytes } from "../settings/byte-size";
import type { AuthorizedAsk } from "./authorize";
import { ELSEWHERE } from "./credential-note";
import type { AskContext, Question, Reply } from "./exchange";
import { connectionError, contentError, type Place, statusError } from "./failure";
import { nextPause, type Patience, type Wait } from "./retry";

/** Progress after which the tries are counted anew: a long blob may break more than once. */
const WORTHWHILE_BYTES = 1024 ** 2;

/** How a body counts that ended too early in good order. */
const CUT = Object.freeze(Object.assign(new Error("cut short"), { code: "ECONNRESET" }));

interface Progress {
  /** Bytes of the blob that are passed on, here or before. */
  offset: number;
  /** The registry has not shown yet that it gets ranges wrong. */
  useRange: boolean;
}

export interface BlobParts {
  readonly wait: Wait;
  readonly ask: AuthorizedAsk;
}

/** Which bytes of a blob: from `start`, which another endpoint may have led to, to its `size`. */
export interface BlobPart {
  readonly start: number;
  readonly size: number;
}

/** The part, in order, in pieces. @throws OciError of the last try. */
export async function* readBlob(
  { wait, ask }: BlobParts,
  context: AskContext,
  question: Question,
  { start, size }: BlobPart,
): AsyncGenerator<Buffer, void, undefined> {
  const { patience } = context;
  const progress: Progress = { offset: start, useRange: true };
  let [tries, waited, counted] = [0, 0, start];
  for (;;) {
    const begin = progress.useRange ? progress.offset : 0;
    const reply = await ask(context, withRange(question, begin));
    const failure =
      otherLength(reply, size, patience) ?? (yield* transfer(reply, begin, size, progress));
    if (failure === undefined) return;
    if (failure === "range") continue;
    if (progress.offset - counted >= WORTHWHILE_BYTES) {
      [tries, waited, counted] = [0, 0, progress.offset];
    }
    tries += 1;
    const pause = nextPause({ cause: failure.cause }, tries, waited, Date.now(), patience);
    if (pause === undefined) throw failure;
    await wait(pause, context.signal).catch((error: unknown) => {
      throw connectionError(reply.place, error);
    });
    waited += pause;
  }
}

/** Passes on what one answer brings; returns why it was not the rest of the blob, if it was not. */
async function* transfer(
  reply: Reply,
  begin: number,
  size: number,
  progress: Progress,
): AsyncGenerator<Buffer, OciError | "range" | undefined, undefined> {
  const { stream, place } = reply;
  try {
    if (begin > 0 && isWrongRange(reply, begin, size)) {
      progress.useRange = false;
      return "range";
    }
    if (stream === undefined || (begin === 0 && reply.status !== 200)) {
      const note = reply.isHome ? undefined : ELSEWHERE;
      return statusError(place, reply.status, reply.bytes, note);
    }
    let known = progress.offset - (reply.status === 206 ? begin : 0);
    for await (const chunk of stream) {
      const piece = chunk.subarray(Math.min(known, chunk.length));
      known -= chunk.length - piece.length;
      if (progress.offset + piece.length > size) return tooLong(place, size);
      progress.offset += piece.length;
      if (piece.length > 0) yield piece;
    }
    return progress.offset === size ? undefined : tooShort(place, progress.offset, size);
  } catch (error) {
    return progress.offset === size ? undefined : connectionError(place, error);
  } finally {
    stream?.destroy();
  }
}

/**
 * What announces another length is another document, a proxy's page as a rule. Where the next
 * endpoint is at hand, no byte of it is taken; the only one is given time to come to its senses.
 */
function otherLength(
  reply: Reply,
  size: number,
  patience: Patience | undefined,
): OciError | undefined {
  const { status, stream, place } = reply;
  const length = Number(reply.header("content-length") ?? size);
  if (patience !== "short" || status !== 200 || length === size) return undefined;
  stream?.destroy();
  return length > size ? tooLong(place, size) : contentError(place, sendsOf(length, size));
}

function withRange(question: Question, begin: number): Question {
  if (begin === 0) return question;
  return { ...question, headers: { ...question.headers, range: `bytes=${begin}-` } };
}

/** A 200 with the whole blob is as good as the right range. */
function isWrongRange(reply: Reply, begin: number, size: number): boolean {
  if (reply.status === 416) return true;
  if (reply.status !== 206) return false;
  const [, first, last, whole] =
    /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(reply.header("content-range") ?? "") ?? [];
  const isWhole = whole === "*" || Number(whole) === size;
  return Number(first) !== begin || Number(last) !== size - 1 || !isWhole;
}

function tooLong(place: Place, size: number): OciError {
  return contentError(place, `sends more than the ${exactBytes(size)} of the descriptor`);
}

function tooShort(place: Place, found: number, size: number): OciError {
  const fact = sendsOf(found, size);
  return contentError(place, fact, fact, CUT);
}

function sendsOf(found: number, size: number): string {
  return `sends ${found} of the ${exactBytes(size)} of the descriptor`;
}
