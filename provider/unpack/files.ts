/**
 * Writes the files of a tree, one after the other, by the thread that calls. They are opened so that
 * nothing that exists is ever touched; which paths they have is not decided here.
 */
import { createHash, type Hash } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  openSync,
  writeSync,
} from "node:fs";

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** A file that does not exist yet, in a directory that does. */
export interface NewFile {
  /** Absolute. */
  readonly path: string;
  /** Permission bits, which hold whatever the umask. */
  readonly mode: number;
  /** Time of the last change, since 1970. */
  readonly seconds: number;
}

/** Takes files: each between `begin` and `end`, all of them done after `settle`. */
export interface FileWriter {
  /**
   * @param hashed - gets the hex of the content's sha256, at the latest during `settle`; without it
   * nothing is hashed
   */
  begin(file: NewFile, hashed: ((sha256: string) => void) | undefined): void;
  write(chunk: Buffer): void;
  end(): void;
  /** Returns when everything is on the disk; throws what the disk refused. */
  settle(): void;
  /** Leaves no file open and nothing under way, whatever happened. */
  close(): void;
}

interface OpenFile {
  readonly descriptor: number;
  readonly seconds: number;
  readonly hash: Hash | undefined;
  readonly hashed: ((sha256: string) => void) | undefined;
}

/** A writer that does what it is told before it returns. */
export class DirectFiles implements FileWriter {
  /** Modes that `open` gives exactly as asked, and those that the umask changes. */
  readonly #exactModes = new Map<number, boolean>();
  #open: OpenFile | undefined;

  begin({ path, mode, seconds }: NewFile, hashed?: (sha256: string) => void): void {
    const descriptor = openSync(path, NEW_FILE, mode);
    const hash = hashed === undefined ? undefined : createHash("sha256");
    this.#open = { descriptor, seconds, hash, hashed };
    if (!this.#isExact(mode, descriptor)) fchmodSync(descriptor, mode);
  }

  write(chunk: Buffer): void {
    const { descriptor, hash } = this.#current();
    hash?.update(chunk);
    for (let written = 0; written < chunk.length;) {
      written += writeSync(descriptor, chunk, written);
    }
  }

  end(): void {
    const { descriptor, seconds, hash, hashed } = this.#current();
    futimesSync(descriptor, seconds, seconds);
    this.close();
    if (hash !== undefined) hashed?.(hash.digest("hex"));
  }

  settle(): void {
    // Nothing is ever under way.
  }

  close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) closeSync(open.descriptor);
  }

  #current(): OpenFile {
    if (this.#open === undefined) throw new Error("no file is open");
    return this.#open;
  }

  /** Asks the first file of each mode whether the umask or an inherited ACL changed it. */
  #isExact(mode: number, descriptor: number): boolean {
    const known = this.#exactModes.get(mode);
    if (known !== undefined) return known;
    const isExact = (fstatSync(descriptor).mode & 0o7777) === mode;
    this.#exactModes.set(mode, isExact);
    return isExact;
  }
}
