/**
 * One unpacking from its first layer to its list of entries, in whichever thread calls. Each blob is
 * hashed to its end while it is unpacked, also where the archive inside ends before. It fetches and
 * places nothing, and starts no thread.
 */
import { algorithmOf, hexOf } from "../digest";
import { OciError } from "../errors";
import type { Limits } from "../limits";
import type { WrittenEntry } from "../store/receipt";
import type { LayerForm, Plan, PlannedLayer } from "../types";
import { BlobReader, type BlobFile } from "./blob";
import { containerOf, isArchive, PROBE_BYTES } from "./containers";
import { createSink, ratioGuard, type EntrySink } from "./entries";
import type { FileWriter } from "./files";
import { inflateGzip, inflateZstd, type Take } from "./inflate";
import type { Pace } from "./pace";
import { asUnpackError, type Place } from "./problems";
import type { TarReader } from "./tar";
import { TreeWriter } from "./tree-writer";

/* eslint-disable @typescript-eslint/no-require-imports -- a reader takes as long to load as a small layer */
const loadTar = (): typeof import("./tar") => require("./tar") as typeof import("./tar");
const loadZip = (): typeof import("./zip") => require("./zip") as typeof import("./zip");
/* eslint-enable @typescript-eslint/no-require-imports */

/** What is read at once: each of it is one trip to the thread that inflates. */
const CHUNK_BYTES = 1024 ** 2;

/** What the tar parser gets between two looks at the clock. */
const SLICE_BYTES = 64 * 1024;

/** What is to be unpacked: plain data, which can cross into another thread. */
export interface UnpackJob {
  readonly plan: Plan;
  /** Where the bytes of each layer lie, in the plan's order. */
  readonly blobFiles: readonly BlobFile[];
  /** An empty folder that nobody else uses. */
  readonly staging: string;
  readonly limits: Limits;
  /** What errors call the content: its reference. */
  readonly subject: string;
}

/** What it is unpacked with. */
export interface UnpackTools {
  readonly files: FileWriter;
  readonly pace: Pace;
  /** Whether the thread serves nobody else. */
  readonly mayBlock: boolean;
  readonly status: (message: string) => void;
}

/** What all layers of one job share. */
interface Work {
  readonly job: UnpackJob;
  readonly tree: TreeWriter;
  readonly limits: Limits;
  readonly pace: Pace;
  readonly mayBlock: boolean;
  /** Counts inflated bytes against the sizes of the blobs so far. */
  readonly countInflated: (bytes: number, place: Place) => void;
}

/** Does the job; an empty list where the layers hold no files. Throws OciError only. */
export async function doUnpack(
  job: UnpackJob,
  tools: UnpackTools,
): Promise<readonly WrittenEntry[]> {
  const { plan, limits, subject } = job;
  const { files, pace, mayBlock } = tools;
  const [first] = plan.layers;
  if (first === undefined) return [];
  const tree = new TreeWriter(job.staging, files, first, plan, limits);
  let compressed = 0;
  const countInflated = ratioGuard(() => compressed, limits);
  const work: Work = { job, tree, limits, pace, mayBlock, countInflated };
  try {
    for (const [position, layer] of plan.layers.entries()) {
      compressed += layer.descriptor.size;
      tools.status(`unpacking layer ${layer.index + 1} of ${subject}`);
      await unpackLayer(layer, job.blobFiles[position] ?? { path: "" }, work);
    }
    return await tree.finish(subject, pace);
  } catch (error) {
    throw asUnpackError(error, subject, plan.allowances, job.staging);
  } finally {
    await tree.close();
  }
}

/** The blob's digest counts before anything that its content led to. */
async function unpackLayer(layer: PlannedLayer, file: BlobFile, work: Work): Promise<void> {
  const place = { subject: work.job.subject, layer };
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
  const form = await formOf(place.layer.form, start);
  const sink = createSink({
    tree: work.tree,
    layer: place.layer,
    directory: form.kind === "archive" ? form.directory : "",
    isImage: work.job.plan.isImage && form.kind === "archive",
    limits: work.limits,
    subject: work.job.subject,
  });
  if (form.kind === "file") {
    await copyFile(blob, form.name, sink, place, work);
    return;
  }
  const container = containerOf(start);
  if (container === "zip") {
    await verifyRest(blob, work.pace);
    await loadZip().readZip(blob, sink, place, work);
    return;
  }
  blob.leaveHashing();
  const tar = loadTar().readTar(sink, place);
  const take: Take = async (chunk) => {
    if (container !== "other") work.countInflated(chunk.length, place);
    await inSlices(chunk, tar, work.pace);
  };
  const chunks = chunksOf(blob, work.pace);
  if (container === "gzip") await inflateGzip(chunks, take, place);
  else if (container === "zstd") await inflateZstd(chunks, take, place, work.pace);
  else for await (const chunk of chunks) await take(chunk);
  tar.end();
}

/** Settles what the plan left to the first bytes. */
async function formOf(
  form: LayerForm,
  start: Buffer,
): Promise<Exclude<LayerForm, { kind: "detect" }>> {
  if (form.kind !== "detect") return form;
  return (await isArchive(start))
    ? { kind: "archive", directory: "" }
    : { kind: "file", name: form.name };
}

async function copyFile(
  blob: BlobReader,
  name: string,
  sink: EntrySink,
  place: Place,
  work: Work,
): Promise<void> {
  const { size, digest } = place.layer.descriptor;
  const entry = { name, type: "file", mode: undefined, seconds: undefined, size } as const;
  // The digest of the blob is the file's, or nothing of it counts: no need to hash it twice.
  const sha256 = algorithmOf(digest) === "sha256" ? hexOf(digest) : undefined;
  if (sha256 !== undefined && blob.isVouched && work.mayBlock) {
    sink.begin({ ...entry, known: { sha256, source: blob.path } });
    return;
  }
  sink.begin({ ...entry, ...(sha256 === undefined ? {} : { known: { sha256 } }) });
  const buffer = bufferFor(blob);
  for (let chunk = blob.next(buffer); chunk !== undefined; chunk = blob.next(buffer)) {
    sink.data(chunk);
    await work.pace();
  }
  sink.end();
}

/** No larger than what will come: most layers are small. */
function bufferFor({ size }: BlobReader): Buffer {
  return Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, size));
}

async function* chunksOf(blob: BlobReader, pace: Pace): AsyncGenerator<Buffer, void> {
  for (;;) {
    // A new buffer each time: who takes them holds several at once.
    const chunk = blob.next(bufferFor(blob));
    if (chunk === undefined) return;
    yield chunk;
    await pace();
  }
}

async function inSlices(chunk: Buffer, tar: TarReader, pace: Pace): Promise<void> {
  for (let start = 0; start < chunk.length; start += SLICE_BYTES) {
    tar.write(chunk.subarray(start, start + SLICE_BYTES));
    const rest = pace();
    if (rest !== undefined) await rest;
  }
}

/** Reads what nobody asked for, so that the digest covers the last byte, unless it does already. */
async function verifyRest(blob: BlobReader, pace: Pace): Promise<void> {
  if (blob.isHashing) {
    const buffer = bufferFor(blob);
    while (blob.next(buffer) !== undefined) await pace();
  }
  blob.verify();
}

/** Errors that other bytes might not have led to, where nobody has looked yet whether these are right. */
function isAboutContent(error: unknown): boolean {
  return (
    error instanceof OciError && error.code !== "CANCELLED" && error.code !== "DIGEST_MISMATCH"
  );
}
