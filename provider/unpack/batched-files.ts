/**
 * Hands the files of a tree to writer threads: in batches, because a message costs more than a small
 * file. What is under way is bounded; a file's bytes all go to one writer, in their order. It blocks
 * its thread where it has to wait, and opens no file itself.
 */
import { receiveMessageOnPort } from "node:worker_threads";
import {
  awaitProgress,
  BATCH_BYTES,
  BATCHES,
  isBroken,
  packPieces,
  progress,
  type CrewState,
  type FilePiece,
  type WriterLink,
  type WriterNews,
  type WriterOrder,
} from "./crew-state";
import { copyWhole, type FileWriter, type NewFile } from "./files";

/** Entries of a batch, for files that are empty or nearly so. */
const BATCH_PIECES = 256;

/** Batches that a writer may have before it, while another is filled. */
const MOST_WAITING = BATCHES - 2;

type Hashed = ((sha256: string) => void) | undefined;

interface Writer {
  readonly link: WriterLink;
  /** Where the next batch goes: the writer is done with what was there. */
  slot: number;
  /** Orders without an answer. */
  waiting: number;
  /** Who gets the hashes of files that are under way, in their order. */
  readonly hashed: Exclude<Hashed, undefined>[];
}

interface Batch {
  readonly bytes: Buffer;
  readonly pieces: FilePiece[];
  used: number;
}

/** A writer of files for one job. */
export class BatchedFiles implements FileWriter {
  readonly #state: CrewState;
  readonly #writers: readonly Writer[];
  #current: Writer;
  #batch: Batch | undefined;
  /** The file that has begun and not ended: what of it is in no piece yet. */
  #open: { file: NewFile | undefined; readonly hashed: Hashed; start: number } | undefined;
  #failure: Error | undefined;

  constructor(links: readonly WriterLink[], state: CrewState) {
    this.#state = state;
    this.#writers = links.map((link) => ({ link, slot: 0, waiting: 0, hashed: [] }));
    this.#current = this.#idlest();
  }

  begin(file: NewFile, hashed: Hashed): void {
    this.#open = { file, hashed, start: this.#batch?.used ?? 0 };
  }

  write(chunk: Buffer): void {
    for (let done = 0; done < chunk.length;) {
      const batch = this.#room();
      const copied = chunk.copy(batch.bytes, batch.used, done);
      batch.used += copied;
      done += copied;
    }
  }

  end(): void {
    const batch = this.#room();
    this.#closePiece(batch, true);
    this.#open = undefined;
    if (batch.pieces.length >= BATCH_PIECES) this.#send();
  }

  /** By this thread: there is nothing to hash, and no order between new files. */
  copy(file: NewFile, source: string): void {
    copyWhole(file, source);
  }

  settle(): void {
    this.#send();
    this.#awaitAnswers(() => this.#writers.every(({ waiting }) => waiting === 0));
    this.#throwFailure();
  }

  close(): void {
    this.#batch = undefined;
    this.#open = undefined;
    for (const writer of this.#writers) this.#order(writer, { kind: "close" });
    this.#awaitAnswers(() => this.#writers.every(({ waiting }) => waiting === 0));
  }

  /** A batch with room for one more byte. */
  #room(): Batch {
    if (this.#batch !== undefined && this.#batch.used === BATCH_BYTES) {
      if (this.#open !== undefined) this.#closePiece(this.#batch, false);
      this.#send();
    }
    if (this.#batch === undefined) {
      const { link, slot } = this.#current;
      const bytes = Buffer.from(link.memory, slot * BATCH_BYTES, BATCH_BYTES);
      this.#batch = { bytes, pieces: [], used: 0 };
      if (this.#open !== undefined) this.#open.start = 0;
    }
    return this.#batch;
  }

  #closePiece(batch: Batch, isEnd: boolean): void {
    const open = this.#open;
    if (open === undefined) throw new Error("no file is open");
    const { file, hashed, start } = open;
    const length = batch.used - start;
    batch.pieces.push({ file, isHashed: hashed !== undefined, length, isEnd });
    if (isEnd && hashed !== undefined) this.#current.hashed.push(hashed);
    open.file = undefined;
  }

  #send(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    const writer = this.#current;
    const { slot } = writer;
    writer.slot = (slot + 1) % BATCHES;
    this.#order(writer, { kind: "batch", slot, pieces: packPieces(batch.pieces) });
    this.#awaitAnswers(() => writer.waiting < MOST_WAITING);
    this.#throwFailure();
    // In the middle of a file its writer stays.
    if (this.#open === undefined) this.#current = this.#idlest();
  }

  #order(writer: Writer, order: WriterOrder): void {
    writer.link.port.postMessage(order);
    writer.waiting += 1;
  }

  #awaitAnswers(isEnough: () => boolean): void {
    for (;;) {
      const seen = progress(this.#state);
      for (const writer of this.#writers) this.#takeAnswers(writer);
      if (isEnough()) return;
      if (isBroken(this.#state)) throw new Error("a thread that writes files has ended");
      awaitProgress(this.#state, seen);
    }
  }

  #takeAnswers(writer: Writer): void {
    for (;;) {
      const received = receiveMessageOnPort(writer.link.port) as
        { message: WriterNews } | undefined;
      if (received === undefined) return;
      const { hashes, failure } = received.message;
      writer.waiting -= 1;
      for (const hash of hashes) writer.hashed.shift()?.(hash);
      if (failure === undefined) continue;
      const { message, ...facts } = failure;
      this.#failure ??= Object.assign(new Error(message), facts);
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #idlest(): Writer {
    return this.#writers.reduce((best, next) => (next.waiting < best.waiting ? next : best));
  }
}
