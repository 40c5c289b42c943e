/**
 * Packs a source as zip: entries in their order, one time for all, files deflated. It hashes each file
 * while it flows by, and holds a few chunks and the central directory.
 */
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import type { TreeEntry } from "../types";
import { deflate, tallied, type Tally } from "./deflate";
import { hashed, treeEntry, type PackOptions, type PackedTree } from "./packed-tree";
import { readContent } from "./read-content";
import type { Source, SourceEntry } from "./source";
import { spool } from "./spool";
import {
  centralHeader,
  dataDescriptor,
  endRecords,
  isDeflated,
  localHeader,
  type ZipContent,
} from "./zip-records";

/** @throws OciError INVALID_INPUT where a file is not what it was when it was listed; STORE, CANCELLED */
export async function packZip(source: Source, options: PackOptions): Promise<PackedTree> {
  const entries: TreeEntry[] = [];
  const blob = await spool(options.staging, zipOf(source, options, entries));
  return Object.freeze({ blob, entries: Object.freeze(entries) });
}

/** What is being written. */
interface Draft {
  /** Bytes so far. */
  position: number;
  readonly central: Buffer[];
  readonly found: TreeEntry[];
}

async function* zipOf(
  { directory, entries }: Source,
  options: PackOptions,
  found: TreeEntry[],
): AsyncGenerator<Buffer, void> {
  const draft: Draft = { position: 0, central: [], found };
  for (const entry of entries) {
    for await (const chunk of entryOf(directory, entry, options, draft)) {
      draft.position += chunk.length;
      yield chunk;
    }
  }
  const bytes = draft.central.reduce((sum, { length }) => sum + length, 0);
  yield* draft.central;
  yield endRecords(entries.length, bytes, draft.position);
}

async function* entryOf(
  directory: string,
  source: SourceEntry,
  { seconds, signal }: PackOptions,
  draft: Draft,
): AsyncGenerator<Buffer, void> {
  const entry = treeEntry(source);
  const header = { ...entry, seconds };
  const offset = draft.position;
  // A link is kept as a content: its target.
  const isFile = entry.type === "file";
  const target = Buffer.from(entry.target ?? "");
  const plain = hashed(isFile ? readContent(directory, source, signal) : Readable.from([target]));
  const tally: Tally = { crc: 0, bytes: 0 };
  let content: ZipContent;
  if (isDeflated(header)) {
    yield localHeader(header);
    let compressedBytes = 0;
    for await (const chunk of deflate(tallied(plain.chunks, tally), entry.size)) {
      compressedBytes += chunk.length;
      yield chunk;
    }
    content = { crc: tally.crc, compressedBytes };
    yield dataDescriptor(header, content);
  } else {
    const pieces: Buffer[] = [];
    for await (const chunk of plain.chunks) pieces.push(chunk);
    const stored = Buffer.concat(pieces);
    content = { crc: crc32(stored), compressedBytes: stored.length };
    yield Buffer.concat([localHeader(header, content), stored]);
  }
  draft.central.push(centralHeader(header, content, offset));
  draft.found.push(isFile ? { ...entry, sha256: plain.sha256() } : entry);
}
