/**
 * The records of a zip, made by Unix, with names in UTF-8 and times in UTC; zip64 where a number does
 * not fit. The same entries always give the same bytes. Pure.
 *
 * Format: https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.10.TXT
 */
import type { TreeEntry } from "../types";

const STORED = 0;
const DEFLATED = 8;

/** Sizes and checksum stand behind the content, which is written while it is read. */
const SIZES_FOLLOW = 0x8;
const UTF8_NAMES = 0x800;

const MADE_BY_UNIX = 3 << 8;
const NEEDS_DEFLATE = 20;
const NEEDS_ZIP64 = 45;

const TYPE_BITS = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const;
const DIRECTORY_ATTRIBUTE = 0x10;

const MOST_16 = 0xffff;
const MOST_32 = 0xffffffff;

/** From this size on, an entry is written as one of zip64: deflating may add to it. */
const ZIP64_BYTES = 0xf0000000;

/** 1980-01-01 and the end of 2107, which bound what MS-DOS can say. */
const FIRST_SECONDS = 315_532_800;
const LAST_SECONDS = 4_354_819_199;

/** What is known of an entry before its content is read. */
export interface ZipEntry extends Pick<TreeEntry, "path" | "type" | "mode" | "size"> {
  /** Since 1970. */
  readonly seconds: number;
}

/** What is known behind it. */
export interface ZipContent {
  readonly crc: number;
  readonly compressedBytes: number;
}

const NO_CONTENT: ZipContent = { crc: 0, compressedBytes: 0 };

/** Whether the content is deflated, and its sizes stand behind it. */
export function isDeflated({ type, size }: ZipEntry): boolean {
  return type === "file" && size > 0;
}

/** In front of the content. @param stored - of an entry that is not deflated */
export function localHeader(entry: ZipEntry, stored: ZipContent = NO_CONTENT): Buffer {
  const isZip64 = isHuge(entry);
  const sizes = new Numbers();
  // Zeros, because the true ones follow; the mark of zip64 has to be there all the same.
  if (isZip64) sizes.uint16(1).uint16(16).uint64(0).uint64(0);
  const size = isDeflated(entry) ? 0 : stored.compressedBytes;
  const bytes = new Numbers()
    .uint32(0x04034b50)
    .append(commonFields(entry))
    .uint32(stored.crc)
    .uint32(isZip64 ? MOST_32 : size)
    .uint32(isZip64 ? MOST_32 : size)
    .uint16(nameOf(entry).length)
    .uint16(sizes.bytes.length);
  return Buffer.concat([bytes.bytes, nameOf(entry), sizes.bytes]);
}

/** Behind a deflated content. */
export function dataDescriptor(entry: ZipEntry, { crc, compressedBytes }: ZipContent): Buffer {
  const record = new Numbers().uint32(0x08074b50).uint32(crc);
  return isHuge(entry)
    ? record.uint64(compressedBytes).uint64(entry.size).bytes
    : record.uint32(compressedBytes).uint32(entry.size).bytes;
}

/** The record of the central directory. @param offset - of the local header */
export function centralHeader(entry: ZipEntry, content: ZipContent, offset: number): Buffer {
  const size = isDeflated(entry) ? entry.size : content.compressedBytes;
  const isFar = offset >= MOST_32;
  const extra = new Numbers();
  if (isHuge(entry)) extra.uint64(size).uint64(content.compressedBytes);
  if (isFar) extra.uint64(offset);
  const extraBytes = extra.bytes.length === 0 ? 0 : extra.bytes.length + 4;
  const isDirectory = entry.type === "directory";
  const mode = (TYPE_BITS[entry.type] | entry.mode) * 0x10000;
  const record = new Numbers()
    .uint32(0x02014b50)
    .uint16(MADE_BY_UNIX | NEEDS_ZIP64)
    .append(commonFields(entry, isFar))
    .uint32(content.crc)
    .uint32(isHuge(entry) ? MOST_32 : content.compressedBytes)
    .uint32(isHuge(entry) ? MOST_32 : size)
    .uint16(nameOf(entry).length)
    .uint16(extraBytes)
    .uint16(0)
    .uint16(0)
    .uint16(0)
    .uint32(mode + (isDirectory ? DIRECTORY_ATTRIBUTE : 0))
    .uint32(isFar ? MOST_32 : offset)
    .append(nameOf(entry));
  if (extraBytes > 0) record.uint16(1).uint16(extra.bytes.length).append(extra.bytes);
  return record.bytes;
}

/** Ends the archive. @param start - where the central directory begins, of so many bytes */
export function endRecords(count: number, bytes: number, start: number): Buffer {
  const records = new Numbers();
  if (count >= MOST_16 || bytes >= MOST_32 || start >= MOST_32) {
    records
      .append(
        new Numbers()
          .uint32(0x06064b50)
          .uint64(44)
          .uint16(MADE_BY_UNIX | NEEDS_ZIP64).bytes,
      )
      .append(new Numbers().uint16(NEEDS_ZIP64).uint32(0).uint32(0).bytes)
      .append(new Numbers().uint64(count).uint64(count).uint64(bytes).uint64(start).bytes)
      .append(
        new Numbers()
          .uint32(0x07064b50)
          .uint32(0)
          .uint64(start + bytes)
          .uint32(1).bytes,
      );
  }
  const shown = Math.min(count, MOST_16);
  return records
    .append(new Numbers().uint32(0x06054b50).uint16(0).uint16(0).uint16(shown).uint16(shown).bytes)
    .append(new Numbers().uint32(Math.min(bytes, MOST_32)).uint32(Math.min(start, MOST_32)).bytes)
    .uint16(0).bytes;
}

/** From "version needed" to the time: the same in both headers. */
function commonFields(entry: ZipEntry, isFar = false): Buffer {
  return new Numbers()
    .uint16(isHuge(entry) || isFar ? NEEDS_ZIP64 : NEEDS_DEFLATE)
    .uint16(UTF8_NAMES | (isDeflated(entry) ? SIZES_FOLLOW : 0))
    .uint16(isDeflated(entry) ? DEFLATED : STORED)
    .uint32(dosTime(entry.seconds)).bytes;
}

function isHuge({ size }: ZipEntry): boolean {
  return size >= ZIP64_BYTES;
}

function nameOf({ path, type }: ZipEntry): Buffer {
  return Buffer.from(type === "directory" ? `${path}/` : path);
}

/** Date in the upper half, time in steps of two seconds in the lower. In UTC, wherever it runs. */
function dosTime(seconds: number): number {
  const bounded = Math.min(Math.max(seconds, FIRST_SECONDS), LAST_SECONDS);
  const time = new Date(bounded * 1000);
  const date =
    ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const clock =
    (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return date * 0x10000 + clock;
}

/** Little-endian numbers, one behind the other. */
class Numbers {
  readonly #pieces: Buffer[] = [];

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  append(bytes: Buffer): this {
    this.#pieces.push(bytes);
    return this;
  }

  uint16(value: number): this {
    const piece = Buffer.alloc(2);
    piece.writeUInt16LE(value);
    return this.append(piece);
  }

  uint32(value: number): this {
    const piece = Buffer.alloc(4);
    piece.writeUInt32LE(value);
    return this.append(piece);
  }

  uint64(value: number): this {
    const piece = Buffer.alloc(8);
    piece.writeBigUInt64LE(BigInt(value));
    return this.append(piece);
  }
}
