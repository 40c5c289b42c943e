/**
 * What a layout that cannot be read means to the user. One that is not there is out of reach, like a
 * registry without a network: what is cached goes on. One that is damaged is an error. Pure.
 */
import { asOciError, type ErrorCode, OciError, systemCode } from "../errors";
import { formatReference } from "../reference/format";
import { nameOfEndpoint } from "../registry/failure";
import type { Endpoint } from "../types";

/** What was being done, and with which layout. */
export interface Place {
  /** In the infinitive: "read the manifest of". */
  readonly verb: string;
  /** The reference, as the user knows it. */
  readonly subject: string;
  readonly endpoint: Endpoint;
}

interface Failure {
  readonly fact: string;
  readonly hint: string;
  /** Default LAYOUT. */
  readonly code?: ErrorCode;
  /** Lines behind the name of the layout. Default: the fact. */
  readonly reasons?: readonly string[];
  readonly cause?: unknown;
}

/** Says what the layout named by the endpoint is asked for. */
export function placeOf(
  verb: string,
  endpoint: Endpoint,
  name: { readonly tag?: string; readonly digest?: string } = {},
): Place {
  const { registry, repository } = endpoint;
  return { verb, endpoint, subject: formatReference({ registry, repository, ...name }) };
}

/** The error, with a line that has the layout's absolute path. */
export function layoutError(
  { verb, subject, endpoint }: Place,
  { fact, hint, code = "LAYOUT", reasons = [fact], cause }: Failure,
): OciError {
  const name = nameOfEndpoint(endpoint);
  const details = reasons.map((reason) => `${name}: ${reason}`);
  return new OciError({
    code,
    verb,
    subject,
    fact: `the image layout ${fact}`,
    details,
    hint,
    cause,
  });
}

/** Missing, or on a medium that does not answer. */
const GONE: ReadonlySet<string> = new Set([
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EIO",
  "ENODEV",
  "ENOENT",
  "ENOTCONN",
  "ENOTDIR",
  "ENXIO",
  "ESTALE",
  "ETIMEDOUT",
]);

const GONE_HINT = "check the path, and whether its medium is there and mounted";

/** What the operating system's refusal means. */
export function accessError(place: Place, error: unknown): OciError {
  if (error instanceof OciError) return error;
  const code = systemCode(error);
  if (code === undefined) return asOciError(error, place.verb, place.subject);
  const reasons = [code];
  if (code === "ENOENT" || code === "ENOTDIR") {
    const fact = "is not there";
    return layoutError(place, {
      code: "UNREACHABLE",
      fact,
      hint: GONE_HINT,
      reasons,
      cause: error,
    });
  }
  if (GONE.has(code)) {
    const fact = "cannot be read";
    return layoutError(place, {
      code: "UNREACHABLE",
      fact,
      hint: GONE_HINT,
      reasons,
      cause: error,
    });
  }
  const hint = "make the folder or file, and all that is in it, readable for this user";
  const fact = "may not be read";
  return layoutError(place, { code: "STORE", fact, hint, reasons, cause: error });
}

/** A folder without anything: a medium that is not mounted shows as one. */
export function emptyError(place: Place): OciError {
  const fact = "is an empty folder";
  return layoutError(place, { code: "UNREACHABLE", fact, hint: GONE_HINT });
}

/** The layout breaks its format. */
export function damaged(place: Place, fact: string, hint = MAKE_ANEW): OciError {
  return layoutError(place, { fact, hint });
}

const MAKE_ANEW =
  "make it anew, with `oras cp --to-oci-layout`, `crane pull --format=oci` or `skopeo copy … oci:…`";

/** Its bytes are not those of the digest or the descriptor. */
export function wrongBytes(place: Place, fact: string): OciError {
  const hint = "it is damaged or not to be trusted: copy the artifact into it again";
  return layoutError(place, { code: "DIGEST_MISMATCH", fact, hint });
}

/** What is asked for is not in it. */
export function notThere(
  place: Place,
  fact: string,
  hint: string,
  reasons: readonly string[] = [fact],
): OciError {
  return layoutError(place, { code: "NOT_FOUND", fact, hint, reasons });
}

/** The user's signal came. */
export function throwIfCancelled({ verb, subject }: Place, signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new OciError({ code: "CANCELLED", verb, subject, fact: "it was cancelled" });
}
