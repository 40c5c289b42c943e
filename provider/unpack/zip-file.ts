/**
 * The records of a zip in a verified blob: the central directory, by `yauzl`, and the local header of
 * each entry. It judges where records lie, not what they say.
 */
import { fromRandomAccessReaderPromise, type ZipFile } from "yauzl";
import { OciError, systemCode } from "../errors";
import type { Limits } from "../limits";
import type { BlobReader } from "./blob";
import type { Pace } from "./pace";
import { beyondLimit, broken, type Place } from "./problems";
import { readCentralHeader, type ZipEntry } from "./zip-central";
import { shownName } from "./zip-entry";
import { contradiction, LOCAL_HEADER_BYTES, readLocalHeader, type LocalHeader } from "./zip-local";
import { WINDOW_BYTES, ZipWindow } from "./zip-window";

const LOCAL_HEADER = "PK\x03\x04";
const END_RECORD_BYTES = 22;
const ZIP64_END_RECORD = 0x06064b50;
const ZIP64_END_RECORD_BYTES = 56;
const ZIP64_LOCATOR_BYTES = 20;

/** Headers between two looks at the clock, which cost more than a header. */
const HEADERS = 64;

/** Sizes of this value stand in the end record of zip64. */
const IN_ZIP64 = 0xffffffff;

/** An entry of the central directory, and what its local header has to say. */
export interface ZipRecord {
  readonly entry: ZipEntry;
  readonly contentStart: number;
  /** What the two say differently; undefined: nothing. */
  readonly contradiction: string | undefined;
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
    const window = new ZipWindow(blob, size);
    const zip = await fromRandomAccessReaderPromise(window, size, options);
    if (zip.entryCount > limits.entries)
      throw beyondLimit(place, limits, "entries", zip.entryCount);
    const { entries, ...bounds } = await readEntries(window, zip, pace);
    refuseOtherBounds(zip, bounds, blob, place);
    entries.sort((a, b) => a.headerStart - b.headerStart);
    const records = await withLocalHeaders(window, entries, bounds.start, place, pace);
    refuseHidden(records, bounds.start, blob, place);
    return records;
  } catch (error) {
    if (error instanceof OciError || systemCode(error) !== undefined) throw error;
    throw broken(place, `is no zip that can be read: ${(error as Error).message}`, error);
  }
}

/** In the order of the central directory, and where this ends. */
async function readEntries(
  window: ZipWindow,
  zip: ZipFile,
  pace: Pace,
): Promise<{ readonly entries: ZipEntry[]; readonly start: number; readonly end: number }> {
  const entries: ZipEntry[] = [];
  // The types call it a boolean.
  const start = Number(zip.readEntryCursor);
  let end = start;
  while (entries.length < zip.entryCount) {
    const found = readCentralHeader(window, end);
    entries.push(found.entry);
    end = found.end;
    if (entries.length % HEADERS === 0) await pace();
  }
  return { entries, start, end };
}

/**
 * The central directory has to reach to the end record, with the size that this declares: some readers
 * count from its beginning, some from its end, and no entry is hidden from either.
 */
function refuseOtherBounds(
  zip: ZipFile,
  { start, end }: { readonly start: number; readonly end: number },
  blob: BlobReader,
  place: Place,
): void {
  const endRecord = zip.fileSize - END_RECORD_BYTES - zip.comment.length;
  if (end !== endRecord && !isZip64End(blob, end, endRecord)) {
    throw broken(place, "has a central directory that does not end where it says");
  }
  const declared = blob.readAt(endRecord + 12, Buffer.alloc(4)).readUInt32LE();
  const isInZip64 = end !== endRecord && declared === IN_ZIP64;
  const found = isInZip64 ? blob.readAt(end + 40, Buffer.alloc(8)).readBigUInt64LE() : declared;
  if (Number(found) !== end - start) {
    throw broken(place, "has a central directory of another size");
  }
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
  window: ZipWindow,
  entries: readonly ZipEntry[],
  contentEnd: number,
  place: Place,
  pace: Pace,
): Promise<readonly ZipRecord[]> {
  const records: ZipRecord[] = [];
  let free = 0;
  for (const entry of entries) {
    const local = localHeader(window, entry, place);
    const { contentStart } = local;
    const end = contentStart + entry.compressedSize;
    if (entry.headerStart < free || end > contentEnd) {
      throw broken(at(entry, place), "lies upon another part of the archive");
    }
    free = end;
    records.push({ entry, contentStart, contradiction: contradiction(entry, local) });
    if (records.length % HEADERS === 0) await pace();
  }
  return records;
}

function localHeader(window: ZipWindow, entry: ZipEntry, place: Place): LocalHeader {
  try {
    return readLocalHeader(window, entry);
  } catch (error) {
    if (systemCode(error) !== undefined) throw error;
    const fact = `has no header that can be read: ${(error as Error).message}`;
    throw broken(at(entry, place), fact, error);
  }
}

function at(entry: ZipEntry, place: Place): Place {
  return { ...place, entry: shownName(entry) };
}

/** Some readers go from one local header to the next, and would see entries that the directory has not. */
function refuseHidden(
  records: readonly ZipRecord[],
  contentEnd: number,
  blob: BlobReader,
  place: Place,
): void {
  let free = 0;
  const refuse = (end: number): void => {
    if (!hasLocalHeader(blob, free, end)) return;
    throw broken(place, "has an entry that its central directory does not have");
  };
  for (const { entry, contentStart } of records) {
    refuse(entry.headerStart);
    free = contentStart + entry.compressedSize;
  }
  refuse(contentEnd);
}

/** What is too short for one is what streaming writers put behind a content, and is not looked at. */
function hasLocalHeader(blob: BlobReader, start: number, end: number): boolean {
  for (let at = start; at + LOCAL_HEADER_BYTES <= end; at += WINDOW_BYTES - LOCAL_HEADER_BYTES) {
    const bytes = blob.readAt(at, Buffer.alloc(Math.min(WINDOW_BYTES, end - at)));
    if (bytes.includes(LOCAL_HEADER)) return true;
  }
  return false;
}
