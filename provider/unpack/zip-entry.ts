/**
 * Judges what the central directory of a zip says about an entry: what it is, or why nobody can say.
 * Pure.
 *
 * Format: https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.10.TXT
 */
import { getFileNameLowLevel, type ExtraField } from "yauzl";
import type { ArchiveEntry } from "./entries";
import type { ZipEntry } from "./zip-central";
import { secondsOf } from "./zip-time";

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

/** Flags of an entry of which something cannot be read. */
export const ENCRYPTED = 0x1 | 0x40 | 0x2000;
const UTF8_NAMES = 0x800;

const UNICODE_PATH = 0x7075;

/** What is not unpacked though it is valid, or undefined; a clause about the entry. */
export function unsupportedFeature(entry: ZipEntry): string | undefined {
  if ((entry.flags & ENCRYPTED) !== 0) return "is encrypted";
  const method = entry.method;
  if (method === STORED || method === DEFLATED) return undefined;
  const name = METHODS[method];
  return `is compressed by method ${method}${name === undefined ? "" : ` (${name})`}`;
}

/**
 * The name as everybody sees it: UTF-8 where it is, whatever the flag (most tools set it for names
 * beyond ASCII only, some never), else the code page of the format. Undefined for two names in one.
 */
export function nameOf(entry: ZipEntry): string | undefined {
  const { rawName, flags, extraFields } = entry;
  const utf8 = shownName(entry);
  const isUtf8 = (flags & UTF8_NAMES) !== 0 || !utf8.includes("\ufffd");
  const name = isUtf8 ? utf8 : getFileNameLowLevel(0, Buffer.from(rawName, "latin1"), [], true);
  return hasOtherName(rawName, extraFields, name) ? undefined : name;
}

/** The name as messages show it, which need not be right. */
export function shownName({ rawName }: ZipEntry): string {
  const isAscii = /^[\0-\x7f]*$/.test(rawName);
  return isAscii ? rawName : Buffer.from(rawName, "latin1").toString("utf8");
}

/** Whether a field that Info-ZIP knows gives the entry another name. */
export function hasOtherName(
  rawName: string,
  fields: readonly ExtraField[],
  name: string,
): boolean {
  if (!fields.some(({ id }) => id === UNICODE_PATH)) return false;
  const bytes = Buffer.from(rawName, "latin1");
  const second = getFileNameLowLevel(0, bytes, [...fields], true);
  // Without a name of its own the field yields the bytes in the code page.
  return second !== name && second !== getFileNameLowLevel(0, bytes, [], true);
}

/** Kind, mode and time; a clause on the entry where they contradict each other. */
export function factsOf(
  entry: ZipEntry,
  name: string,
): Pick<ArchiveEntry, "type" | "mode" | "seconds"> | string {
  const mode = UNIX_MAKERS.has(entry.versionMadeBy >> 8) ? entry.attributes >>> 16 : 0;
  const declared = TYPES[mode & TYPE_BITS] ?? "special";
  const isDirectory =
    name.endsWith("/") ||
    ((mode & TYPE_BITS) === 0 && (entry.attributes & DIRECTORY_ATTRIBUTE) !== 0);
  if (isDirectory && declared !== "directory" && (mode & TYPE_BITS) !== 0) {
    return "has the name of a directory and the mode of something else";
  }
  const type = isDirectory ? "directory" : declared;
  if (type !== "file" && type !== "symlink" && entry.uncompressedSize > 0) {
    return "has content, but is no file";
  }
  return { type, mode: mode === 0 ? undefined : mode, seconds: secondsOf(entry) };
}
