/**
 * The two places of blobs: the cache, and for a process that may not write there a temporary folder
 * of its own, from the first refusal on. What the cache holds is read there still.
 */
import { rm } from "node:fs/promises";
import { openBlobFolder, type BlobFolder } from "./blob-folder";
import { diskFact, isUnusable, storeError } from "./store-error";
import { makeTemporaryFolder } from "./temporary";

export interface BlobPlaces extends Pick<BlobFolder, "file" | "publish"> {
  /** Whether the blob lies, or would lie, in the cache. */
  isCached(digest: string): boolean;
  /** Removes the blob; where that cannot be, it is not looked at any more. */
  remove(digest: string): Promise<void>;
  /** What the user should know of a cache that cannot be written; once. */
  takeWarning(): string | undefined;
}

/** @param temporaryDirectory - Without one, a cache that cannot be written is an error. */
export function openBlobPlaces(
  cacheDirectory: string,
  temporaryDirectory: string | undefined,
): BlobPlaces {
  const cache = openBlobFolder(cacheDirectory);
  const elsewhere = new Set<string>();
  let spill: BlobFolder | undefined;
  let warning: string | undefined;

  /** @throws The refusal in words where nothing may stand in for the cache. */
  const standIn = (refusal: unknown): BlobFolder => {
    if (spill !== undefined) return spill;
    const failure = storeError(refusal, cacheDirectory);
    if (temporaryDirectory === undefined || !isUnusable(refusal)) throw failure;
    try {
      spill = openBlobFolder(makeTemporaryFolder(temporaryDirectory));
    } catch {
      throw failure;
    }
    warning = warningOf(cacheDirectory, spill.directory, refusal);
    return spill;
  };

  const publish: BlobFolder["publish"] = async (digest, fill) => {
    let folder = spill;
    if (folder === undefined) {
      try {
        await cache.publish(digest, fill);
        return;
      } catch (error) {
        folder = standIn(error);
      }
    }
    const { directory } = folder;
    await folder.publish(digest, fill).catch((error: unknown) => {
      throw storeError(error, directory);
    });
    elsewhere.add(digest);
  };

  const file = (digest: string): string => {
    const folder = elsewhere.has(digest) ? spill : undefined;
    return (folder ?? cache).file(digest);
  };

  return Object.freeze({
    file,
    publish,
    isCached: (digest: string) => !elsewhere.has(digest),
    async remove(digest: string) {
      try {
        await rm(file(digest), { force: true });
      } catch (error) {
        standIn(error);
        elsewhere.add(digest);
      }
    },
    takeWarning() {
      const told = warning;
      warning = undefined;
      return told;
    },
  });
}

function warningOf(cacheDirectory: string, directory: string, refusal: unknown): string {
  const fact = diskFact(refusal) ?? "a folder of it is missing";
  return `the cache ${cacheDirectory} cannot be written: ${fact}; what is fetched goes to ${directory}, until this run ends. OCI_ARTIFACT_CACHE moves the cache elsewhere`;
}
