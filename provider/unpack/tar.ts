/**
 * Reads tar in every dialect that people pack, and hands the entries to a sink. Strict: what breaks the
 * format, or what two readers could read in two ways, is refused. It inflates nothing, and judges no
 * name: that is for the sink.
 */
import type { ArchiveEntry, EntrySink } from "./entries";
import type { OciError } from "../errors";
import { broken, type Place } from "./problems";
import {
  bytesText,
  extensionKind,
  isDangling,
  MOST_EXTENSION_BYTES,
  readExtensions,
  type Extended,
  type Extension,
} from "./tar-extensions";
import { BLOCK, readHeader, type TarHeader } from "./tar-header";

/** An entry needs two or three. */
const MOST_EXTENSIONS = 64;

const TYPES: ReadonlyMap<string, ArchiveEntry["type"]> = new Map([
  ["0", "file"],
  ["1", "hardlink"],
  ["2", "symlink"],
  ["3", "special"],
  ["4", "special"],
  ["5", "directory"],
  ["6", "special"],
  // A file whose blocks lie one behind the other, on systems that had such.
  ["7", "file"],
]);

/** What is said of most entries. */
const NONE: Extended = {};

/** Takes the bytes of one tar, in chunks of any size; what it throws ends the reading. */
export interface TarReader {
  /** Hands on what it finds before it returns, and keeps nothing of the chunk. */
  readonly write: (chunk: Buffer) => void;
  /** No more bytes will come. */
  readonly end: () => void;
}

/** A reader that hands what it finds to the sink. */
export function readTar(sink: EntrySink, place: Place): TarReader {
  return new TarReading(sink, place);
}

class TarReading implements TarReader {
  readonly #sink: EntrySink;
  readonly #place: Place;
  /** The beginning of a header whose other bytes are in the next chunk. */
  readonly #block = Buffer.alloc(BLOCK);
  #held = 0;
  /** Bytes of content that are still to come, and behind them those that fill their last block. */
  #left = 0;
  #padding = 0;
  /** Who gets the content; undefined: the sink. */
  #extension: { readonly kind: Extension["kind"]; readonly pieces: Buffer[] } | undefined;
  /** Those in front of the next entry. */
  #extensions: Extension[] = [];
  #globalSeconds: number | undefined;
  #position: "start" | "entries" | "zeros" | "over" = "start";

  constructor(sink: EntrySink, place: Place) {
    this.#sink = sink;
    this.#place = place;
  }

