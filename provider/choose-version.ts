/**
 * Of a range of versions, the tag to ask for: lists the tags of the repository and lets versions/ choose.
 * Where a digest is wanted, nobody is asked, and where nobody can be asked, what was recorded goes on.
 * Resolves no tag.
 */
import type { Context } from "./context";
import { OciError } from "./errors";
import { listTags } from "./list-tags";
import type { Meaning } from "./meanings";
import { formatReference } from "./reference/format";
import { isOutage } from "./registry/failure";
import { type ResolveRequest, type ResolveRooms, whoIs } from "./resolve";
import type { ChosenTag } from "./versions/chosen-tag";
import type { WantedVersion } from "./versions/wanted-version";

/** A request whose tag may be for a range to choose. */
export type VersionRequest = ResolveRequest & Meaning;

/** What is done with the tag: it gets the request with the tag in its reference. */
export type WithVersion<R, T> = (request: R, chosen?: ChosenTag) => Promise<T>;

/**
 * What the work comes to with the request as it came; or where it asks for a range, with the tag that
 * is chosen, or the digest that is wanted, in its reference.
 *
 * @throws OciError NOT_FOUND where no tag fits, LIMIT_EXCEEDED of `tagPages`, and all of listing tags. In
 * an outage, where the cache has the digest that was recorded, a warning in its place.
 */
export async function chooseVersion<R extends VersionRequest, T>(
  request: R,
  rooms: ResolveRooms,
  context: Context,
  work: WithVersion<R, T>,
): Promise<T> {
  const { version: wanted, digest, reference, known, recorded, outage } = request;
  if (wanted === undefined) return await work(request);
  if (digest !== undefined) return await byDigest(request, digest, request.chosen, work);
  try {
    if (outage !== undefined) throw outage;
    const chosen = await choose(request, wanted, rooms, context);
    const { tag } = chosen;
    // What another tag came to says nothing of this one.
    const expected = recorded?.tag === tag ? known : undefined;
    return await work({ ...request, reference: { ...reference, tag }, known: expected }, chosen);
  } catch (error) {
    if (known === undefined || !(error instanceof OciError)) throw error;
    if (error !== outage && !isOutage(error)) throw error;
    if ((await rooms.blobs.read(known)) === undefined) throw error;
    const name = recorded === undefined ? known : `${recorded.tag} (${known})`;
    context.report.warning(
      `${whoIs(reference)} cannot be asked which tag semver "${wanted.range.text}" chooses now; going on with ${name} from the cache\n${error.message}`,
    );
    return await byDigest(request, known, recorded, work);
  }
}

/** With the tag that the digest was chosen by; where none is on record, no tag is made up. */
async function byDigest<R extends VersionRequest, T>(
  request: R,
  digest: string,
  chosen: ChosenTag | undefined,
  work: WithVersion<R, T>,
): Promise<T> {
  const named = chosen === undefined ? { digest } : { tag: chosen.tag };
  return await work({ ...request, reference: { ...request.reference, ...named }, digest }, chosen);
}

async function choose(
  { reference, endpoints, tagEndpoints, recorded }: VersionRequest,
  wanted: WantedVersion,
  rooms: ResolveRooms,
  context: Context,
): Promise<ChosenTag> {
  const asked = tagEndpoints ?? endpoints;
  const { tags: listed, servedBy } = await listTags(asked, reference, rooms, context);
  // A mirror lists what was asked of it: what it leaves out is no reason to go back to an older one.
  const isPartial = servedBy.role === "mirror" && recorded !== undefined;
  const tags = isPartial ? [...new Set([...listed, recorded.tag])] : listed;
  const { chooseTag, noTagFits } = loadVersions();
  const choice = chooseTag(tags, wanted);
  if (!("none" in choice)) return choice;
  const { registry, repository } = reference;
  throw noTagFits(formatReference({ registry, repository }), tags, wanted, choice);
}

/** The room of versions: who gives no range does not wait for its code. */
export function loadVersions() {
  /* eslint-disable @typescript-eslint/no-require-imports -- as in registry/client.ts */
  const { chooseTag, fittingTags } =
    require("./versions/choose-tag") as typeof import("./versions/choose-tag");
  const { noTagFits } =
    require("./versions/no-tag-fits") as typeof import("./versions/no-tag-fits");
  /* eslint-enable @typescript-eslint/no-require-imports */
  return { chooseTag, fittingTags, noTagFits };
}
