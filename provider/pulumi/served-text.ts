/**
 * The words for who has served. Pure.
 */
import type { Located, PullRequest } from "../pull";
import { nameOfEndpoint } from "../registry/failure";

/** Who has served, where there was a choice; undefined where there was none, or the cache had it all. */
export function servedText(
  { servedBy }: Pick<Located, "servedBy">,
  { endpoints }: Pick<PullRequest, "endpoints">,
): string | undefined {
  if (servedBy === undefined || (servedBy.role === "origin" && endpoints.length === 1)) {
    return undefined;
  }
  const name = nameOfEndpoint(servedBy);
  // Which of the two it came to is not known here.
  return `served by ${servedBy.fallsBackToHttp === true ? name.replace("https://", "") : name}`;
}
