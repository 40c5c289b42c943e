/**
 * Reads tar with the parser of npm `tar`, in its strict mode, and hands the entries to a sink. The
 * parser is trusted with the format only: names, links and writes are ours, and compression never
 * reaches it, because it would inflate by itself.
 */
import { Parser, type ReadEntry } from "tar";
import type { ArchiveEntry, EntrySink } from "./entries";
import { broken, type Place } from "./problems";
import { extensionProblem, MOST_EXTENSION_BYTES, safeLength } from "./tar-extensions";

const BLOCK = 512;

/** An entry needs two or three. */
const MOST_EXTENSIONS = 64;

const TYPES: Readonly<Record<string, ArchiveEntry["type"]>> = {
  File: "file",
  OldFile: "file",
  ContiguousFile: "file",
  Directory: "directory",
  SymbolicLink: "symlink",
  Link: "hardlink",
  CharacterDevice: "special",
  BlockDevice: "special",
  FIFO: "special",
};

/** Takes the bytes of one tar, in chunks of any size; what it throws ends the reading. */
export interface TarReader {
  readonly write: (chunk: Buffer) => void;
  /** No more bytes will come. */
  readonly end: () => void;
}

/** A reader that hands what it finds to the sink, before `write` returns. */
export function readTar(sink: EntrySink, place: Place): TarReader {
  const state = { isOver: false };
  const parser = createParser(sink, place, state);
  let rest = Buffer.alloc(0);
  let isFirst = true;
  const feed = (bytes: Buffer, length: number): void => {
    if (isFirst && length > 0) {
      refuseCompressed(bytes, place);
      isFirst = false;
    }
    if (length > 0) parser.write(bytes.subarray(0, length));
    // A copy: the caller may fill the chunk anew.
    rest = Buffer.from(bytes.subarray(length));
  };
  return {
    write(chunk) {
      // What follows the end is padding, or nothing of the archive.
      if (state.isOver) return;
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      feed(bytes, safeLength(bytes));
    },
    end() {
      if (!state.isOver) feed(rest, rest.length - (rest.length % BLOCK));
      if (state.isOver) return;
      refuseCompressed(rest, place);
      if (rest.length > 0) throw broken(place, "is no tar, or one that was cut off");
      parser.end();
    },
  };
}

function createParser(sink: EntrySink, place: Place, state: { isOver: boolean }): Parser {
  let extensions: string[] = [];
  let hasEnd = false;
  const parser = new Parser({
    strict: true,
    zstd: false,
    maxMetaEntrySize: MOST_EXTENSION_BYTES,
    onReadEntry(entry) {
      const at = { ...place, entry: entry.path };
      if (hasEnd) throw broken(at, "comes after the end of the archive");
      sink.begin(archiveEntry(entry, extensions, at));
      extensions = [];
      entry.on("data", (chunk: Buffer) => {
        sink.data(chunk);
      });
      entry.on("end", () => {
        sink.end();
      });
    },
  });
  parser.on("meta", (text: string) => {
    extensions.push(text);
    if (extensions.length > MOST_EXTENSIONS) throw broken(place, "has extension headers only");
  });
  parser.on("nullBlock", () => {
    hasEnd = true;
  });
  parser.on("eof", () => {
    state.isOver = true;
  });
  parser.on("ignoredEntry", (entry: ReadEntry) => {
    const at = { ...place, entry: entry.path };
    if (entry.meta) throw broken(at, `has an extension header of ${entry.size} bytes`);
    throw broken(at, "is of a type that is not supported (a sparse file, for example)");
  });
  parser.on("error", (error: Error) => {
    throw broken(place, `is no tar that can be read: ${error.message}`, error);
  });
  return parser;
}

function archiveEntry(entry: ReadEntry, extensions: readonly string[], at: Place): ArchiveEntry {
  const problem = extensionProblem(extensions, {
    path: entry.path,
    linkpath: entry.linkpath,
    size: entry.size,
    ...(entry.globalExtended === undefined ? {} : { global: entry.globalExtended }),
  });
  if (problem !== undefined) throw broken(at, `is ambiguous: ${problem}`);
  const type = Object.hasOwn(TYPES, entry.type) ? TYPES[entry.type] : undefined;
  if (type === undefined) throw broken(at, `is of the type ${entry.type}, which is not supported`);
  if (entry.header.size === undefined) throw broken(at, "has a size that is no number");
  // Readers disagree whether the content of anything but a file is there to be skipped.
  if (type !== "file" && entry.size > 0) {
    throw broken(at, "has content, but is no file");
  }
  return {
    name: entry.path,
    type,
    mode: entry.mode,
    seconds: entry.mtime === undefined ? undefined : entry.mtime.getTime() / 1000,
    size: entry.size,
    ...(entry.linkpath === undefined ? {} : { target: entry.linkpath }),
  };
}

function refuseCompressed(start: Buffer, place: Place): void {
  if (start[0] === 0x1f && start[1] === 0x8b) throw broken(place, "is gzip inside gzip");
}
