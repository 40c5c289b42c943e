/**
 * Keeps a cache within its bound: when it holds more, the least recently used blobs go, and never
 * one that is at work in some process. Several processes may do so at once; no failure counts.
 */
import { rm } from "node:fs/promises";
import { blobFile, listBlobs, sizeOf, type StoredBlob } from "./blob-folder";
import { addToTally, beginTally } from "./blob-tally";
import { heldBlobs } from "./held-blobs";
import type { OnRefused } from "./store-error";

/** Evicting goes on to this part of the bound, so that the next blob is not the next occasion. */
const LOW_WATER = 0.9;

export interface Evictor {
  /** Told of each blob that was written. */
  wrote(bytes: number): Promise<void>;
  /** Told when blobs that were at work are not any more. */
  released(): Promise<void>;
}

/** What keeps the cache below `maxBytes`. */
export function openEvictor(cacheDirectory: string, maxBytes: number): Evictor {
  let isOver = false;
  const look = async (): Promise<void> => {
    isOver = (await evict(cacheDirectory, maxBytes)) > maxBytes;
  };
  return Object.freeze({
    async wrote(bytes: number) {
      const tally = addToTally(cacheDirectory, bytes);
      if (tally === undefined || tally > maxBytes) await look();
    },
    async released() {
      if (isOver) await look();
    },
  });
}

/** Looks at the whole cache and evicts what is beyond the bound. The bytes that stay. */
async function evict(cacheDirectory: string, maxBytes: number): Promise<number> {
  const blobs = await listBlobs(cacheDirectory);
  let size = sizeOf(blobs);
  if (size > maxBytes) {
    const held = await heldBlobs(cacheDirectory);
    const removed = await removeBlobs(
      cacheDirectory,
      leastRecentlyUsed(blobs, held, size - maxBytes * LOW_WATER),
    );
    size -= sizeOf(removed);
  }
  // Beyond the bound for all that is at work: the next look is due when a tenth of it has been added.
  await beginTally(cacheDirectory, size > maxBytes ? Math.floor(maxBytes * LOW_WATER) : size);
  return size;
}

/**
 * The blobs that go first, until they come to `bytes`; those that are held stay.
 *
 * @param blobs - The least recently used first.
 */
export function leastRecentlyUsed(
  blobs: readonly StoredBlob[],
  held: ReadonlySet<string>,
  bytes: number,
): readonly StoredBlob[] {
  const chosen: StoredBlob[] = [];
  let rest = bytes;
  for (const blob of blobs) {
    if (rest <= 0) break;
    if (held.has(blob.digest)) continue;
    chosen.push(blob);
    rest -= blob.size;
  }
  return chosen;
}

/** Removes the blobs; returns those that are gone. */
export async function removeBlobs(
  cacheDirectory: string,
  blobs: readonly StoredBlob[],
  onRefused: OnRefused = () => undefined,
): Promise<readonly StoredBlob[]> {
  const removed: StoredBlob[] = [];
  for (const blob of blobs) {
    try {
      await rm(blobFile(cacheDirectory, blob.digest), { force: true });
      removed.push(blob);
    } catch (error) {
      // Not ours to remove, or open on a system that minds: it stays.
      onRefused(blob.digest, error);
    }
  }
  return removed;
}
