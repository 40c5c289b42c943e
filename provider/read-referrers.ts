/**
 * What refers to a digest, as its registry and mirrors list it, for people to look at. It reads the lists
 * and none of the referrers: what a list says of them is not proven.
 */
import type { Context } from "./context";
import type { ListRooms } from "./list-tags";
import { formatReference } from "./reference/format";
import { referrerEntries } from "./referrer-entries";
import type { Descriptor, Endpoint, Reference } from "./types";

export interface InspectedReferrers {
  /** As listed, each once. */
  readonly entries: readonly Descriptor[];
  /** A line for each endpoint that could not be asked, and may know of others. */
  readonly unasked: readonly string[];
}

/** @throws OciError where nobody could be asked, and for a list that cannot be read. */
export async function readReferrers(
  reference: Reference,
  digest: string,
  endpoints: readonly Endpoint[],
  rooms: ListRooms,
  context: Context,
): Promise<InspectedReferrers> {
  const { tag: _tag, ...repository } = reference;
  const listed = await loadList().listReferrers(endpoints, repository, digest, rooms, context);
  const subject = formatReference({ ...repository, digest });
  const entries = referrerEntries(listed.pages, subject, context.limits);
  const unasked = listed.unanswered.flatMap(({ details, fact }) =>
    details.length === 0 ? [fact] : details,
  );
  return Object.freeze({ entries, unasked: listed.isOriginHeard ? [] : Object.freeze(unasked) });
}

/** Few ask for referrers. */
function loadList(): typeof import("./list-referrers") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as in registry/client.ts
  return require("./list-referrers") as typeof import("./list-referrers");
}
