/**
 * Hands the entries of a zip to a sink, in the order of their content: each with the size and the
 * checksum that the archive declares, or none at all. Where records lie is for zip-file.ts, what they
 * say for zip-entry.ts, and names and links for the guard.
 */
import { crc32, inflateRawSync } from "node:zlib";
import { pathKey } from "../content/path-rules";
import { systemCode } from "../errors";
import type { Limits } from "../limits";
import type { BlobReader } from "./blob";
import type { ArchiveEntry, EntrySink } from "./entries";
import { inflateRaw, type Take } from "./inflate";
import type { Pace } from "./pace";
import { beyondLimit, broken, unsupported, type Place } from "./problems";
import { DEFLATED, factsOf, nameOf, shownName, unsupportedFeature } from "./zip-entry";
import { zipRecords, type ZipRecord } from "./zip-file";
import { contentsOf, runsOf } from "./zip-runs";

/** Contents up to this are inflated at once: a fraction of the work of a stream. */
const SMALL_BYTES = 256 * 1024;

const CHUNK_BYTES = 256 * 1024;

/** What a zip is read with. */
export interface ZipWork {
  readonly limits: Limits;
  readonly pace: Pace;
  /** Counts inflated bytes, and throws where they are too many. */
  readonly countInflated: (bytes: number, place: Place) => void;
}

/**
 * Reads a whole zip.
 *
 * @param blob - verified: a zip begins at its end
 * @throws OciError BAD_ARCHIVE, LIMIT_EXCEEDED, and what the sink throws
 */
export async function readZip(
  blob: BlobReader,
  sink: EntrySink,
  place: Place,
  work: ZipWork,
): Promise<void> {
  const seen = new Set<string>();
  for (const run of runsOf(await zipRecords(blob, place, work))) {
    const contents = contentsOf(blob, run);
    for (const record of run) {
      const archived = archiveEntry(record, place);
      const at = { ...place, entry: archived.name };
      const key = pathKey(archived.name);
      // Readers take the first, the last, or the one that the central directory lists.
      if (seen.has(key)) throw broken(at, "is there twice");
      seen.add(key);
      const content = archived.type === "symlink" ? undefined : contents.get(record);
      if (content === undefined) await readEntry(blob, record, archived, sink, at, work);
      else takeEntry(content, archived, sink, at, work);
      const rest = work.pace();
      if (rest !== undefined) await rest;
    }
  }
}

/** An entry whose content is known to be what was declared. */
function takeEntry(
  content: Buffer,
  archived: ArchiveEntry,
  sink: EntrySink,
  place: Place,
  work: ZipWork,
): void {
  sink.begin(archived);
  work.countInflated(content.length, place);
  sink.data(content);
  sink.end();
}

function archiveEntry({ entry, contradiction }: ZipRecord, place: Place): ArchiveEntry {
  const at = (): Place => ({ ...place, entry: shownName(entry) });
  const unsupportedFact = unsupportedFeature(entry);
  if (unsupportedFact !== undefined) throw unsupported(at(), unsupportedFact);
  if (contradiction !== undefined) {
    throw broken(at(), `is ambiguous: its two headers differ in the ${contradiction}`);
  }
  const name = nameOf(entry);
  if (name === undefined) throw broken(at(), "is ambiguous: it has two names");
  const facts = factsOf(entry, name);
  if (typeof facts === "string") throw broken(at(), facts);
  return { name, size: entry.uncompressedSize, ...facts };
}

async function readEntry(
  blob: BlobReader,
  record: ZipRecord,
  archived: ArchiveEntry,
  sink: EntrySink,
  place: Place,
  work: ZipWork,
): Promise<void> {
  if (archived.type !== "symlink") {
    sink.begin(archived);
    await readContent(blob, record, place, work, (chunk) => {
      sink.data(chunk);
    });
    sink.end();
    return;
  }
  if (archived.size > work.limits.pathBytes) {
    throw beyondLimit(place, work.limits, "pathBytes", archived.size);
  }
  const target: Buffer[] = [];
  await readContent(blob, record, place, work, (chunk) => target.push(Buffer.from(chunk)));
  sink.begin({ ...archived, size: 0, target: Buffer.concat(target).toString() });
  sink.end();
}

/** The content of an entry, which is what was declared; `take` keeps no chunk. */
async function readContent(
  blob: BlobReader,
  { entry, contentStart }: ZipRecord,
  place: Place,
  work: ZipWork,
  take: (chunk: Buffer) => void,
): Promise<void> {
  let size = 0;
  let checksum = 0;
  const checked: Take = async (chunk) => {
    size += chunk.length;
    work.countInflated(chunk.length, place);
    if (size > entry.uncompressedSize) throw wrongSize(place);
    checksum = crc32(chunk, checksum);
    take(chunk);
    await work.pace();
  };
  const chunks = contentChunks(blob, contentStart, entry.compressedSize);
  if (entry.method !== DEFLATED) {
    for await (const chunk of chunks) await checked(chunk);
  } else if (Math.max(entry.compressedSize, entry.uncompressedSize) > SMALL_BYTES) {
    const { usedBytes } = await inflateRaw(chunks, checked, place);
    if (usedBytes !== entry.compressedSize) throw wrongSize(place);
  } else {
    const content = blob.readAt(contentStart, Buffer.allocUnsafe(entry.compressedSize));
    await checked(inflateSmall(content, entry.uncompressedSize, place));
  }
  if (size !== entry.uncompressedSize) throw wrongSize(place);
  if (checksum !== entry.crc32) throw broken(place, "does not match its checksum");
}

function inflateSmall(content: Buffer, size: number, place: Place): Buffer {
  try {
    const options = { maxOutputLength: Math.max(1, size), info: true, chunkSize: size + 64 };
    // With `info` it returns more than its types say.
    const { buffer, engine } = inflateRawSync(content, options) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    if (engine.bytesWritten !== content.length) throw wrongSize(place);
    return buffer;
  } catch (error) {
    if (systemCode(error) === "ERR_BUFFER_TOO_LARGE") throw wrongSize(place);
    if (systemCode(error)?.startsWith("Z_") !== true) throw error;
    throw broken(place, `is no whole deflate: ${(error as Error).message}`, error);
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a stream of chunks like all others
async function* contentChunks(
  blob: BlobReader,
  start: number,
  length: number,
): AsyncGenerator<Buffer, void> {
  for (let done = 0; done < length;) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, length - done));
    yield blob.readAt(start + done, chunk);
    done += chunk.length;
  }
}

function wrongSize(place: Place): Error {
  return broken(place, "has another size than it declares");
}
