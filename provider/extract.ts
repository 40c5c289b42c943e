/**
 * From a plan to files in a staging folder: fetch what is missing, unpack, and where the cache was
 * to blame (a damaged blob, or one that somebody removed meanwhile), do it once more. Places nothing.
 */
import { mkdir } from "node:fs/promises";
import { SILENT, type Context } from "./context";
import { OciError } from "./errors";
import { fetchBlobs, type FetchRooms } from "./fetch";
import { unpackSelected } from "./select-tree";
import { isWhole } from "./store/blobs";
import type { WrittenEntry } from "./store/receipt";
import { removeTree } from "./store/staging";
import type { Descriptor, Plan, Verified } from "./types";
import type { BlobFile } from "./unpack/blob";
import { UnpackAlong } from "./unpack-along";
import { isForCrew, prepareUnpack, unpack } from "./unpack/unpack";

/** A cache that is emptied again and again has somebody at it who should be told. */
const MOST_ATTEMPTS = 3;

/** The entries written below `staging`, which exists and is empty. */
export async function extract(
  verified: Verified,
  plan: Plan,
  staging: string,
  rooms: FetchRooms,
  context: Context,
  subject: string,
): Promise<readonly WrittenEntry[]> {
  prepareUnpack(plan, context);
  const release = await rooms.blobs.hold(plan.layers.map(({ descriptor }) => descriptor.digest));
  const work: Work = { plan, staging, context, subject };
  try {
    for (let attempt = 1; ; attempt += 1) {
      // Where that went wrong once, everything is hashed.
      const trusts = attempt === 1;
      const blobFiles = ({ digest }: Descriptor): BlobFile => ({
        path: rooms.blobs.file(digest),
        ...(trusts ? { vouched: rooms.blobs.vouched(digest) } : {}),
      });
      const along = await fetchAlong(verified, work, blobFiles, rooms);
      try {
        const found = await along.result();
        if (found !== undefined) return found;
        if (along.hasBegun) await empty(staging);
        return await unpackTo(work, blobFiles);
      } catch (error) {
        const mayChange =
          (await isCacheToBlame(error, plan, rooms, context)) || (trusts && isMismatch(error));
        if (attempt === MOST_ATTEMPTS || !mayChange) throw error;
      }
      await empty(staging);
    }
  } finally {
    await release();
  }
}

interface Work {
  readonly plan: Plan;
  readonly staging: string;
  readonly context: Context;
  readonly subject: string;
}

type BlobFiles = (descriptor: Descriptor) => BlobFile;

/** Fetches all blobs, and finds out at the same time what they come to. */
async function fetchAlong(
  verified: Verified,
  work: Work,
  blobFiles: BlobFiles,
  rooms: FetchRooms,
): Promise<UnpackAlong> {
  const { plan, context } = work;
  // What is said meanwhile is about what is fetched.
  const quiet = { ...work, context: { ...context, report: SILENT } };
  const along = new UnpackAlong(plan, isForCrew(plan, context), blobFiles, (files) =>
    unpackTo(quiet, files),
  );
  try {
    await fetchBlobs(verified, plan, rooms, context, along.read);
  } finally {
    await along.end();
  }
  return along;
}

/** All of the content, or the part of it that is selected. */
async function unpackTo(
  { plan, staging, context, subject }: Work,
  blobFiles: BlobFiles,
): Promise<readonly WrittenEntry[]> {
  const unpackAll = (folder: string): Promise<readonly WrittenEntry[]> =>
    unpack(plan, blobFiles, folder, context, subject);
  const [layer] = plan.layers;
  const { entries: selection, allowances = {} } = plan;
  if (selection === undefined || layer === undefined) return await unpackAll(staging);
  return await unpackSelected(staging, { selection, allowances, subject, layer }, unpackAll);
}

async function empty(folder: string): Promise<void> {
  await removeTree(folder);
  await mkdir(folder);
}

function isMismatch(error: unknown): boolean {
  return error instanceof OciError && error.code === "DIGEST_MISMATCH";
}

/** Whether the next attempt will find other blobs: some are gone, or damaged and dropped here. */
async function isCacheToBlame(
  error: unknown,
  plan: Plan,
  rooms: FetchRooms,
  { report }: Context,
): Promise<boolean> {
  if (!(error instanceof OciError) || error.code === "CANCELLED") return false;
  const damaged: string[] = [];
  let isGone = false;
  for (const { descriptor } of plan.layers) {
    if (!(await rooms.blobs.has(descriptor))) {
      isGone = true;
    } else if (error.code === "DIGEST_MISMATCH" && !(await isWhole(rooms.blobs, descriptor))) {
      await rooms.blobs.discard(descriptor.digest);
      damaged.push(descriptor.digest);
    }
  }
  if (damaged.length > 0) {
    report.warning(`the cache held ${damaged.join(", ")} damaged; fetching it again`);
  }
  return isGone || damaged.length > 0;
}
