/**
 * Inflates the small contents of a zip many at a time: one by one, what is made for each costs more than
 * its inflating. What does not come out exactly as declared is not there, and nothing is judged here:
 * who reads a content by itself says what is wrong with it.
 *
 * A deflated content between a header and the checksum and size that its archive declares is a member of
 * a gzip, and members one after the other are a gzip, which Node inflates and checks in one call.
 * https://www.rfc-editor.org/rfc/rfc1952#section-2.2
 */
import { gunzipSync } from "node:zlib";
import type { BlobReader } from "./blob";
import { DEFLATED } from "./zip-entry";
import type { ZipRecord } from "./zip-file";

/** What is read, and what is inflated, at once: more is no faster. */
const RUN_BYTES = 256 * 1024;

/** Nothing but what each member begins with: https://www.rfc-editor.org/rfc/rfc1952#section-2.3 */
const HEADER = Buffer.from("1f8b08000000000000ff", "hex");
const HEADER_START = HEADER.subarray(0, 3);
const TRAILER_BYTES = 8;
const FRAME_BYTES = HEADER.length + TRAILER_BYTES;

/** Records that follow each other, of which the small contents are inflated together. */
export function* runsOf(records: readonly ZipRecord[]): Generator<readonly ZipRecord[], void> {
  let run: ZipRecord[] = [];
  let start = 0;
  let bytes = 0;
  for (const record of records) {
    const { entry, contentStart } = record;
    const end = contentStart + entry.compressedSize;
    bytes += entry.uncompressedSize;
    if (run.length > 0 && (bytes > RUN_BYTES || end - start > RUN_BYTES)) {
      yield run;
      run = [];
    }
    if (run.length === 0) {
      start = contentStart;
      bytes = entry.uncompressedSize;
    }
    run.push(record);
  }
  if (run.length > 0) yield run;
}

/** The contents of a run that are exactly what was declared, as far as they can be found together. */
export function contentsOf(
  blob: BlobReader,
  run: readonly ZipRecord[],
): ReadonlyMap<ZipRecord, Buffer> {
  const contents = new Map<ZipRecord, Buffer>();
  const members = run.filter(isMember);
  if (members.length < 2) return contents;
  const inflated = inflateMembers(blob, members);
  if (inflated === undefined) return contents;
  let end = 0;
  for (const record of members) {
    const start = end;
    end += record.entry.uncompressedSize;
    contents.set(record, inflated.subarray(start, end));
  }
  return contents;
}

/** Of nothing there is nothing to inflate, and what is proven below is not proven of it. */
function isMember({ entry }: ZipRecord): boolean {
  const { method, compressedSize, uncompressedSize } = entry;
  const most = Math.max(compressedSize, uncompressedSize);
  return method === DEFLATED && uncompressedSize > 0 && most <= RUN_BYTES;
}

/** The members as one gzip. Contents move to the front: a local header is longer than header and trailer. */
function packed(blob: BlobReader, members: readonly ZipRecord[]): Buffer {
  const first = members[0]?.contentStart ?? 0;
  const last = members.at(-1);
  const span = last === undefined ? 0 : last.contentStart + last.entry.compressedSize - first;
  const bytes = Buffer.allocUnsafe(FRAME_BYTES + span);
  blob.readAt(first, bytes.subarray(HEADER.length, HEADER.length + span));
  let end = 0;
  for (const { entry, contentStart } of members) {
    const { compressedSize, uncompressedSize, crc32 } = entry;
    const start = HEADER.length + contentStart - first;
    bytes.copyWithin(end + HEADER.length, start, start + compressedSize);
    bytes.set(HEADER, end);
    end = bytes.writeUInt32LE(crc32, end + HEADER.length + compressedSize);
    end = bytes.writeUInt32LE(uncompressedSize, end);
  }
  return bytes.subarray(0, end);
}

/** Whether nothing in it looks like the beginning of a member but where one begins. */
function hasNoOtherMember(gzip: Buffer, members: readonly ZipRecord[]): boolean {
  let start = 0;
  for (const { entry } of members) {
    const end = start + FRAME_BYTES + entry.compressedSize;
    if (gzip.indexOf(HEADER_START, start + 1) !== (end === gzip.length ? -1 : end)) return false;
    start = end;
  }
  return true;
}

/**
 * All contents one after the other; undefined unless each of them ends where its archive says, and has
 * the size and the checksum.
 *
 * Node stops at a member whose trailer does not fit what came out of it. So that no content passes for
 * two, or two for one: members begin nowhere but at our headers, hence end nowhere but at our trailers;
 * and where one went on into the next, all together would have less than was declared.
 */
function inflateMembers(blob: BlobReader, members: readonly ZipRecord[]): Buffer | undefined {
  const gzip = packed(blob, members);
  if (!hasNoOtherMember(gzip, members)) return undefined;
  const size = members.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
  try {
    const options = { maxOutputLength: size, info: true, chunkSize: size + 64 };
    // With `info` it returns more than its types say.
    const { buffer, engine } = gunzipSync(gzip, options) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    return buffer.length === size && engine.bytesWritten === gzip.length ? buffer : undefined;
  } catch {
    return undefined;
  }
}
