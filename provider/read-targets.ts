/**
 * From the index of an OpenTofu provider to one manifest with the archives of its packages as layers:
 * reads the manifest of each package that is wanted, a few at a time. Fetches no archive.
 */
import { archiveOf, chooseTargets, mergedManifest, type Target } from "./content/provider-targets";
import type { Limits } from "./limits";
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
  limits: Limits,
): Promise<ImageManifest> {
  const targets = chooseTargets(index, platform, subject, limits);
  const archives = new Map<Target, Descriptor>();
  const next = targets.values();
  let hasFailed = false;
  const work = async (): Promise<void> => {
    for (const target of next) {
      // Nobody wants the others then, and there may be hundreds.
      if (hasFailed) return;
      try {
        archives.set(target, archiveOf(target, await read(target), subject));
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_MANIFESTS }, work));
  return mergedManifest(
    index,
    targets.flatMap((target) => archives.get(target) ?? []),
  );
}
