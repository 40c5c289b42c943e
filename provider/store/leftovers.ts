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

/** Folders of small files in the cache. */
const OF_CACHE = ["tags", "homes", "destinations"];

/** What is written in the cache itself, which may be any folder of the user's, and beside the trees. */
const TALLY = "tally";
const IGNORE = ".gitignore";

const OF_TREES = [RECEIPTS_FOLDER, CLAIMS_FOLDER, DESTINATIONS_FOLDER];

/** Sweeps the cache, and the folder of trees and records; neither need exist. Best effort. */
export async function sweepLeftovers(
  treesDirectory: string,
  cacheDirectory: string,
): Promise<void> {
  await sweepNotes(cacheDirectory);
  await sweepStaging(join(cacheDirectory, "staging"));
  await sweepDrafts(cacheDirectory, TALLY);
  for (const name of OF_CACHE) await sweepDrafts(join(cacheDirectory, name));
  await sweepDrafts(treesDirectory, IGNORE);
  // A checkout may come with links in their places.
  const area = join(treesDirectory, STAGING_FOLDER);
  if (!isPlanted(area)) await sweepStaging(area);
  for (const folder of OF_TREES.map((name) => join(treesDirectory, name))) {
    if (!isPlanted(folder)) await sweepDrafts(folder);
  }
}
