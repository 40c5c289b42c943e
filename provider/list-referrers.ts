/**
 * Who refers to a manifest, whoever lists them. The first list that holds anything counts. An empty
 * one says that nobody refers only where each endpoint could be asked; it reads the indexes no further.
 */
import { Round } from "./ask-round";
import type { Context } from "./context";
import type { OciError } from "./errors";
import type { ListRooms } from "./list-tags";
import { formatReference } from "./reference/format";
import type { ReferrersPage } from "./registry/referrers";
import type { Endpoint, Reference } from "./types";

export interface ListedReferrers {
  /** Indexes; empty where nobody who answered lists anything. */
  readonly pages: readonly ReferrersPage[];
  /** Whose the pages are; absent where there are none. */
  readonly servedBy?: Endpoint;
  /** Of endpoints that may have known of some: with these, no pages do not mean that nobody refers. */
  readonly unanswered: readonly OciError[];
  /** The registry itself has answered: what mirrors could not be asked for is no part of its word. */
  readonly isOriginHeard: boolean;
}

/**
 * The referrers of `digest`, asked for endpoint by endpoint.
 *
 * @throws OciError where no endpoint answered at all, with a line for each.
 */
export async function listReferrers(
  endpoints: readonly Endpoint[],
  reference: Reference,
  digest: string,
  rooms: ListRooms,
  context: Context,
): Promise<ListedReferrers> {
  const subject = formatReference({ ...reference, digest });
  const inquiry = { subject, wanted: `the referrers of ${digest}` };
  const round = new Round(endpoints, inquiry, rooms, context);
  const unanswered = (): readonly OciError[] =>
    Object.freeze(round.attempts().map(({ failure }) => failure));
  const heard: Endpoint[] = [];
  const isOriginHeard = (): boolean => heard.some(({ role }) => role === "origin");
  for (let turn = round.next(); turn !== undefined; turn = round.next()) {
    const { endpoint, asking } = turn;
    try {
      const pages = await rooms.client.getReferrers(endpoint, digest, asking);
      round.answered(endpoint);
      heard.push(endpoint);
      if (pages.some(holdsAny)) {
        const known = { unanswered: unanswered(), isOriginHeard: isOriginHeard() };
        return Object.freeze({ pages, servedBy: endpoint, ...known });
      }
    } catch (error) {
      round.failed(endpoint, error);
    }
  }
  if (heard.length === 0) throw round.error();
  return Object.freeze({ pages: [], unanswered: unanswered(), isOriginHeard: isOriginHeard() });
}

/** What is no index is for the reader to refuse; to pass over it would hide what it should hold. */
function holdsAny({ bytes }: ReferrersPage): boolean {
  try {
    const document: unknown = JSON.parse(bytes.toString("utf8"));
    const isObject = typeof document === "object" && document !== null;
    const manifests: unknown = isObject && "manifests" in document ? document.manifests : undefined;
    return !Array.isArray(manifests) || manifests.length > 0;
  } catch {
    return true;
  }
}
