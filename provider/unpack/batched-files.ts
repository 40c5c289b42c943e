/**
 * Writes the files of a tree together with a writer thread: small ones are handed over in batches,
 * because a message costs more than a small file; large ones, and small ones while the writer has
 * enough to do, are written here. It blocks its thread where it has to wait, and bounds what is under way.
 */
import { receiveMessageOnPort } from "node:worker_threads";
import {
  awaitProgress,
  BATCH_BYTES,
  BATCHES,
  isBroken,
  progress,
  type CrewState,
  type WriterLink,
  type WriterNews,
  type WriterOrder,
} from "./crew-state";
import { copyWhole, DirectFiles, type FileWriter, type NewFile, type WrittenFile } from "./files";
import { packFiles, unpackWritten } from "./packed";

/** Files of a batch, where they are empty or nearly so. */
const BATCH_FILES = 256;

type Written = (file: WrittenFile) => void;

interface Batch {
  readonly bytes: Buffer;
  readonly files: NewFile[];
  used: number;
  /** Where the file ends that has begun. */
  end: number;
}

/** A writer of files for one job. */
export class BatchedFiles implements FileWriter {
  readonly #state: CrewState;
  readonly #link: WriterLink;
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
  /** Who is told of the files of the batches, in their order. */
  readonly #written: Written[] = [];
  #failure: Error | undefined;

  constructor(link: WriterLink, state: CrewState) {
    this.#link = link;
    this.#state = state;
    this.#seen = progress(state);
  }

  begin(file: NewFile, written: Written): void {
    this.#isOwn = file.size > BATCH_BYTES || this.#isBusy();
    if (this.#isOwn) {
      this.#own.begin(file, written);
      return;
    }
    const batch = this.#room(file.size);
    batch.files.push(file);
    batch.end = batch.used + file.size;
    this.#written.push(written);
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

  close(): void {
    this.#own.close();
    this.#batch = undefined;
    this.#order({ kind: "close" });
    this.#awaitAnswers(() => this.#waiting === 0);
  }

  /** Whether the writer has all batches but one, which is being filled. */
  #isBusy(): boolean {
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
    const { files, used } = this.#batch ?? { files: [], used: 0 };
    if (used + bytes > BATCH_BYTES || files.length === BATCH_FILES) this.#send();
    if (this.#batch === undefined) {
      const memory = Buffer.from(this.#link.memory, this.#slot * BATCH_BYTES, BATCH_BYTES);
      this.#batch = { bytes: memory, files: [], used: 0, end: 0 };
    }
    return this.#batch;
  }

  #send(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    this.#order({ kind: "batch", slot: this.#slot, files: packFiles(batch.files) });
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
      if (isBroken(this.#state)) throw new Error("a thread that writes files has ended");
      awaitProgress(this.#state, seen);
    }
  }

  #takeAnswers(): void {
    const seen = progress(this.#state);
    if (seen === this.#seen) return;
    this.#seen = seen;
    for (;;) {
      const received = receiveMessageOnPort(this.#link.port) as { message: WriterNews } | undefined;
      if (received === undefined) break;
      const { written, failure } = received.message;
      this.#waiting -= 1;
      for (const found of unpackWritten(written)) this.#written.shift()?.(found);
      if (failure === undefined) continue;
      const { message, ...facts } = failure;
      this.#failure ??= Object.assign(new Error(message), facts);
    }
  }

  /** What the disk refused the writer. */
  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