  write(chunk: Buffer): void {
    // What follows the end is padding, or nothing of the archive.
    for (let at = 0; at < chunk.length && this.#position !== "over";) {
      if (this.#left > 0) at += this.#content(chunk.subarray(at, at + this.#left));
      else if (this.#padding > 0) at += this.#skip(chunk.length - at);
      else at += this.#header(chunk, at);
    }
  }

  end(): void {
    if (this.#position === "over") return;
    if (this.#position === "start")
      refuseCompressed(this.#block.subarray(0, this.#held), this.#place);
    const isBetween = this.#left + this.#padding + this.#held === 0;
    if (!isBetween || this.#position === "start") {
      throw broken(this.#place, "is no tar that can be read, or one that was cut off");
    }
    this.#refuseDangling();
  }

  /** Where the archive ends, nothing may wait for an entry any more. */
  #refuseDangling(): void {
    if (!isDangling(this.#extensions)) return;
    throw broken(this.#place, "was cut off: it ends with an extension header of an entry");
  }

  #content(piece: Buffer): number {
    this.#left -= piece.length;
    if (this.#extension === undefined) this.#sink.data(piece);
    else this.#extension.pieces.push(Buffer.from(piece));
    if (this.#left === 0) this.#endContent();
    return piece.length;
  }

  #endContent(): void {
    const extension = this.#extension;
    if (extension === undefined) {
      this.#sink.end();
      return;
    }
    this.#extension = undefined;
    this.#extensions.push({ kind: extension.kind, content: Buffer.concat(extension.pieces) });
    if (this.#extensions.length <= MOST_EXTENSIONS) return;
    throw broken(this.#place, "has extension headers only");
  }

  #skip(available: number): number {
    const skipped = Math.min(this.#padding, available);
    this.#padding -= skipped;
    return skipped;
  }

  /** How much of the chunk belonged to a header, whole or not. */
  #header(chunk: Buffer, at: number): number {
    if (this.#held === 0 && chunk.length - at >= BLOCK) {
      this.#take(chunk, at);
      return BLOCK;
    }
    const copied = chunk.copy(this.#block, this.#held, at);
    this.#held += copied;
    if (this.#held === BLOCK) {
      this.#held = 0;
      this.#take(this.#block, 0);
    }
    return copied;
  }

  #take(block: Buffer, at: number): void {
    if (this.#position === "start") refuseCompressed(block.subarray(at), this.#place);
    const header = readHeader(block, at);
    if (header === undefined) {
      throw broken(this.#place, "is no tar that can be read: a header has a wrong checksum");
    }
    if (header === "zeros") {
      this.#refuseDangling();
      this.#position = this.#position === "zeros" ? "over" : "zeros";
      return;
    }
    const { name, size, typeflag } = header;
    if (this.#position === "zeros") throw this.#broken(name, "comes after the end of the archive");
    this.#position = "entries";
    const kind = extensionKind(typeflag);
    if (kind === undefined) this.#beginEntry(header);
    else this.#beginExtension(name, kind, size);
  }

  #beginExtension(name: string, kind: Extension["kind"], size = Number.NaN): void {
    if (size <= MOST_EXTENSION_BYTES) {
      this.#extension = { kind, pieces: [] };
      this.#await(size);
      return;
    }
    throw this.#broken(name, `has an extension header of ${bytesText(size)}`);
  }

  #beginEntry(header: TarHeader): void {
    const extended = this.#extensions.length === 0 ? NONE : readExtensions(this.#extensions);
    if (typeof extended === "string") throw this.#broken(header.name, extended);
    this.#extensions = [];
    this.#globalSeconds = extended.globalSeconds ?? this.#globalSeconds;
    const entry = entryOf(header, extended, this.#globalSeconds);
    if (typeof entry === "string") throw this.#broken(extended.path ?? header.name, entry);
    this.#sink.begin(entry);
    // Only now: a limit says better what is wrong with such a size.
    if (!Number.isSafeInteger(entry.size)) {
      throw this.#broken(entry.name, "has a size that is no number");
    }
    this.#await(entry.size);
  }

  #await(size: number): void {
    this.#left = size;
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (size === 0) this.#endContent();
  }

  #broken(entry: string, fact: string): OciError {
    return broken({ ...this.#place, entry }, fact);
  }
}

/** The entry, or a clause that says what is wrong with it. */
export function entryOf(
  header: TarHeader,
  extended: Extended,
  globalSeconds: number | undefined,
): ArchiveEntry | string {
  const { typeflag, mode } = header;
  const name = extended.path ?? header.name;
  if (name === "") return "has no name";
  const declared = TYPES.get(typeflag);
  if (declared === undefined) {
    return "is of a type that is not supported (a sparse file, for example)";
  }
  // The oldest tars have no other way to name a directory.
  const type = declared === "file" && name.endsWith("/") ? "directory" : declared;
  // Some write there what a directory takes on their disk, and no content follows.
  const size = extended.size ?? (typeflag === "5" ? 0 : header.size);
  if (size === undefined) return "has a size that is no number";
  // Readers disagree whether the content of anything but a file is there to be skipped.
  if (type !== "file" && size > 0) return "has content, but is no file";
  const seconds = extended.seconds ?? globalSeconds ?? header.seconds;
  const isLink = type === "symlink" || type === "hardlink";
  if (!isLink) {
    return header.link === ""
      ? { name, type, mode, seconds, size }
      : "has a target, but is no link";
  }
  const target = extended.link ?? header.link;
  return target === "" ? "is a link without a target" : { name, type, mode, seconds, size, target };
}

function refuseCompressed(start: Buffer, place: Place): void {
  if (start[0] === 0x1f && start[1] === 0x8b) throw broken(place, "is gzip inside gzip");
}
