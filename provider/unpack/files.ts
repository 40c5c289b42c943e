/**
 * Writes the files of a tree, one after the other, by the thread that calls. They are opened so that
 * nothing that exists is ever touched; which paths they have is not decided here.
 */
import { createHash, hash, type Hash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  futimesSync,
  openSync,
  utimesSync,
  writeSync,
} from "node:fs";

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Of files without content. */
const EMPTY_SHA256 = hash("sha256", "");

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
  /** Makes a file of all that another one holds; no other has begun. */
  copy(file: NewFile, source: string): void;
  /** Returns when everything is on the disk; throws what the disk refused. */
  settle(): void;
  /** Leaves no file open and nothing under way, whatever happened. */
  close(): void;
}

interface OpenFile {
  readonly descriptor: number;
  readonly seconds: number;
  readonly hashed: ((sha256: string) => void) | undefined;
  /** Of what was written so far; undefined before the first write, and where nobody wants to know. */
  hash: Hash | undefined;
}

/** Leaves the work to the kernel; where the file system can, the two share their blocks from now on. */
export function copyWhole({ path, mode, seconds }: NewFile, source: string): void {
  copyFileSync(source, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  chmodSync(path, mode);
  utimesSync(path, seconds, seconds);
}

/** A writer that does what it is told before it returns. */
export class DirectFiles implements FileWriter {
  /** Modes that `open` gives exactly as asked, and those that the umask changes. */
  readonly #exactModes = new Map<number, boolean>();
  #open: OpenFile | undefined;

  begin({ path, mode, seconds }: NewFile, hashed?: (sha256: string) => void): void {
    const descriptor = openSync(path, NEW_FILE, mode);
    this.#open = { descriptor, seconds, hashed, hash: undefined };
    if (!this.#isExact(mode, descriptor)) fchmodSync(descriptor, mode);
  }

  write(chunk: Buffer): void {
    const open = this.#current();
    if (open.hashed !== undefined) {
      open.hash ??= createHash("sha256");
      open.hash.update(chunk);
    }
    writeAll(open.descriptor, chunk);
  }

  end(): void {
    const { hash: own, hashed } = this.#current();
    this.#seal();
    hashed?.(own === undefined ? EMPTY_SHA256 : own.digest("hex"));
  }

  /** All at once: for small files, to which a hash as an object costs more than its hashing. */
  whole(file: NewFile, content: Buffer, hashed?: (sha256: string) => void): void {
    this.begin(file);
    if (content.length > 0) writeAll(this.#current().descriptor, content);
    this.#seal();
    hashed?.(hash("sha256", content));
  }

  copy(file: NewFile, source: string): void {
    copyWhole(file, source);
  }

  settle(): void {
    // Nothing is ever under way.
  }

  close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) closeSync(open.descriptor);
  }

  #seal(): void {
    const { descriptor, seconds } = this.#current();
    futimesSync(descriptor, seconds, seconds);
    this.close();
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

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(descriptor, bytes, written);
  }
}
