/**
 * What a failed request says of the host that was asked: that it is in trouble, that it lied, or
 * neither, because it only does not have one thing. Pure; what follows from that is for who asks.
 */
import type { ErrorCode, OciError } from "../errors";

/** Codes that say something of a host, and not of one repository or one document on it. */
const OF_A_HOST: ReadonlySet<ErrorCode> = new Set([
  "UNREACHABLE",
  "TIMEOUT",
  "TLS",
  "PLAIN_HTTP",
  "RATE_LIMITED",
]);

/** Whether the next request to the same host is likely to fail too, after the same time. */
export function isHostFailure({ code, cause }: OciError): boolean {
  // A cause is a connection's; what an answer says has none.
  const isOfConnection = code === "REGISTRY" || code === "DIGEST_MISMATCH";
  return OF_A_HOST.has(code) || (isOfConnection && cause !== undefined);
}

/** Whether whole and unbroken bytes came that are not those of the digest. */
export function isLie({ code, cause }: OciError): boolean {
  return code === "DIGEST_MISMATCH" && cause === undefined;
}
