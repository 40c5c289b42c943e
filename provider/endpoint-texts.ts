/**
 * The words for an endpoint that failed while another one serves. What is said when nobody serves is
 * nobody-answered.ts. Pure.
 */
import type { ErrorCode, OciError } from "./errors";
import { nameOfEndpoint } from "./registry/failure";
import type { Endpoint } from "./types";

/** Of these, an option for that endpoint mends it, or a file of this machine; the others may pass. */
const MENDED_HERE: ReadonlySet<ErrorCode> = new Set(["CONFIG", "PLAIN_HTTP", "TLS"]);

/** In the middle of something: who went on. */
export function wentOnText(failed: Endpoint, failure: OciError, next: Endpoint): string {
  return `went on at ${nameOfEndpoint(next)} after ${nameOfEndpoint(failed)} failed: ${reasonOf(failed, failure)}`;
}

/** A mirror whose host is in trouble, or whose certificates here cannot be used. */
export function unusedText(mirror: Endpoint, failure: OciError): string {
  const reason =
    mirror.unusable === failure
      ? `${failure.subject}: ${failure.fact}`
      : `${reasonOf(mirror, failure)}; it is asked last from now on`;
  const { code, hint } = failure;
  const advice = hint !== undefined && MENDED_HERE.has(code) ? `\nhint: ${hint}` : "";
  return `${nameOfEndpoint(mirror)} cannot be used: ${reason}${advice}`;
}

/** What its own line says behind its name. */
function reasonOf(endpoint: Endpoint, { details, fact }: OciError): string {
  const name = nameOfEndpoint(endpoint);
  const [line = ""] = details;
  return line.startsWith(`${name}: `) ? line.slice(name.length + 2) : fact;
}
