/**
 * The access log of the real distribution registry, request by request. Reads what it printed, and
 * asks it nothing.
 */
import type { Distribution } from "./distribution";

/** `GET /v2/team/app/manifests/1 200`, by the order of the answers. */
export function requestsOf({ log }: Pick<Distribution, "log">): readonly string[] {
  return [...log().matchAll(/"(?<asked>[A-Z]+ \S+) HTTP\/[\d.]+" (?<status>\d{3}) /g)].map(
    ({ groups = {} }) => `${groups["asked"] ?? ""} ${groups["status"] ?? ""}`,
  );
}
