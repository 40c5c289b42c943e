/**
 * What a person can do with the store: list it, prune it, verify it. Returns data; prints nothing.
 * Whatever is removed here comes back with the next pull that needs it.
 */
import { rm, stat } from "node:fs/promises";
import { systemCode } from "../errors";
import { blobFile, listBlobs, sizeOf, type StoredBlob } from "./blob-folder";
import { isWholeFile } from "./blobs";
import { beginTally } from "./blob-tally";
import { pruneEvidence } from "./evidence-folder";
import { leastRecentlyUsed, removeBlobs } from "./evict";
import { heldBlobs } from "./held-blobs";
import { listTrees, pruneTrees, type ListedTree } from "./prune-trees";
import { sweepLeftovers } from "./leftovers";
import { diskFact, type OnRefused } from "./store-error";
import { pruneTagMemory } from "./tag-memory";
import { openTrees } from "./trees";
import { isUsedSince, WEEK_MS } from "./use-mark";

/** Which store: the user's cache, and the trees of one program. */
export interface StorePlaces {
  /** Absolute. */
  readonly cacheDirectory: string;
  /** Bytes that the blobs may come to. */
  readonly cacheMaxBytes: number;
  /** The program's directory. */
  readonly projectDirectory: string;
}

export interface CachedTree extends ListedTree {
  /** Bytes of its files. */
  readonly size: number;
}

export interface CacheListing {
  /** The least recently used first. */
  readonly blobs: readonly StoredBlob[];
  readonly trees: readonly CachedTree[];
  /** Bytes of all blobs. */
  readonly size: number;
}

/** What lies in the cache, and beside the program. */
export async function listCache(places: StorePlaces): Promise<CacheListing> {
  const store = openTrees(places.projectDirectory);
  const blobs = await listBlobs(places.cacheDirectory);
  const trees: CachedTree[] = [];
  for (const tree of await listTrees(store.directory)) {
    const receipt = await store.receipt(tree.name);
    trees.push({ ...tree, size: sizeOf(receipt?.entries ?? []) });
  }
  return Object.freeze({ blobs, trees, size: sizeOf(blobs) });
}

export interface PruneOptions {
  /**
   * Removes what was not used for so many milliseconds. Default: blobs beyond the bound, and trees
   * that were not used for a week.
   */
  readonly olderThanMs?: number | undefined;
  /** Removes all that nobody works with or claims, however new. Default false. */
  readonly all?: boolean;
}

export interface RefusedRemoval {
  /** The digest of a blob, or the name of a tree. */
  readonly name: string;
  /** "it may not be written (EACCES)" */
  readonly fact: string;
}

export interface PruneResult {
  /** Those that are gone. */
  readonly blobs: readonly StoredBlob[];
  readonly trees: readonly CachedTree[];
  /** Those that should have gone, and stay. */
  readonly refused: readonly RefusedRemoval[];
  /** Bytes of what is gone. */
  readonly freed: number;
  /** Bytes of the blobs that stay. */
  readonly size: number;
}

/** Removes blobs that nobody works with, trees that nobody claims, and what killed runs left. */
export async function pruneCache(
  places: StorePlaces,
  options: PruneOptions = {},
): Promise<PruneResult> {
  const { all = false, olderThanMs } = options;
  const now = Date.now();
  const since = all ? now : now - (olderThanMs ?? WEEK_MS);
  const { directory } = openTrees(places.projectDirectory);
  await sweepLeftovers(directory, places.cacheDirectory);
  const before = await listCache(places);
  const refused: RefusedRemoval[] = [];
  const onRefused: OnRefused = (name, error) => {
    refused.push({ name, fact: diskFact(error) ?? systemCode(error) ?? String(error) });
  };
  const isOld = ({ usedAt }: StoredBlob): boolean =>
    all || (olderThanMs !== undefined && !isUsedSince(usedAt, now - olderThanMs));
  const blobs = await pruneBlobs(before, places, isOld, onRefused);
  // Forgetting costs little: the next pull reads the manifest instead of asking for its digest.
  await pruneEvidence(places.cacheDirectory);
  await pruneTagMemory(places.cacheDirectory, since);
  const gone = await pruneTrees(directory, since, onRefused);
  const names = new Set(gone.map(({ name }) => name));
  const trees = before.trees.filter(({ name }) => names.has(name));
  const freed = sizeOf(blobs) + sizeOf(trees);
  return Object.freeze({ blobs, trees, refused, freed, size: before.size - sizeOf(blobs) });
}

/** Those that are old, and beyond the bound the least recently used. */
async function pruneBlobs(
  { blobs, size }: CacheListing,
  { cacheDirectory, cacheMaxBytes }: StorePlaces,
  isOld: (blob: StoredBlob) => boolean,
  onRefused: OnRefused,
): Promise<readonly StoredBlob[]> {
  const held = await heldBlobs(cacheDirectory);
  const old = blobs.filter((blob) => isOld(blob) && !held.has(blob.digest));
  const rest = blobs.filter((blob) => !isOld(blob));
  const beyond = leastRecentlyUsed(rest, held, size - sizeOf(old) - cacheMaxBytes);
  const removed = await removeBlobs(cacheDirectory, [...old, ...beyond], onRefused);
  if (removed.length > 0) await beginTally(cacheDirectory, size - sizeOf(removed));
  return removed;
}

export interface DamagedBlob extends StoredBlob {
  /** False where the cache may not be written; a pull fetches the blob anew all the same. */
  readonly isRemoved: boolean;
}

export interface VerifyResult {
  /** Blobs that were read. */
  readonly checked: number;
  /** Bytes that were read. */
  readonly size: number;
  readonly damaged: readonly DamagedBlob[];
}

/** Hashes every blob of the cache, and removes those that are not what their name says. */
export async function verifyCache({
  cacheDirectory,
}: Pick<StorePlaces, "cacheDirectory">): Promise<VerifyResult> {
  const blobs = await listBlobs(cacheDirectory);
  const damaged: DamagedBlob[] = [];
  let checked = 0;
  let size = 0;
  for (const blob of blobs) {
    const file = blobFile(cacheDirectory, blob.digest);
    const isWhole = await isWholeFile(file, blob);
    if (!isWhole && (await isGone(file))) continue;
    checked += 1;
    size += blob.size;
    if (isWhole) continue;
    const isRemoved = await rm(file, { force: true }).then(
      () => true,
      () => false,
    );
    damaged.push({ ...blob, isRemoved });
  }
  return Object.freeze({ checked, size, damaged });
}

/** Another process has evicted it since it was listed. */
async function isGone(file: string): Promise<boolean> {
  const failure: unknown = await stat(file).then(
    () => undefined,
    (error: unknown) => error,
  );
  return systemCode(failure) === "ENOENT";
}
