/**
 * A body that is too large for memory, and how long it may stand still on its way. It bounds pauses, not
 * the whole: a line may be slow.
 */
import type { Readable } from "node:stream";

/** Opened anew for each try, and `length` bytes each time. */
export interface Payload {
  readonly length: number;
  open(): Readable;
}

export type Body = string | Buffer | Payload | undefined;

/** The server leaves the rest of a body where it is. */
export const STANDSTILL = "ERR_UPLOAD_STANDSTILL";

export function isPayload(body: Body): body is Payload {
  return typeof body === "object" && !Buffer.isBuffer(body);
}

/** @param stall - Milliseconds after which a server that takes nothing is given up. */
export function openBody(body: Body, stall: number): string | Buffer | Readable | undefined {
  if (!isPayload(body)) return body;
  let timer: NodeJS.Timeout | undefined;
  const stream = body.open();
  const look = (): void => {
    clearTimeout(timer);
    if (stream.destroyed || !stream.isPaused()) return;
    timer = setTimeout(() => {
      stream.destroy(Object.assign(new Error("nothing was taken"), { code: STANDSTILL }));
    }, stall);
  };
  // Whoever asked hears of an error by the failed request. A full socket pauses the stream, whose
  // "resume" may come when it is paused again.
  return stream
    .on("error", () => undefined)
    .on("pause", look)
    .on("resume", look)
    .on("close", look);
}
