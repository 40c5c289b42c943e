/**
 * The body of an answer, piece by piece as it came over the connection, which waits while the reader is
 * behind. It joins and copies nothing: a stream of Node's joins what has come since it was last asked,
 * so that a blob which comes faster than it is written would be copied once more.
 */
import type { Dispatcher } from "undici";

/** Kept for the reader: with less, sender and reader stop each other at every piece. */
const MOST_BYTES = 512 * 1024;

/** About what each piece costs besides: a sender may make them of one byte. */
const PIECE_BYTES = 128;

/** For one reader. Whoever does not read to the end has to `destroy` it. */
export class AnswerBody implements AsyncIterable<Buffer> {
  readonly #controller: Dispatcher.DispatchController;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #isOver = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(controller: Dispatcher.DispatchController) {
    this.#controller = controller;
  }

  /** The next piece has come. */
  push(piece: Buffer): void {
    if (this.#isOver) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length + PIECE_BYTES;
    if (this.#bytes >= MOST_BYTES) this.#controller.pause();
    this.#wake?.();
  }

  /** Nothing more will come; because of a failure, where there was one. */
  end(failure?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = failure;
    this.#wake?.();
  }

  /** Ends the connection, unless all has come; the reader gets no more. */
  destroy(reason = new Error("the rest of the answer is not wanted")): void {
    this.#pieces = [];
    if (this.#isOver) return;
    this.end(reason);
    this.#controller.abort(reason);
  }

  /** All that has come, and then the failure. @throws What the connection or the parser threw. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (;;) {
        const pieces = this.#pieces;
        this.#pieces = [];
        this.#bytes = 0;
        for (const piece of pieces) yield piece;
        if (this.#pieces.length > 0) continue;
        if (this.#isOver) break;
        await this.#news();
      }
      if (this.#failure !== undefined) throw this.#failure;
    } finally {
      this.destroy();
    }
  }

  async #news(): Promise<void> {
    const news = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#controller.resume();
    await news;
    this.#wake = undefined;
  }
}
