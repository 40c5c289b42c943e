/**
 * The records of a zip in a verified blob, by `yauzl`: the central directory, and the local header of
 * each entry. It judges where records lie, not what they say.
 */
import { RandomAccessReader, fromRandomAccessReaderPromise } from "yauzl";
import type { Entry, LocalFileHeader, ZipFile } from "yauzl";
import { OciError, systemCode } from "../errors";
import type { Limits } from "../limits";
import type { BlobReader } from "./blob";
import type { Pace } from "./pace";
import { beyondLimit, broken, type Place } from "./problems";

/** Read at once: local headers and small contents follow each other. */
const WINDOW_BYTES = 256 * 1024;

const LOCAL_HEADER = "PK\x03\x04";
const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER_BYTES = 46;
const END_RECORD_BYTES = 22;
const ZIP64_END_RECORD = 0x06064b50;
const ZIP64_END_RECORD_BYTES = 56;
const ZIP64_LOCATOR_BYTES = 20;

/** Sizes of this value stand in the end record of zip64. */
const IN_ZIP64 = 0xffffffff;

/** An entry of the central directory, and what stands in front of its content. */
export interface ZipRecord {
  readonly entry: Entry;
  readonly local: LocalFileHeader;
}

/**
 * All entries, in the order of their content, of which none lies upon another.
 *
 * @throws OciError BAD_ARCHIVE, LIMIT_EXCEEDED for `entries`
 */
export async function zipRecords(
  blob: BlobReader,
  place: Place,
  { limits, pace }: { readonly limits: Limits; readonly pace: Pace },
): Promise<readonly ZipRecord[]> {
  const { size } = place.layer.descriptor;
  const options = { decodeStrings: false, autoClose: false };
  try {
    const zip = await fromRandomAccessReaderPromise(new WindowReader(blob, size), size, options);
    if (zip.entryCount > limits.entries)
      throw beyondLimit(place, limits, "entries", zip.entryCount);
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) {
      entries.push(entry);
      await pace();
    }
    const contentEnd = centralStart(zip, entries, blob, place);
    entries.sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
    const records = await withLocalHeaders(zip, entries, contentEnd, place, pace);
    refuseHidden(records, contentEnd, blob, place);
    return records;
  } catch (error) {
    if (error instanceof OciError || systemCode(error) !== undefined) throw error;
    throw broken(place, `is no zip that can be read: ${(error as Error).message}`, error);
  }
}

/**
 * Where the central directory begins, which has to reach to the end record, with the size that this
 * declares: some readers count from its beginning, some from its end, and no entry is hidden from either.
 */
function centralStart(
  zip: ZipFile,
  entries: readonly Entry[],
  blob: BlobReader,
  place: Place,
): number {
  // The types call it a boolean.
  const end = Number(zip.readEntryCursor);
  const endRecord = zip.fileSize - END_RECORD_BYTES - zip.comment.length;
  if (end !== endRecord && !isZip64End(blob, end, endRecord)) {
    throw broken(place, "has a central directory that does not end where it says");
  }
  const lengths = entries.map(
    (entry) =>
      CENTRAL_HEADER_BYTES +
      entry.fileNameLength +
      entry.extraFieldLength +
      entry.fileCommentLength,
  );
  const size = lengths.reduce((sum, length) => sum + length, 0);
  const declared = blob.readAt(endRecord + 12, Buffer.alloc(4)).readUInt32LE();
  const isInZip64 = end !== endRecord && declared === IN_ZIP64;
  const found = isInZip64 ? blob.readAt(end + 40, Buffer.alloc(8)).readBigUInt64LE() : declared;
  if (Number(found) !== size) throw broken(place, "has a central directory of another size");
  return end - size;
}

/** Whether the end record of zip64 lies at `end`, its locator leads there, and nothing else follows. */
function isZip64End(blob: BlobReader, end: number, endRecord: number): boolean {
  const locator = endRecord - ZIP64_LOCATOR_BYTES;
  if (end + ZIP64_END_RECORD_BYTES > locator) return false;
  const record = blob.readAt(end, Buffer.alloc(12));
  const leadsTo = blob.readAt(locator + 8, Buffer.alloc(8)).readBigUInt64LE();
  return (
    record.readUInt32LE() === ZIP64_END_RECORD &&
    end + 12 + Number(record.readBigUInt64LE(4)) === locator &&
    Number(leadsTo) === end
  );
}

async function withLocalHeaders(
  zip: ZipFile,
  entries: readonly Entry[],
  contentEnd: number,
  place: Place,
  pace: Pace,
): Promise<readonly ZipRecord[]> {
  const records: ZipRecord[] = [];
  let free = 0;
  for (const entry of entries) {
    const at = { ...place, entry: entry.fileNameRaw.toString() };
    const local = await zip.readLocalFileHeaderPromise(entry).catch((error: unknown) => {
      throw broken(at, `has no header that can be read: ${(error as Error).message}`, error);
    });
    const end = local.fileDataStart + entry.compressedSize;
    if (entry.relativeOffsetOfLocalHeader < free || end > contentEnd) {
      throw broken(at, "lies upon another part of the archive");
    }
    free = end;
    records.push({ entry, local });
    await pace();
  }
  return records;
}

/** Some readers go from one local header to the next, and would see entries that the directory has not. */
function refuseHidden(
  records: readonly ZipRecord[],
  contentEnd: number,
  blob: BlobReader,
  place: Place,
): void {
  const starts = [...records.map(({ entry }) => entry.relativeOffsetOfLocalHeader), contentEnd];
  for (const [index, next] of starts.entries()) {
    const before = records[index - 1];
    const end = before ? before.local.fileDataStart + before.entry.compressedSize : 0;
    if (!hasLocalHeader(blob, end, next)) continue;
    throw broken(place, "has an entry that its central directory does not have");
  }
}

/** What is too short for one is what streaming writers put behind a content, and is not looked at. */
function hasLocalHeader(blob: BlobReader, start: number, end: number): boolean {
  for (let at = start; at + LOCAL_HEADER_BYTES <= end; at += WINDOW_BYTES - LOCAL_HEADER_BYTES) {
    const bytes = blob.readAt(at, Buffer.alloc(Math.min(WINDOW_BYTES, end - at)));
    if (bytes.includes(LOCAL_HEADER)) return true;
  }
  return false;
}

/** Bytes at any place, mostly without asking the disk. */
class WindowReader extends RandomAccessReader {
  readonly #blob: BlobReader;
  readonly #size: number;
  readonly #buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  #window: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(blob: BlobReader, size: number) {
    super();
    this.#blob = blob;
    this.#size = size;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    // The disk knows no such place, and would call it by other words.
    if (position < 0 || position > this.#size) {
      callback(new Error("it was cut off"));
      return;
    }
    let bytes: Buffer;
    try {
      bytes = this.#at(position, length);
    } catch (error) {
      callback(error as Error);
      return;
    }
    bytes.copy(buffer, offset);
    callback(bytes.length < length ? new Error("it was cut off") : null);
  }

  #at(position: number, length: number): Buffer {
    if (length > WINDOW_BYTES) return this.#blob.readAt(position, Buffer.alloc(length));
    if (position < this.#start || position + length > this.#start + this.#window.length) {
      this.#start = position;
      this.#window = this.#blob.readAt(position, this.#buffer);
    }
    const start = position - this.#start;
    return this.#window.subarray(start, start + length);
  }
}
