/**
 * The local header of an entry, which stands in front of its content: reads it, and compares it with the
 * central directory. Where two readers could see different things it says so; refusing is for others.
 *
 * Format: https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.10.TXT, 4.3.7
 */
import type { ExtraField } from "yauzl";
import type { ZipEntry } from "./zip-central";
import { ENCRYPTED, hasOtherName, nameOf } from "./zip-entry";
import type { ZipWindow } from "./zip-window";

const SIGNATURE = 0x04034b50;

/** Of a header without name and extra field. */
export const LOCAL_HEADER_BYTES = 30;

const SIZES_FOLLOW = 0x8;

/** Sizes of this value stand in the extra field of zip64. */
const IN_ZIP64 = 0xffffffff;
const ZIP64 = 0x0001;

/** What a local header says. */
export interface LocalHeader {
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  /** A character for each byte, whatever they mean. */
  readonly rawName: string;
  /** Bytes of the window. */
  readonly extra: Buffer;
  readonly contentStart: number;
}

/** The header where the entry says that it is; holds until the window moves. Throws plain errors. */
export function readLocalHeader(window: ZipWindow, entry: ZipEntry): LocalHeader {
  const { bytes, view } = window;
  const { headerStart } = entry;
  let at = window.find(headerStart, LOCAL_HEADER_BYTES);
  if (view.getUint32(at, true) !== SIGNATURE) throw new Error("its place has no local file header");
  const nameLength = view.getUint16(at + 26, true);
  const length = LOCAL_HEADER_BYTES + nameLength + view.getUint16(at + 28, true);
  const contentStart = headerStart + length;
  if (contentStart + entry.compressedSize > window.size) {
    throw new Error("the content overflows the archive");
  }
  at = window.find(headerStart, length);
  const nameStart = at + LOCAL_HEADER_BYTES;
  return {
    flags: view.getUint16(at + 6, true),
    method: view.getUint16(at + 8, true),
    crc32: view.getUint32(at + 14, true),
    compressedSize: view.getUint32(at + 18, true),
    uncompressedSize: view.getUint32(at + 22, true),
    rawName: bytes.toString("latin1", nameStart, nameStart + nameLength),
    extra: bytes.subarray(nameStart + nameLength, at + length),
    contentStart,
  };
}

/** Where the local header says something else than the central directory; undefined: nowhere. */
export function contradiction(entry: ZipEntry, local: LocalHeader): string | undefined {
  if (local.rawName !== entry.rawName) return "name";
  const fields = extraFieldsOf(local.extra);
  const name = fields.length === 0 ? undefined : nameOf(entry);
  if (name !== undefined && hasOtherName(local.rawName, fields, name)) return "name";
  if (local.method !== entry.method) return "method of compression";
  if ((local.flags & ENCRYPTED) !== 0) return "encryption";
  const sizes = sizesOf(local, fields);
  if (sizes === undefined) return "size";
  // Who writes a stream leaves out what it cannot know yet: some all three, Info-ZIP not the size of a file.
  const mayFollow = (local.flags & SIZES_FOLLOW) !== 0;
  const differs = (said: number, known: number): boolean =>
    said !== known && !(mayFollow && said === 0);
  if (differs(local.crc32, entry.crc32)) return "checksum";
  const isOther =
    differs(sizes.compressedSize, entry.compressedSize) ||
    differs(sizes.uncompressedSize, entry.uncompressedSize);
  return isOther ? "size" : undefined;
}

type Sizes = Pick<LocalHeader, "compressedSize" | "uncompressedSize">;

/** Local headers of zip64 have both sizes in the extra field, the uncompressed one first. */
function sizesOf(local: LocalHeader, fields: readonly ExtraField[]): Sizes | undefined {
  if (local.compressedSize !== IN_ZIP64 && local.uncompressedSize !== IN_ZIP64) return local;
  const found = fields.find(({ id, data }) => id === ZIP64 && data.length >= 16);
  return (
    found && {
      uncompressedSize: Number(found.data.readBigUInt64LE(0)),
      compressedSize: Number(found.data.readBigUInt64LE(8)),
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
