/**
 * From a plan to files in a staging folder: fetch what is missing, unpack, and where the cache was
 * to blame (a damaged blob, or one that somebody removed meanwhile), do it once more. Places nothing.
 */
import { mkdir } from "node:fs/promises";
import type { Context } from "./context";
import { OciError } from "./errors";
import { fetchBlobs, type FetchRooms } from "./fetch";
import { unpackSelected } from "./select-tree";
import { isWhole } from "./store/blobs";
import type { WrittenEntry } from "./store/receipt";
import { removeTree } from "./store/staging";
import type { Descriptor, Plan, Verified } from "./types";
import type { BlobFile } from "./unpack/blob";
import { prepareUnpack, unpack } from "./unpack/unpack";

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
  prepareUnpack(plan);
  const release = await rooms.blobs.hold(plan.layers.map(({ descriptor }) => descriptor.digest));
  try {
    for (let attempt = 1; ; attempt += 1) {
      await fetchBlobs(verified, plan, rooms, context);
      // Where that went wrong once, everything is hashed.
      const trusts = attempt === 1;
      try {
        const blobFile = ({ digest }: Descriptor): BlobFile => ({
          path: rooms.blobs.file(digest),
          ...(trusts ? { vouched: rooms.blobs.vouched(digest) } : {}),
        });
        const unpackTo = (folder: string): Promise<readonly WrittenEntry[]> =>
          unpack(plan, blobFile, folder, context, subject);
        const [layer] = plan.layers;
        if (plan.entries === undefined || layer === undefined) return await unpackTo(staging);
        const { entries: selection, allowances = {} } = plan;
        const part = { selection, allowances, subject, layer };
        return await unpackSelected(staging, part, unpackTo);
      } catch (error) {
        const mayChange =
          (await isCacheToBlame(error, plan, rooms, context)) || (trusts && isMismatch(error));
        if (attempt === MOST_ATTEMPTS || !mayChange) throw error;
      }
      await removeTree(staging);
      await mkdir(staging);
    }
  } finally {
    await release();
  }
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
