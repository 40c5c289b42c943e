/**
 * From the index of an OpenTofu provider to one manifest with the archives of its packages as layers:
 * reads the manifest of each package that is wanted, a few at a time. Fetches no archive.
 */
import { archiveOf, chooseTargets, mergedManifest, type Target } from "./content/provider-targets";
import type { Context } from "./context";
import { createSlots } from "./slots";
import type { Descriptor, ImageIndex, ImageManifest, Platform } from "./types";

/** Like blobs, for the sake of the registry. */
const PARALLEL_MANIFESTS = 4;

/**
 * @param read - The document of a child, its digest and size checked
 * @throws OciError what `chooseTargets`, `archiveOf` and `read` throw: the first of them
 */
export async function readTargets(
  index: ImageIndex,
  platform: Platform | undefined,
  subject: string,
  read: (child: Descriptor) => Promise<ImageManifest | ImageIndex>,
  { limits, signal }: Context,
): Promise<ImageManifest> {
  const targets = chooseTargets(index, platform, subject, limits);
  const slots = createSlots(PARALLEL_MANIFESTS);
  const readOne = async (target: Target): Promise<Descriptor> =>
    archiveOf(target, await slots.run(() => read(target), signal), subject);
  return mergedManifest(index, await Promise.all(targets.map(readOne)));
}
