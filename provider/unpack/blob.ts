/**
 * Reads one blob file from its first byte to its last, and hashes all of it, whoever takes the bytes.
 * What does not match the descriptor never counts as read; nothing is written here.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { DigestCheck } from "../digest";
import { exactBytes } from "../settings/byte-size";
import { factsOfOpen, isUntouched, type FileFacts } from "../store/file-facts";
import { awaitGrowth, type Growth } from "../store/growth";
import { digestMismatch, type Place } from "./problems";

/** Where a blob lies. */
export interface BlobFile {
  readonly path: string;
  /**
   * The file's facts right after this process had hashed all that it wrote to it. Where they hold when
   * it is opened and still when it has been read, the bytes in between are those that were hashed:
   * whoever writes changes the time of change. Where they do not, it is hashed like any other file.
   */
  readonly vouched?: FileFacts | undefined;
  /** Of a file that is still being written: whoever reads it waits for its bytes. */
  readonly growth?: Growth | undefined;
  /** Whoever writes it hashes it, too, and nothing that comes of it counts where that is not right. */
  readonly isHashedElsewhere?: boolean;
}

export class BlobReader {
  readonly path: string;
  /** Whether its bytes were hashed before, so that they need not all be read. */
  readonly isVouched: boolean;
  readonly #descriptor: number;
  readonly #place: Place;
  readonly #check: DigestCheck;
  readonly #growth: Growth | undefined;
  #facts: FileFacts;
  readonly #isHashedElsewhere: boolean;
  #isHashing = true;
  #position = 0;
  #isVerified = false;

  /** Opens the file; its size is the first thing that must be right. */
  constructor(file: BlobFile, place: Place) {
    const { path, vouched, growth, isHashedElsewhere = false } = file;
    this.path = path;
    this.#isHashedElsewhere = isHashedElsewhere;
    this.#growth = growth;
    this.#place = place;
    this.#check = new DigestCheck(place.layer.descriptor.digest);
    this.#descriptor = openSync(path, "r");
    this.#facts = factsOfOpen(this.#descriptor);
    this.isVouched = vouched !== undefined && isUntouched(vouched, this.#facts);
    const { size } = this.#facts;
    if (growth === undefined && size !== BigInt(place.layer.descriptor.size)) {
      this.close();
      throw digestMismatch(place, exactBytes(size));
    }
  }

  /** Bytes that there have to be. */
  get size(): number {
    return this.#place.layer.descriptor.size;
  }

  /** Whether what is read is hashed here. */
  get isHashing(): boolean {
    return this.#isHashing && !this.isVouched;
  }

  /**
   * Leaves that to whoever writes the blob, where somebody does: of what is read once, from its beginning
   * to its end. To be called before anything is read.
   */
  leaveHashing(): void {
    if (this.#isHashedElsewhere) this.#isHashing = false;
  }

  /** The first bytes, without reading past them. */
  peek(length: number): Buffer {
    this.#awaitBytes(length);
    const start = Buffer.alloc(length);
    return start.subarray(0, readSync(this.#descriptor, start, 0, length, 0));
  }

  /** The next bytes, in the buffer given; undefined after the last. */
  next(buffer: Buffer): Buffer | undefined {
    this.#awaitBytes(this.#position + buffer.length);
    const length = readSync(this.#descriptor, buffer, 0, buffer.length, this.#position);
    if (length === 0) return undefined;
    const chunk = buffer.subarray(0, length);
    if (this.isHashing) this.#check.update(chunk);
    this.#position += length;
    return chunk;
  }

  /**
   * Throws DIGEST_MISMATCH unless the descriptor names exactly what was read. To be called after the
   * last byte, and of a vouched blob once more after the last use.
   */
  verify(): void {
    if (!this.#isHashing) return;
    if (this.isVouched) {
      this.#verifyUntouched();
      return;
    }
    if (this.#isVerified) {
      // Nobody else knows of a draft, so that nothing of it changes but by damage.
      if (this.#growth !== undefined) this.#verifyUntouched();
      return;
    }
    const { bytes } = this.#check;
    const { digest, size } = this.#place.layer.descriptor;
    const actual = this.#check.actual();
    if (actual !== digest || bytes !== size) {
      throw digestMismatch(this.#place, `${actual}, ${exactBytes(bytes)}`);
    }
    this.#isVerified = true;
    if (this.#growth !== undefined) this.#facts = factsOfOpen(this.#descriptor);
  }

  /** Bytes at any place of a blob that was verified; fewer only where it ends. */
  readAt(position: number, buffer: Buffer): Buffer {
    if (!this.#isVerified && !this.isVouched) throw new Error("the blob has not been verified");
    return buffer.subarray(0, readSync(this.#descriptor, buffer, 0, buffer.length, position));
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #verifyUntouched(): void {
    if (isUntouched(this.#facts, factsOfOpen(this.#descriptor))) return;
    throw digestMismatch(this.#place, "changed while it was read");
  }

  #awaitBytes(end: number): void {
    const { size } = this.#place.layer.descriptor;
    if (this.#growth === undefined || awaitGrowth(this.#growth, Math.min(end, size))) return;
    throw digestMismatch(this.#place, "was not fetched to its end");
  }
}
