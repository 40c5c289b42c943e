/**
 * The central directory of a zip: reads its headers, one after the other. Where the directory lies is
 * for `yauzl`, what its entries say for zip-entry.ts; it throws plain errors, with half a sentence.
 *
 * Format: https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.10.TXT, 4.3.12
 */
import { parseExtraFields, type ExtraField } from "yauzl";
import { ENCRYPTED, STORED } from "./zip-entry";
import type { ZipWindow } from "./zip-window";

const SIGNATURE = 0x02014b50;

/** Of a header without name, extra field and comment. */
const CENTRAL_HEADER_BYTES = 46;

/** Numbers of this value stand in the extra field of zip64. */
const IN_ZIP64 = 0xffffffff;
const ZIP64 = 0x0001;

/** An entry as the central directory describes it. */
export interface ZipEntry {
  readonly versionMadeBy: number;
  readonly flags: number;
  readonly method: number;
  /** As MS-DOS has them. */
  readonly time: number;
  readonly date: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly attributes: number;
  /** Where its local header is. */
  readonly headerStart: number;
  /** A character for each byte, whatever they mean. */
  readonly rawName: string;
  readonly extraFields: readonly ExtraField[];
}

/** The entry whose header is at `position`, and where the next header begins. */
export function readCentralHeader(
  window: ZipWindow,
  position: number,
): { readonly entry: ZipEntry; readonly end: number } {
  const { view } = window;
  let at = window.find(position, CENTRAL_HEADER_BYTES);
  if (view.getUint32(at, true) !== SIGNATURE) {
    throw new Error("its central directory has something else than headers");
  }
  const nameLength = view.getUint16(at + 28, true);
  const extraLength = view.getUint16(at + 30, true);
  const length = CENTRAL_HEADER_BYTES + nameLength + extraLength + view.getUint16(at + 32, true);
  at = window.find(position, length);
  const nameStart = at + CENTRAL_HEADER_BYTES;
  const rawName = window.bytes.toString("latin1", nameStart, nameStart + nameLength);
  const extraFields =
    extraLength === 0
      ? []
      : parseExtraFields(
          Buffer.from(
            window.bytes.subarray(nameStart + nameLength, nameStart + nameLength + extraLength),
          ),
        );
  const entry = {
    versionMadeBy: view.getUint16(at + 4, true),
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    time: view.getUint16(at + 12, true),
    date: view.getUint16(at + 14, true),
    crc32: view.getUint32(at + 16, true),
    compressedSize: view.getUint32(at + 20, true),
    uncompressedSize: view.getUint32(at + 24, true),
    attributes: view.getUint32(at + 38, true),
    headerStart: view.getUint32(at + 42, true),
    rawName,
    extraFields,
  };
  return { entry: checked(withZip64(entry)), end: position + length };
}

/** With the numbers of zip64: those of the three that have no room in the header, in this order. */
function withZip64(entry: ZipEntry): ZipEntry {
  const { uncompressedSize, compressedSize, headerStart } = entry;
  if (Math.max(uncompressedSize, compressedSize, headerStart) < IN_ZIP64) return entry;
  const data = entry.extraFields.find(({ id }) => id === ZIP64)?.data;
  if (data === undefined) return entry;
  let at = 0;
  const number = (found: number): number => {
    if (found !== IN_ZIP64) return found;
    at += 8;
    if (at > data.length) throw new Error("an extra field of zip64 is cut off");
    return Number(data.readBigUInt64LE(at - 8));
  };
  return {
    ...entry,
    uncompressedSize: number(uncompressedSize),
    compressedSize: number(compressedSize),
    headerStart: number(headerStart),
  };
}

/** What is encrypted may be longer, and is refused later. */
function checked(entry: ZipEntry): ZipEntry {
  const { method, flags, compressedSize, uncompressedSize } = entry;
  const isPlain = method === STORED && (flags & ENCRYPTED) === 0;
  if (!isPlain || compressedSize === uncompressedSize) return entry;
  throw new Error(
    `it has a size mismatch, of a stored file: ${compressedSize} and ${uncompressedSize}`,
  );
}
