/**
 * Writes the files of a tree together with a writer thread: small ones are handed over in batches,
 * because a message costs more than a small file; large ones, and small ones while the writer has
 * enough to do, are written here. It blocks its thread where it has to wait, and bounds what is under way.
 */
import { receiveMessageOnPort } from "node:worker_threads";
import {
  areasOf,
  BATCH_BYTES,
  BATCH_FILES,
  BATCHES,
  factsAt,
  putFile,
  type BatchArea,
} from "./batches";
import {
  awaitProgress,
  ENDED,
  isBroken,
  isReady,
  progress,
  type CrewState,
  type WriterLink,
  type WriterNews,
  type WriterOrder,
} from "./crew-state";
import { copyWhole, DirectFiles, type FileWriter, type NewFile, type WrittenFile } from "./files";

/** The most that a thread is blocked which others wait for: a disk that takes longer hangs. */
const MOST_BLOCKED_MS = 10_000;

type Written = (file: WrittenFile) => void;

interface Batch extends BatchArea {
  readonly paths: string[];
  /** Who is told of each file. */
  readonly written: Written[];
  used: number;
  /** Where the file ends that has begun. */
  end: number;
}

/** A writer of files for one job. */
export class BatchedFiles implements FileWriter {
  readonly #state: CrewState;
  readonly #flushed: (() => Promise<void>) | undefined;
  readonly #link: WriterLink;
  readonly #areas: readonly BatchArea[];
  readonly #own = new DirectFiles();
  /** Where the next batch goes: the writer is done with what was there. */
  #slot = 0;
  /** Orders without an answer. */
  #waiting = 0;
  /** Progress when the answers were last looked at. */
  #seen: number;
  #batch: Batch | undefined;
  /** Whether the file that has begun is written here. */
  #isOwn = false;
  /** Who is told of the files of a batch that is under way, by its slot. */
  readonly #told: Written[][] = [];
  #failure: Error | undefined;

  /** @param flushed - how to wait for the writer without being blocked. Default: blocked, and for ever. */
  constructor(link: WriterLink, state: CrewState, flushed?: () => Promise<void>) {
    this.#link = link;
    this.#areas = areasOf(link.memory);
    this.#state = state;
    this.#flushed = flushed;
    this.#seen = progress(state);
  }

  begin(file: NewFile, written: Written): void {
    this.#isOwn = file.size > BATCH_BYTES || this.#isBusy();
    if (this.#isOwn) {
      this.#own.begin(file, written);
      return;
    }
    const batch = this.#room(file.size);
    putFile(batch.numbers, batch.paths.length, file);
    batch.paths.push(file.path);
    batch.written.push(written);
    batch.end = batch.used + file.size;
  }

  write(chunk: Buffer): void {
    if (this.#isOwn) {
      this.#own.write(chunk);
      return;
    }
    const batch = this.#current();
    if (batch.used + chunk.length > batch.end) throw new Error("a file is longer than was said");
    batch.used += chunk.copy(batch.bytes, batch.used);
  }

  end(): void {
    if (this.#isOwn) {
      this.#own.end();
      return;
    }
    const { used, end } = this.#current();
    if (used < end) throw new Error("a file is shorter than was said");
  }

  copy(file: NewFile, source: string): void {
    copyWhole(file, source);
  }

  settle(): void {
    this.#send();
    this.#awaitAnswers(() => this.#waiting === 0);
    this.#throwFailure();
  }

  async settled(): Promise<void> {
    this.#send();
    await this.#answered();
    this.#throwFailure();
  }

  async close(): Promise<void> {
    try {
      this.#own.close();
    } finally {
      this.#batch = undefined;
      // A writer that got nothing has nothing under way, and may never have come.
      if (this.#flushed === undefined || this.#told.length > 0) await this.#closeWriter();
    }
  }

  async #closeWriter(): Promise<void> {
    this.#order({ kind: "close" });
    // A writer that has ended does nothing any more; that is said by whoever waited for its files.
    await this.#answered().catch(() => undefined);
  }

  /** When there is an answer to every order. */
  async #answered(): Promise<void> {
    if (this.#waiting > 0) await this.#flushed?.();
    this.#awaitAnswers(() => this.#waiting === 0);
  }

  /** Whether the writer has all batches but one, which is being filled, or has not come yet. */
  #isBusy(): boolean {
    if (!isReady(this.#state)) return true;
    if (this.#waiting < BATCHES - 1) return false;
    this.#takeAnswers();
    this.#throwFailure();
    return this.#waiting === BATCHES - 1;
  }

  #current(): Batch {
    if (this.#batch === undefined) throw new Error("no file is open");
    return this.#batch;
  }

  /** A batch with room for so many bytes of one more file. */
  #room(bytes: number): Batch {
    const batch = this.#batch;
    const isFull =
      batch !== undefined &&
      (batch.used + bytes > BATCH_BYTES || batch.paths.length === BATCH_FILES);
    if (isFull) this.#send();
    return (this.#batch ??= this.#newBatch());
  }

  #newBatch(): Batch {
    const area = this.#areas[this.#slot];
    if (area === undefined) throw new Error("there is no such batch");
    return { ...area, paths: [], written: [], used: 0, end: 0 };
  }

  #send(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    this.#told[this.#slot] = batch.written;
    this.#order({ kind: "batch", slot: this.#slot, paths: batch.paths.join("\0") });
    this.#slot = (this.#slot + 1) % BATCHES;
    this.#awaitAnswers(() => this.#waiting < BATCHES);
    this.#throwFailure();
  }

  #order(order: WriterOrder): void {
    this.#link.port.postMessage(order);
    this.#waiting += 1;
  }

  #awaitAnswers(isEnough: () => boolean): void {
    for (;;) {
      const seen = progress(this.#state);
      this.#takeAnswers();
      if (isEnough()) return;
      if (isBroken(this.#state)) throw new Error(ENDED);
      const patience = this.#flushed === undefined ? undefined : MOST_BLOCKED_MS;
      if (!awaitProgress(this.#state, seen, patience)) throw new Error("the disk does not answer");
    }
  }

  #takeAnswers(): void {
    const seen = progress(this.#state);
    if (seen === this.#seen) return;
    this.#seen = seen;
    for (;;) {
      const received = receiveMessageOnPort(this.#link.port) as { message: WriterNews } | undefined;
      if (received === undefined) break;
      this.#waiting -= 1;
      this.#tell(received.message);
      const { failure } = received.message;
      if (failure === undefined) continue;
      const { message, ...facts } = failure;
      this.#failure ??= Object.assign(new Error(message), facts);
    }
  }

  #tell({ slot = 0, hashes, count }: WriterNews): void {
    const written = this.#told[slot] ?? [];
    const numbers = this.#areas[slot]?.numbers ?? new Float64Array();
    const each = hashes.split("\0");
    for (let index = 0; index < count; index += 1) {
      const sha256 = each[index] === "" ? undefined : each[index];
      written[index]?.({ sha256, facts: factsAt(numbers, index) });
    }
  }

  /** What the disk refused the writer, or that it has ended. */
  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#waiting > 0 && isBroken(this.#state)) throw new Error(ENDED);
  }
}
