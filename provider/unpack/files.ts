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
import { factsOfStats } from "../store/observe";
import type { EntryFacts } from "../store/receipt";

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
  /** Bytes of the content. */
  readonly size: number;
  /** Whether anybody wants to know the sha256 of the content. */
  readonly isHashed: boolean;
}

/** What came of a file. */
export interface WrittenFile {
  /** Hex; undefined where nobody wanted to know. */
  readonly sha256: string | undefined;
  /** What the file system said of it before it was closed. */
  readonly facts: EntryFacts;
}

/** Takes files: each between `begin` and `end`, all of them done after `settle`. */
export interface FileWriter {
  /** @param written - told when the file is on the disk, at the latest during `settle` */
  begin(file: NewFile, written: (file: WrittenFile) => void): void;
  write(chunk: Buffer): void;
  end(): void;
  /** Makes a file of all that another one holds; no other has begun. */
  copy(file: NewFile, source: string): void;
  /** Returns when everything is on the disk; throws what the disk refused. */
  settle(): void;
  /** The same, without blocking a thread that serves others. */
  settled(): Promise<void>;
  /** Leaves no file open and nothing under way, whatever happened. */
  close(): void | Promise<void>;
}

interface OpenFile {
  readonly file: NewFile;
  readonly descriptor: number;
  readonly written: (file: WrittenFile) => void;
  /** Of what was written so far: as an object where more may come, else as it is. */
  hash: Hash | string | undefined;
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

  begin(file: NewFile, written: (file: WrittenFile) => void): void {
    const { path, mode } = file;
    const descriptor = openSync(path, NEW_FILE, mode);
    this.#open = { file, descriptor, written, hash: undefined };
    if (!this.#isExact(mode, descriptor)) fchmodSync(descriptor, mode);
  }

  write(chunk: Buffer): void {
    const open = this.#current();
    if (open.file.isHashed) open.hash = hashed(open, chunk);
    writeAll(open.descriptor, chunk);
  }

  end(): void {
    const { file, descriptor, written, hash: found = EMPTY_SHA256 } = this.#current();
    const { isHashed, seconds } = file;
    futimesSync(descriptor, seconds, seconds);
    const facts = factsOfStats(fstatSync(descriptor));
    this.close();
    const sha256 = typeof found === "string" ? found : found.digest("hex");
    written({ sha256: isHashed ? sha256 : undefined, facts });
  }

  copy(file: NewFile, source: string): void {
    copyWhole(file, source);
  }

  settle(): void {
    // Nothing is ever under way.
  }

  settled(): Promise<void> {
    return Promise.resolve();
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

/** For a small file, a hash as an object costs more than its hashing: most come in one piece. */
function hashed({ file, hash: found }: OpenFile, chunk: Buffer): Hash | string {
  if (typeof found === "string") throw new Error("a file is longer than was said");
  if (found === undefined && chunk.length === file.size) return hash("sha256", chunk);
  return (found ?? createHash("sha256")).update(chunk);
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(descriptor, bytes, written);
  }
}
