/**
 * The words for who has served. Pure.
 */
import type { EndpointHealth } from "../endpoint-health";
import type { Located, PullRequest } from "../pull";
import { nameOfEndpoint } from "../registry/failure";

/**
 * Who has served, where there was a choice; undefined where there was none, where the cache had it
 * all, and of a mirror that sent something wrong: of that a warning tells.
 */
export function servedText(
  { servedBy }: Pick<Located, "servedBy">,
  { endpoints }: Pick<PullRequest, "endpoints">,
  health: Pick<EndpointHealth, "lieOf">,
): string | undefined {
  if (servedBy === undefined || health.lieOf(servedBy) !== undefined) return undefined;
  if (servedBy.role === "origin" && endpoints.length === 1) return undefined;
  const name = nameOfEndpoint(servedBy);
  // Which of the two it came to is not known here.
  return `served by ${servedBy.fallsBackToHttp === true ? name.replace("https://", "") : name}`;
}
