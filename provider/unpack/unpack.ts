/**
 * Turns the blobs of a plan into a tree below a staging folder. Each blob is hashed to its end while
 * it is unpacked, also where the archive inside ends before; it fetches and places nothing.
 */
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Context } from "../context";
import { OciError, systemCode } from "../errors";
import type { Descriptor, LayerForm, Plan, PlannedLayer, TreeEntry } from "../types";
import { BlobReader } from "./blob";
import { containerOf, holdsTar, PROBE_BYTES } from "./containers";
import { createSink, ratioGuard, type EntrySink } from "./entries";
import { createPace, type Pace } from "./pace";
import { asUnpackError, broken, cancelled, unsupported, type Place } from "./problems";
import { readTar } from "./tar";
import { TreeWriter } from "./tree-writer";

/** What is read and inflated at once; the default of 16 KiB costs half as much time again. */
const CHUNK_BYTES = 256 * 1024;

/** What the tar parser gets between two looks at the clock. */
const SLICE_BYTES = 64 * 1024;

type UnpackContext = Pick<Context, "limits" | "signal" | "report">;

/** What all layers of one plan share. */
interface Work {
  readonly plan: Plan;
  readonly tree: TreeWriter;
  readonly context: UnpackContext;
  readonly subject: string;
  readonly pace: Pace;
  /** Counts inflated bytes against the sizes of the blobs so far. */
  readonly countInflated: (bytes: number, place: Place) => void;
}

/**
 * Unpacks the layers in their order and lists what they came to, by byte order of the paths.
 *
 * @param blobFile - where the bytes of a descriptor lie; they are checked here
 * @param staging - an empty folder that nobody else uses; after a failure it is the caller's to remove
 * @param subject - what errors call the content: its reference
 * @throws OciError DIGEST_MISMATCH, BAD_ARCHIVE, UNSAFE_ARCHIVE, LIMIT_EXCEEDED, NO_MATCHING_LAYER,
 * UNSUPPORTED_MANIFEST,
 * CANCELLED, and STORE for what the disk refuses
 */
export async function unpack(
  plan: Plan,
  blobFile: (descriptor: Descriptor) => string,
  staging: string,
  context: UnpackContext,
  subject: string,
): Promise<readonly TreeEntry[]> {
  const [first] = plan.layers;
  if (first === undefined) throw nothingWritten(subject);
  const tree = new TreeWriter(staging, first, plan.isImage, context.limits);
  const pace = createPace(context.signal, subject);
  let compressed = 0;
  const countInflated = ratioGuard(() => compressed, context.limits);
  const work: Work = { plan, tree, context, subject, pace, countInflated };
  try {
    for (const layer of plan.layers) {
      compressed += layer.descriptor.size;
      context.report.status(`unpacking layer ${layer.index + 1} of ${subject}`);
      await unpackLayer(layer, blobFile(layer.descriptor), work);
    }
    const entries = await tree.finish(subject, pace);
    if (entries.length === 0) throw nothingWritten(subject);
    return entries;
  } catch (error) {
    throw asUnpackError(error, subject);
  } finally {
    tree.close();
  }
}

/** The blob's digest counts before anything that its content led to. */
async function unpackLayer(layer: PlannedLayer, file: string, work: Work): Promise<void> {
  const place = { subject: work.subject, layer };
  const blob = new BlobReader(file, place);
  try {
    try {
      await unpackBlob(blob, place, work);
    } catch (error) {
      if (isAboutContent(error)) await verifyRest(blob, work.pace);
      throw error;
    }
    await verifyRest(blob, work.pace);
  } finally {
    blob.close();
  }
}

async function unpackBlob(blob: BlobReader, place: Place, work: Work): Promise<void> {
  const start = blob.peek(PROBE_BYTES);
  const form = formOf(place.layer.form, start);
  const sink = createSink({
    tree: work.tree,
    layer: place.layer,
    directory: form.kind === "archive" ? form.directory : "",
    isImage: work.plan.isImage && form.kind === "archive",
    limits: work.context.limits,
    subject: work.subject,
  });
  if (form.kind === "file") {
    await copyFile(blob, form.name, sink, place, work);
    return;
  }
  switch (containerOf(start)) {
    case "gzip":
      await unpackGzip(blob, sink, place, work);
      return;
    case "zstd":
      throw unsupported(place, "compressed with zstd");
    case "zip":
      throw unsupported(place, "a zip archive");
    case "other":
      await unpackPlain(blob, sink, place, work);
      return;
  }
}

