/**
 * Reads one blob file from its first byte to its last, and hashes all of it, whoever takes the bytes.
 * What does not match the descriptor never counts as read; nothing is written here.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { DigestCheck } from "../digest";
import { digestMismatch, type Place } from "./problems";

export class BlobReader {
  readonly #descriptor: number;
  readonly #place: Place;
  readonly #check: DigestCheck;
  #isVerified = false;

  /** Opens the file; its size is the first thing that must be right. */
  constructor(file: string, place: Place) {
    this.#place = place;
    this.#check = new DigestCheck(place.layer.descriptor.digest);
    this.#descriptor = openSync(file, "r");
    const { size } = fstatSync(this.#descriptor);
    if (size !== place.layer.descriptor.size) {
      this.close();
      throw digestMismatch(place, `${size} bytes`);
    }
  }

  /** The first bytes, without reading past them. */
  peek(length: number): Buffer {
    const start = Buffer.alloc(length);
    return start.subarray(0, readSync(this.#descriptor, start, 0, length, 0));
  }

  /** The next bytes, in the buffer given; undefined after the last. */
  next(buffer: Buffer): Buffer | undefined {
    const length = readSync(this.#descriptor, buffer, 0, buffer.length, this.#check.bytes);
    if (length === 0) return undefined;
    const chunk = buffer.subarray(0, length);
    this.#check.update(chunk);
    return chunk;
  }

  /** After the last byte: throws DIGEST_MISMATCH unless the descriptor names exactly what was read. */
  verify(): void {
    if (this.#isVerified) return;
    const { bytes } = this.#check;
    const { digest, size } = this.#place.layer.descriptor;
    const actual = this.#check.actual();
    if (actual !== digest || bytes !== size) {
      throw digestMismatch(this.#place, `${actual}, ${bytes} bytes`);
    }
    this.#isVerified = true;
  }

  /** Bytes at any place of a blob that was verified; fewer only where it ends. */
  readAt(position: number, buffer: Buffer): Buffer {
    if (!this.#isVerified) throw new Error("the blob has not been verified");
    return buffer.subarray(0, readSync(this.#descriptor, buffer, 0, buffer.length, position));
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
