/**
 * A blob as one stream from its first byte to its last, over as many connections as it takes. It
 * bounds what it passes on by the descriptor's size; whether the bytes are the right ones is for
 * whoever hashes them.
 */
import type { Context } from "../context";
import type { OciError } from "../errors";
import type { AuthorizedAsk } from "./authorize";
import { ELSEWHERE } from "./credential-note";
import type { Question, Reply } from "./exchange";
import { connectionError, contentError, type Place, statusError } from "./failure";
import { nextPause, type Wait } from "./retry";

/** Progress after which the tries are counted anew: a long blob may break more than once. */
const WORTHWHILE_BYTES = 1024 ** 2;

/** How a body counts that ended too early in good order. */
const CUT = Object.freeze(Object.assign(new Error("cut short"), { code: "ECONNRESET" }));

interface Progress {
  /** Bytes passed on. */
  offset: number;
  /** The registry has not shown yet that it gets ranges wrong. */
  useRange: boolean;
}

export interface BlobParts {
  readonly wait: Wait;
  readonly ask: AuthorizedAsk;
}

/** `size` bytes of the blob, in order, in pieces. @throws OciError of the last try. */
export async function* readBlob(
  { wait, ask }: BlobParts,
  context: Context,
  question: Question,
  size: number,
): AsyncGenerator<Buffer, void, undefined> {
  const progress: Progress = { offset: 0, useRange: true };
  let [tries, waited, counted] = [0, 0, 0];
  for (;;) {
    const begin = progress.useRange ? progress.offset : 0;
    const reply = await ask(context, withRange(question, begin));
    const failure = yield* transfer(reply, begin, size, progress);
    if (failure === undefined) return;
    if (failure === "range") continue;
    if (progress.offset - counted >= WORTHWHILE_BYTES) {
      [tries, waited, counted] = [0, 0, progress.offset];
    }
    tries += 1;
    const pause = nextPause({ cause: failure.cause }, tries, waited, Date.now());
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
    for await (const chunk of stream as AsyncIterable<Buffer>) {
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
  return contentError(place, `sends more than the ${size} bytes of the descriptor`);
}

function tooShort(place: Place, found: number, size: number): OciError {
  const fact = `sends ${found} of the ${size} bytes of the descriptor`;
  return contentError(place, fact, fact, CUT);
}
