/**
 * Judges the records of a zip: what the central directory says about an entry, and whether the local
 * header in front of its content says the same. Where two readers could see different things the
 * archive is refused. Pure.
 *
 * Format: https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.10.TXT
 */
import { getFileNameLowLevel, type Entry, type ExtraField, type LocalFileHeader } from "yauzl";
import type { ArchiveEntry } from "./entries";

export const STORED = 0;
export const DEFLATED = 8;

/** Methods that other tools write, by the names people know. */
const METHODS: Readonly<Record<number, string>> = {
  6: "implode",
  9: "deflate64",
  12: "bzip2",
  14: "LZMA",
  93: "zstd",
  95: "xz",
  98: "PPMd",
  99: "AES encryption",
};

/** https://www.man7.org/linux/man-pages/man7/inode.7.html */
const TYPE_BITS = 0o170000;
const TYPES: Readonly<Record<number, ArchiveEntry["type"]>> = {
  0: "file",
  0o100000: "file",
  0o040000: "directory",
  0o120000: "symlink",
};

/** Makers of archives whose upper attribute bits are a Unix mode: Unix and macOS. */
const UNIX_MAKERS = new Set([3, 19]);

/** MS-DOS's bit for a directory, which all makers set. */
const DIRECTORY_ATTRIBUTE = 0x10;

const ENCRYPTED = 0x1 | 0x40 | 0x2000;
const SIZES_FOLLOW = 0x8;
const UTF8_NAMES = 0x800;

/** Sizes of this value stand in the extra field of zip64. */
const IN_ZIP64 = 0xffffffff;
const ZIP64 = 0x0001;
const UNICODE_PATH = 0x7075;

/** What is not unpacked though it is valid, or undefined; a clause about the entry. */
export function unsupportedFeature(entry: Entry): string | undefined {
  if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0) return "is encrypted";
  const method = entry.compressionMethod;
  if (method === STORED || method === DEFLATED) return undefined;
  const name = METHODS[method];
  return `is compressed by method ${method}${name === undefined ? "" : ` (${name})`}`;
}

/**
 * The name as everybody sees it: UTF-8 where it is, whatever the flag (most tools set it for names
 * beyond ASCII only, some never), else the code page of the format. Undefined for two names in one.
 */
export function nameOf(entry: Entry): string | undefined {
  const bytes = entry.fileNameRaw;
  const utf8 = bytes.toString("utf8");
  const isUtf8 = (entry.generalPurposeBitFlag & UTF8_NAMES) !== 0 || !utf8.includes("\ufffd");
  const name = isUtf8 ? utf8 : getFileNameLowLevel(0, bytes, [], true);
  return hasOtherName(bytes, entry.extraFields, name) ? undefined : name;
}

/** Whether a field that Info-ZIP knows gives the entry another name. */
function hasOtherName(bytes: Buffer, fields: readonly ExtraField[], name: string): boolean {
  if (!fields.some(({ id }) => id === UNICODE_PATH)) return false;
  const second = getFileNameLowLevel(0, bytes, [...fields], true);
  // Without a name of its own the field yields the bytes in the code page.
  return second !== name && second !== getFileNameLowLevel(0, bytes, [], true);
}

/** Kind, mode and time; a clause on the entry where they contradict each other. */
export function factsOf(
  entry: Entry,
  name: string,
): Pick<ArchiveEntry, "type" | "mode" | "seconds"> | string {
  const mode = UNIX_MAKERS.has(entry.versionMadeBy >> 8) ? entry.externalFileAttributes >>> 16 : 0;
  const declared = TYPES[mode & TYPE_BITS] ?? "special";
  const isDirectory =
    name.endsWith("/") ||
    ((mode & TYPE_BITS) === 0 && (entry.externalFileAttributes & DIRECTORY_ATTRIBUTE) !== 0);
  if (isDirectory && declared !== "directory" && (mode & TYPE_BITS) !== 0) {
    return "has the name of a directory and the mode of something else";
  }
  const type = isDirectory ? "directory" : declared;
  if (type !== "file" && type !== "symlink" && entry.uncompressedSize > 0) {
    return "has content, but is no file";
  }
  // Times without a zone are taken for UTC: the same on every machine.
  const seconds = entry.getLastModDate({ timezone: "UTC" }).getTime() / 1000;
  return { type, mode: mode === 0 ? undefined : mode, seconds };
}

/** Where the local header says something else than the central directory; undefined: nowhere. */
export function contradiction(entry: Entry, local: LocalFileHeader): string | undefined {
  if (!local.fileName.equals(entry.fileNameRaw)) return "name";
  const fields = extraFieldsOf(local.extraField);
  const name = nameOf(entry);
  if (name !== undefined && hasOtherName(local.fileName, fields, name)) return "name";
  if (local.compressionMethod !== entry.compressionMethod) return "method of compression";
  const flags = local.generalPurposeBitFlag;
  if ((flags & ENCRYPTED) !== 0) return "encryption";
  const sizes = localSizes(local, fields);
  if (sizes === undefined) return "size";
  // Who writes a stream leaves out what it cannot know yet: some all three, Info-ZIP not the size of a file.
  const mayFollow = (flags & SIZES_FOLLOW) !== 0;
  const differs = (said: number, known: number): boolean =>
    said !== known && !(mayFollow && said === 0);
  if (differs(local.crc32, entry.crc32)) return "checksum";
  const isOther =
    differs(sizes.compressed, entry.compressedSize) ||
    differs(sizes.uncompressed, entry.uncompressedSize);
  return isOther ? "size" : undefined;
}

interface Sizes {
  readonly compressed: number;
  readonly uncompressed: number;
}

/** Local headers of zip64 have both sizes in the extra field, the uncompressed one first. */
function localSizes(local: LocalFileHeader, fields: readonly ExtraField[]): Sizes | undefined {
  const { compressedSize, uncompressedSize } = local;
  if (compressedSize !== IN_ZIP64 && uncompressedSize !== IN_ZIP64) {
    return { compressed: compressedSize, uncompressed: uncompressedSize };
  }
  const found = fields.find(({ id, data }) => id === ZIP64 && data.length >= 16);
  return (
    found && {
      uncompressed: Number(found.data.readBigUInt64LE(0)),
      compressed: Number(found.data.readBigUInt64LE(8)),
    }
  );
}

/** All that are whole: some tools fill a local header up with bytes that are no field. */
function extraFieldsOf(bytes: Buffer): readonly ExtraField[] {
  const fields: ExtraField[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt16LE(at + 2);
    if (end > bytes.length) break;
    fields.push({ id: bytes.readUInt16LE(at), data: bytes.subarray(at + 4, end) });
    at = end;
  }
  return fields;
}
