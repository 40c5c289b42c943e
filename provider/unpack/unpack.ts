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
import type { UnpackJob } from "./job";
import { createPace } from "./pace";

/** Blobs that together are smaller are unpacked sooner than threads have started. */
const CREW_BYTES = 8 * 1024 ** 2;

type UnpackContext = Pick<Context, "limits" | "signal" | "report">;

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
  const crew = isForCrew(plan) ? await borrowCrew() : undefined;
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
export function prepareUnpack(plan: Plan): void {
  if (isForCrew(plan)) void borrowCrew();
}

/** Whether the crew unpacks it. */
export function isForCrew({ layers }: Plan): boolean {
  return layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0) >= CREW_BYTES;
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
  /* eslint-enable @typescript-eslint/no-require-imports */
  const pace = createPace(signal, job.subject);
  return await doUnpack(job, { files: new DirectFiles(), pace, mayBlock: false, status });
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
