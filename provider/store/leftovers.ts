/**
 * Sweeps what killed runs have left in the store: work under way, notes of blobs, drafts of small files.
 * Nothing of the living, and nothing that anybody reads.
 */
import { join } from "node:path";
import { sweepNotes } from "./held-blobs";
import {
  CLAIMS_FOLDER,
  DESTINATIONS_FOLDER,
  RECEIPTS_FOLDER,
  STAGING_FOLDER,
} from "./record-folders";
import { isPlanted, sweepStaging } from "./staging";
import { sweepDrafts } from "./write-file";

/** Folders of small files in the cache; the cache itself holds the tally. */
const OF_CACHE = ["", "tags", "homes", "destinations"];

const OF_TREES = ["", RECEIPTS_FOLDER, CLAIMS_FOLDER, DESTINATIONS_FOLDER];

/** Sweeps the cache, and the folder of trees and records; neither need exist. Best effort. */
export async function sweepLeftovers(
  treesDirectory: string,
  cacheDirectory: string,
): Promise<void> {
  await sweepNotes(cacheDirectory);
  await sweepStaging(join(cacheDirectory, "staging"));
  for (const name of OF_CACHE) await sweepDrafts(join(cacheDirectory, name));
  const area = join(treesDirectory, STAGING_FOLDER);
  // A checkout may come with links in their places.
  if (isPlanted(area)) return;
  await sweepStaging(area);
  for (const name of OF_TREES) await sweepDrafts(join(treesDirectory, name));
}
