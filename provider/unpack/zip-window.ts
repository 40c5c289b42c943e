/**
 * The bytes of a zip at any place, mostly without asking the disk: its records follow each other. It
 * knows no record.
 */
import { RandomAccessReader } from "yauzl";
import type { BlobReader } from "./blob";

/** Read at once; no record is longer. */
export const WINDOW_BYTES = 256 * 1024;

/** What the bytes are read through, by `yauzl` too. */
export class ZipWindow extends RandomAccessReader {
  readonly size: number;
  readonly #blob: BlobReader;
  readonly #buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(blob: BlobReader, size: number) {
    super();
    this.#blob = blob;
    this.size = size;
  }

  /** Bytes that hold until the next call; fewer where the archive ends. */
  at(position: number, length: number): Buffer {
    // The disk knows no such place, and would call it by other words.
    if (position < 0 || position > this.size) return Buffer.alloc(0);
    if (position < this.#start || position + length > this.#start + this.#bytes.length) {
      this.#start = position;
      this.#bytes = this.#blob.readAt(position, this.#buffer);
    }
    const start = position - this.#start;
    return this.#bytes.subarray(start, start + length);
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    let bytes: Buffer;
    try {
      bytes = this.at(position, length);
    } catch (error) {
      callback(error as Error);
      return;
    }
    buffer.set(bytes, offset);
    callback(bytes.length < length ? new Error("it was cut off") : null);
  }
}
