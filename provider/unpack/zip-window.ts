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
  /** Of the whole archive. */
  readonly size: number;
  readonly bytes = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  /** The same bytes, for the numbers in them. */
  readonly view = new DataView(this.bytes.buffer);
  readonly #blob: BlobReader;
  #start = 0;
  #length = 0;

  constructor(blob: BlobReader, size: number) {
    super();
    this.#blob = blob;
    this.size = size;
  }

  /** Where in `bytes` a place of the archive is, until the next call. Throws where the archive ends before. */
  find(position: number, length: number): number {
    // The disk knows no such place, and would call it by other words.
    if (position < 0 || position + length > this.size) throw new Error("it was cut off");
    if (position < this.#start || position + length > this.#start + this.#length) {
      this.#start = position;
      this.#length = this.#blob.readAt(position, this.bytes).length;
    }
    return position - this.#start;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    try {
      const start = this.find(position, length);
      buffer.set(this.bytes.subarray(start, start + length), offset);
    } catch (error) {
      callback(error as Error);
      return;
    }
    callback(null);
  }
}
