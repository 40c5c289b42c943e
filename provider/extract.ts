/**
 * From a plan to files in a staging folder: fetch what is missing, unpack, and if the cache turns
 * out to be damaged, drop the damaged blob, say so, and do it once more. Places nothing.
 */
import { mkdir } from "node:fs/promises";
import type { Context } from "./context";
import { OciError } from "./errors";
import { fetchBlobs, type FetchRooms } from "./fetch";
import { isWhole } from "./store/blobs";
import { removeTree } from "./store/staging";
import type { Plan, TreeEntry, Verified } from "./types";
import { unpack } from "./unpack/unpack";

/** The entries written below `staging`, which exists and is empty. */
export async function extract(
  verified: Verified,
  plan: Plan,
  staging: string,
  rooms: FetchRooms,
  context: Context,
  subject: string,
): Promise<readonly TreeEntry[]> {
  const attempt = async (): Promise<readonly TreeEntry[]> => {
    await fetchBlobs(verified, plan, rooms, context);
    return await unpack(plan, ({ digest }) => rooms.blobs.file(digest), staging, context, subject);
  };
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof OciError) || error.code !== "DIGEST_MISMATCH") throw error;
    const damaged = await discardDamaged(plan, rooms);
    if (damaged.length === 0) throw error;
    context.report.warning(`the cache held ${damaged.join(", ")} damaged; fetching it again`);
  }
  await removeTree(staging);
  await mkdir(staging);
  return await attempt();
}

async function discardDamaged(plan: Plan, rooms: FetchRooms): Promise<readonly string[]> {
  const damaged: string[] = [];
  for (const { descriptor } of plan.layers) {
    if (!(await rooms.blobs.has(descriptor)) || (await isWhole(rooms.blobs, descriptor))) continue;
    await rooms.blobs.discard(descriptor.digest);
    damaged.push(descriptor.digest);
  }
  return damaged;
}
