/**
 * The folder that packed blobs wait in until they are pushed: below the cache; where that cannot be
 * written, below the folder for temporary files. What a killed process left goes at the next push.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Settings } from "../settings/settings";
import { removeTree, stagingPath, sweepStaging } from "../store/staging";
import { folderError, isUnusable } from "../store/store-error";
import { makeTemporaryFolder } from "../store/temporary";

/** A folder of nobody else. */
export interface Staging {
  /** Absolute. */
  readonly folder: string;
  /** Removes it, with all that is in it. Trouble is no error: the next run tries again. */
  readonly release: () => Promise<void>;
}

const HINT = "make room or make the folder writable; OCI_ARTIFACT_CACHE moves the cache elsewhere";

/** @throws OciError STORE where no folder can be made. */
export async function openStaging(settings: Settings): Promise<Staging> {
  const folder = await newFolder(settings);
  const release = async (): Promise<void> => {
    await removeTree(folder).catch(() => undefined);
  };
  return Object.freeze({ folder, release });
}

async function newFolder({ cacheDirectory, temporaryDirectory }: Settings): Promise<string> {
  const area = join(cacheDirectory, "staging");
  try {
    await sweepStaging(area);
    const folder = stagingPath(area);
    await mkdir(folder, { mode: 0o700 });
    return folder;
  } catch (error) {
    if (!isUnusable(error)) throw folderError(error, area, HINT);
    try {
      return makeTemporaryFolder(temporaryDirectory);
    } catch {
      throw folderError(error, area, HINT);
    }
  }
}
