/**
 * Turns the blobs of a plan into a tree below a staging folder: small ones in this thread, in slices,
 * large ones by a crew of worker threads, so that this one stays free. It fetches and places nothing.
 */
import type { Context } from "../context";
import { OciError } from "../errors";
import type { WrittenEntry } from "../store/receipt";
import type { Descriptor, Plan } from "../types";
import type { BlobFile } from "./blob";
import { borrowCrew } from "./crew";
import { ENDED, isBroken } from "./crew-state";
import type { UnpackJob } from "./job";
import { borrowWriter, prepareWriter } from "./own-writer";
import { createPace } from "./pace";
import { threadEnded } from "./problems";

/** Blobs that together are smaller are unpacked here: sooner than threads have started. */
const CREW_BYTES = 8 * 1024 ** 2;

/** From here on, it takes a while. */
const MUCH_BYTES = CREW_BYTES;

/**
 * The same for a thread that serves nobody else. One that extracts would have all code compiled once more,
 * and send all that it has found; it is worth that only where bytes, not files, make up the work.
 */
const LONE_CREW_BYTES = 64 * 1024 ** 2;

/** From here on, a thread that only writes is there before all is extracted. */
const WRITER_BYTES = 1024 ** 2;

type UnpackContext = Pick<Context, "limits" | "signal" | "report" | "ownsThread">;

/**
 * Unpacks the layers in their order and lists what they came to, by byte order of the paths.
 *
 * @param blobFile - where the bytes of a descriptor lie; they are checked here
 * @param staging - an empty folder that nobody else uses; after a failure it is the caller's to remove
 * @param subject - what errors call the content: its reference
 * @throws OciError DIGEST_MISMATCH, BAD_ARCHIVE, UNSAFE_ARCHIVE, LIMIT_EXCEEDED, NO_MATCHING_LAYER
 * unless the plan allows it, CANCELLED, and STORE for what the disk refuses
 */
export async function unpack(
  plan: Plan,
  blobFile: (descriptor: Descriptor) => BlobFile,
  staging: string,
  context: UnpackContext,
  subject: string,
): Promise<readonly WrittenEntry[]> {
  const { limits, signal, report } = context;
  const blobFiles = plan.layers.map(({ descriptor }) => blobFile(descriptor));
  const job: UnpackJob = { plan, blobFiles, staging, limits, subject };
  const status = (message: string): void => {
    report.status(message);
  };
  const crew = isForCrew(plan, context) ? await borrowCrew() : undefined;
  if (crew === undefined && blobFiles.some(({ growth }) => growth !== undefined)) {
    throw new Error("nobody may wait for a blob in the thread that fetches it");
  }
  const entries =
    crew === undefined
      ? await unpackHere(job, signal, status)
      : await crew.unpack(job, signal, status);
  if (entries.length === 0 && plan.allowances?.allowEmpty !== true) throw nothingWritten(subject);
  return entries;
}

/** Starts what unpacking will need, so that it is there when the blobs are. Nothing has to wait for it. */
export function prepareUnpack(
  plan: Plan,
  context: Pick<Context, "ownsThread" | "onMuchWork">,
): void {
  if (sizeOf(plan) >= MUCH_BYTES) context.onMuchWork?.();
  if (isForCrew(plan, context)) void borrowCrew();
  else if (isForWriter(plan)) prepareWriter();
}

/** Whether the crew unpacks it. */
export function isForCrew(plan: Plan, { ownsThread }: Pick<Context, "ownsThread">): boolean {
  return sizeOf(plan) >= (ownsThread === true ? LONE_CREW_BYTES : CREW_BYTES);
}

function isForWriter(plan: Plan): boolean {
  return sizeOf(plan) >= WRITER_BYTES;
}

function sizeOf({ layers }: Plan): number {
  return layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
}

async function unpackHere(
  job: UnpackJob,
  signal: AbortSignal,
  status: (message: string) => void,
): Promise<readonly WrittenEntry[]> {
  // Loaded where they are needed only: the readers of formats take a while, and a crew has its own.
  /* eslint-disable @typescript-eslint/no-require-imports */
  const { doUnpack } = require("./job") as typeof import("./job");
  const { DirectFiles } = require("./files") as typeof import("./files");
  const { BatchedFiles } = require("./batched-files") as typeof import("./batched-files");
  /* eslint-enable @typescript-eslint/no-require-imports */
  const pace = createPace(signal, job.subject);
  const writer = isForWriter(job.plan) ? borrowWriter() : undefined;
  try {
    const files =
      writer === undefined
        ? new DirectFiles()
        : new BatchedFiles(writer.link, writer.state, writer.flushed);
    return await doUnpack(job, { files, pace, mayBlock: false, status });
  } catch (error) {
    const isOfWriter = writer !== undefined && isBroken(writer.state);
    if (!isOfWriter || (error instanceof OciError && error.code !== "STORE")) throw error;
    throw threadEnded(job.subject, ENDED);
  } finally {
    writer?.giveBack();
  }
}

function nothingWritten(subject: string): OciError {
  return new OciError({
    code: "NO_MATCHING_LAYER",
    verb: "unpack",
    subject,
    fact: "its layers hold no files",
    hint: "check that the reference names the artifact that you want; where nothing is what it should hold, set allowEmpty: true",
  });
}