/** Settles what the plan left to the first bytes. */
function formOf(form: LayerForm, start: Buffer): Exclude<LayerForm, { kind: "detect" }> {
  if (form.kind !== "detect") return form;
  const container = containerOf(start);
  const isArchive = container === "zstd" || container === "zip" || holdsTar(start);
  return isArchive ? { kind: "archive", directory: "" } : { kind: "file", name: form.name };
}

async function copyFile(
  blob: BlobReader,
  name: string,
  sink: EntrySink,
  place: Place,
  work: Work,
): Promise<void> {
  const { size } = place.layer.descriptor;
  sink.begin({ name, type: "file", mode: undefined, seconds: undefined, size });
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (let chunk = blob.next(buffer); chunk !== undefined; chunk = blob.next(buffer)) {
    sink.data(chunk);
    await work.pace();
  }
  sink.end();
}

async function unpackPlain(
  blob: BlobReader,
  sink: EntrySink,
  place: Place,
  work: Work,
): Promise<void> {
  const reader = readTar(sink, place);
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (let chunk = blob.next(buffer); chunk !== undefined; chunk = blob.next(buffer)) {
    await inSlices(chunk, reader.write, work.pace);
  }
  reader.end();
}

async function unpackGzip(
  blob: BlobReader,
  sink: EntrySink,
  place: Place,
  work: Work,
): Promise<void> {
  const reader = readTar(sink, place);
  await inflate(blob, place, work, async (chunk) => {
    work.countInflated(chunk.length, place);
    await inSlices(chunk, reader.write, work.pace);
  });
  reader.end();
}

/** All members of the gzip, with the checks of their trailers, to the last. */
async function inflate(
  blob: BlobReader,
  place: Place,
  work: Work,
  take: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  const { signal } = work.context;
  const seen = { end: false };
  try {
    await pipeline(
      chunksOf(blob),
      createGunzip({ chunkSize: CHUNK_BYTES }),
      async (inflated: AsyncIterable<Buffer>) => {
        for await (const chunk of inflated) await take(chunk);
        seen.end = true;
      },
      { signal },
    );
  } catch (error) {
    if (signal.aborted) throw cancelled(work.subject);
    // Zeros behind the last member end the stream before its input.
    if (seen.end) return;
    if (systemCode(error)?.startsWith("Z_") !== true) throw error;
    throw broken(place, `is no whole gzip: ${(error as Error).message}`, error);
  }
}

function* chunksOf(blob: BlobReader): Generator<Buffer> {
  for (;;) {
    // A new buffer each time: the stream holds several at once.
    const chunk = blob.next(Buffer.allocUnsafeSlow(CHUNK_BYTES));
    if (chunk === undefined) return;
    yield chunk;
  }
}

async function inSlices(chunk: Buffer, take: (slice: Buffer) => void, pace: Pace): Promise<void> {
  for (let start = 0; start < chunk.length; start += SLICE_BYTES) {
    take(chunk.subarray(start, start + SLICE_BYTES));
    await pace();
  }
}

/** Reads what nobody asked for, so that the digest covers the last byte. */
async function verifyRest(blob: BlobReader, pace: Pace): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  while (blob.next(buffer) !== undefined) await pace();
  blob.verify();
}

/** Errors that other bytes might not have led to. */
function isAboutContent(error: unknown): boolean {
  return error instanceof OciError && error.code !== "CANCELLED";
}

function nothingWritten(subject: string): OciError {
  return new OciError({
    code: "NO_MATCHING_LAYER",
    verb: "unpack",
    subject,
    fact: "its layers hold no files",
    hint: "check that the reference names the artifact that you want",
  });
}
