/**
 * The tags of a repository for people who ask just that: all of them, or of a range those in it, the one
 * that a pull would take first. Resolves none of them.
 */
import { loadVersions, type VersionRequest } from "./choose-version";
import type { Context } from "./context";
import { listTags, type ListRooms } from "./list-tags";
import { firstMeaning, type MeaningRooms, type Meanings } from "./meanings";
import { formatReference } from "./reference/format";
import type { Endpoint, Reference } from "./types";
import type { ChosenTag } from "./versions/chosen-tag";
import { withinTotal } from "./within-total";

export interface VersionsRequest extends Meanings, VersionRequest {
  /** Milliseconds for all of it. Default: no bound. */
  readonly totalTimeout?: number | undefined;
}

export interface ListedVersions {
  /** The repository, in full: what a name without a registry came to. */
  readonly reference: Reference;
  /** In the registry's order; of a range, those in it, the best first. */
  readonly tags: readonly string[];
  /** Of a range: what a pull would take. */
  readonly chosen?: ChosenTag;
  readonly servedBy: Endpoint;
}

/** @throws OciError of listing tags, and NOT_FOUND where a range is asked for and no tag fits. */
export async function listVersions(
  request: VersionsRequest,
  rooms: ListRooms & MeaningRooms,
  context: Context,
): Promise<ListedVersions> {
  const subject = formatReference(request.reference);
  return await withinTotal(request.totalTimeout, subject, context, async (bounded) => {
    const { listed } = await firstMeaning(request, rooms, async (meant) => {
      return { listed: await listOf(meant, rooms, bounded), digest: undefined };
    });
    return listed;
  });
}

async function listOf(
  { reference, endpoints, version }: VersionsRequest,
  rooms: ListRooms,
  context: Context,
): Promise<ListedVersions> {
  const { tags, servedBy } = await listTags(endpoints, reference, rooms, context);
  if (version === undefined) return Object.freeze({ reference, tags, servedBy });
  const { chooseTag, fittingTags, noTagFits } = loadVersions();
  const chosen = chooseTag(tags, version);
  if ("none" in chosen) throw noTagFits(formatReference(reference), tags, version, chosen);
  const fitting = fittingTags(tags, version).map(({ tag }) => tag);
  return Object.freeze({ reference, tags: Object.freeze(fitting), chosen, servedBy });
}
