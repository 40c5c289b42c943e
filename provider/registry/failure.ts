/**
 * What a failed request means to the user: the one place that maps sockets, certificates and
 * statuses to errors with a code, a reason and a hint. Pure; it decides nothing about trying again.
 */
import { factOfTouching, hintOfDisk } from "../disk-facts";
import { OciError, systemCode } from "../errors";
import type { Endpoint } from "../types";
import { CERTIFICATE_WANTED, certificateAlert } from "./certificate-alert";
import { CERTIFICATE_FACTS } from "./certificate-facts";
import type { CredentialNote } from "./credential-note";
import { type Deadlines, overdue } from "./deadlines";
import { registryMessage, saysCertificateWanted, saysHttpsWanted } from "./message";
import { proxyFailure } from "./proxy-failure";
import { DEAD, isBroken } from "./retry";
import { isTlsFailure } from "./connection-errors";
import { type Failure, REACH_HINT, statusFailure, unreachable } from "./status-failure";
import type { Writing } from "./writing";

/** What was being done, and where. */
export interface Place {
  /** In the infinitive: "read the manifest of". */
  readonly verb: string;
  /** The reference, as the user knows it. */
  readonly subject: string;
  readonly endpoint: Endpoint;
  /** The server that failed; after a redirect, or at a token service, not the endpoint's. */
  readonly url: URL;
  readonly proxy?: URL | undefined;
  readonly signal: AbortSignal;
  readonly deadlines: Deadlines;
  readonly isTokenService?: boolean;
  /** What was being changed. */
  readonly writing?: Writing;
}

const UNKNOWN_AUTHORITY = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

const UNKNOWN: Failure = {
  code: "TLS",
  fact: "shows a certificate of an authority that is not trusted",
  hint: "add the authority's certificate to caCertificates, or to the system's store",
};

const SPEAKS_HTTP: Failure = {
  code: "PLAIN_HTTP",
  fact: "speaks plain HTTP where HTTPS was expected",
  hint: "if that is intended, set plainHttp: true for this registry",
};

const SPEAKS_HTTPS: Failure = {
  code: "PLAIN_HTTP",
  fact: "speaks HTTPS where plain HTTP was asked for",
  hint: "drop plainHttp: true for this registry",
};

const BY_CODE: ReadonlyMap<string, Failure> = new Map<string, Failure>([
  ...[...UNKNOWN_AUTHORITY].map((code) => [code, UNKNOWN] as const),
  ...[...CERTIFICATE_FACTS].map(([code, fact]) => [code, tls(fact)] as const),
  ["ENOTFOUND", unreachable("has a name that does not resolve")],
  ["EAI_AGAIN", unreachable("has a name that cannot be resolved now")],
  [
    "ECONNREFUSED",
    {
      ...unreachable("refuses connections"),
      hint: "check that a registry runs at this host and port, or try again later",
    },
  ],
]);

/** The client was closed under a request. */
const CLOSED = new Set(["UND_ERR_CLOSED", "UND_ERR_DESTROYED"]);

/** Codes of errors that are "cannot connect" or a handshake that timed out. */
const CONNECT_TIMEOUTS = new Set(["UND_ERR_CONNECT_TIMEOUT", "ETIMEDOUT"]);

/** Whether the certificate is of an authority that the client does not know. */
export function isUnknownAuthority(error: unknown): boolean {
  return UNKNOWN_AUTHORITY.has(systemCode(error) ?? "");
}

/**
 * Whether what is cached may serve in place of the registry: it cannot be connected to, the TLS
 * handshake timed out, it answers 5xx, or 429 after retries. Certificate errors, 401, 403, 404 and
 * wrong digests are no outage.
 */
export function isOutage(error: OciError): boolean {
  if (error.code === "UNREACHABLE" || error.code === "RATE_LIMITED") return true;
  if (error.code !== "TIMEOUT") return false;
  const { cause } = error;
  // Several endpoints failed: the last one leads.
  if (cause instanceof OciError) return isOutage(cause);
  return CONNECT_TIMEOUTS.has(systemCode(cause) ?? "");
}

/** The error of a request that got no answer, or not the whole of it. */
export function connectionError(place: Place, error: unknown): OciError {
  if (error instanceof OciError) return error;
  if (place.signal.aborted || CLOSED.has(systemCode(error) ?? "")) {
    const { verb, subject } = place;
    return new OciError({ code: "CANCELLED", verb, subject, fact: "it was cancelled" });
  }
  const local = ofThisMachine(place, error);
  if (local !== undefined) return local;
  const failure = classify(place, error);
  const reason = error instanceof Error ? reasonOf(error) : String(error);
  return failed(place, failure, reason, { cause: error });
}

/** Where this process may open nothing more, no connection either: no registry is to blame. */
function ofThisMachine({ verb, subject }: Place, cause: unknown): OciError | undefined {
  const code = systemCode(cause);
  if (code !== "EMFILE" && code !== "ENFILE") return undefined;
  const [fact = code, hint] = [factOfTouching(code), hintOfDisk(code)];
  return new OciError({ code: "STORE", verb, subject, fact, hint, cause });
}

/** The error of an answer that is not the wanted one. `body` is the beginning of what it said. */
export function statusError(
  place: Place,
  status: number,
  body: Buffer,
  credentials?: CredentialNote,
): OciError {
  const said = registryMessage(body);
  const reason = said === undefined ? `answered ${status}` : `answered ${status}, ${said}`;
  if (status === 400 && place.url.protocol === "http:" && saysHttpsWanted(body)) {
    return failed(place, SPEAKS_HTTPS, reason, { status });
  }
  if (status === 400 && saysCertificateWanted(body)) {
    return failed(place, { code: "TLS", ...CERTIFICATE_WANTED }, reason, { status });
  }
  const failure = statusFailure({ ...place, status, body, credentials });
  const details = credentials === undefined || !isRefusal(status) ? [] : [credentials.line];
  return failed(place, failure, reason, { status, details });
}

/** The error of an answer that breaks the protocol. */
export function protocolError(place: Place, fact: string, hint?: string): OciError {
  return failed(
    place,
    {
      code: "REGISTRY",
      fact,
      hint: hint ?? "tell the people who run it, or name another registry",
    },
    fact,
  );
}

/** The error of content that is not what its digest or descriptor says. */
export function contentError(place: Place, fact: string, reason = fact, cause?: unknown): OciError {
  const hint =
    "the registry or a proxy on the way is damaged or not to be trusted; push it again, or ask its people";
  return failed(place, { code: "DIGEST_MISMATCH", fact, hint }, reason, { cause });
}

/** Whether a status says who may not. */
export function isRefusal(status: number): boolean {
  return status === 401 || status === 403;
}

function classify(place: Place, error: unknown): Failure {
  const { url, deadlines, endpoint } = place;
  const code = systemCode(error) ?? "";
  const byProxy = proxyFailure(error, place);
  if (byProxy !== undefined) return byProxy;
  const known = BY_CODE.get(code);
  if (known === UNKNOWN) {
    // What lies in certs.d without effect is most likely what was meant to be trusted.
    return { ...UNKNOWN, hint: [...(endpoint.tls.notes ?? []), UNKNOWN.hint].join("; or ") };
  }
  if (known !== undefined) return known;
  const late = overdue(error, deadlines);
  if (late !== undefined) return { code: "TIMEOUT", ...late };
  const isHome = url.origin === originOf(endpoint).origin;
  const isGiven = endpoint.clientCertificate !== undefined;
  const alert = certificateAlert(error, { isGiven, isHome });
  if (alert !== undefined) return { code: "TLS", ...alert };
  const text = error instanceof Error ? error.message : "";
  if (/wrong version number|packet length too long|http request/i.test(text)) return SPEAKS_HTTP;
  if (error instanceof Error && error.name === "HTTPParserError" && !isBroken(error)) {
    // The alert with which TLS servers answer what is no handshake.
    if (url.protocol === "http:" && startsWithTlsAlert(error)) return SPEAKS_HTTPS;
    return { code: "REGISTRY", fact: "does not speak HTTP", hint: "check its host and port" };
  }
  if (isTlsFailure(error)) {
    return tls("and this client agree on no TLS connection");
  }
  if (url.protocol === "http:" && code === "UND_ERR_SOCKET") {
    const hint = `${REACH_HINT}; if it speaks HTTPS, drop plainHttp: true`;
    return { ...unreachable("closed the connection"), hint };
  }
  if (isBroken(error)) return unreachable("closed the connection");
  if (DEAD.has(code)) return unreachable("cannot be reached");
  return { code: "REGISTRY", fact: "cannot be talked to", hint: REACH_HINT };
}

function startsWithTlsAlert(error: unknown): boolean {
  const data = error instanceof Error && "data" in error ? String(error.data) : "";
  return data.startsWith("\u0015\u0003");
}

function tls(fact: string): Failure {
  return {
    code: "TLS",
    fact,
    hint: "check the registry's name and certificate, and this machine's clock",
  };
}

function reasonOf(error: Error): string {
  // Happy eyeballs: one error for each address that was tried.
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors
      .map((each) => (each instanceof Error ? each.message : String(each)))
      .join(", ");
  }
  // OpenSSL's message is for its own people; the reason in it is for all.
  if ("reason" in error && typeof error.reason === "string") return error.reason;
  const openssl = /:SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1];
  if (openssl !== undefined) return openssl;
  return error.message === "" ? (systemCode(error) ?? error.name) : error.message;
}

function failed(
  place: Place,
  { code, fact, hint }: Failure,
  reason: string,
  more: Pick<ConstructorParameters<typeof OciError>[0], "cause" | "details" | "status"> = {},
): OciError {
  const { verb, subject } = place;
  return new OciError({
    code,
    verb,
    subject,
    fact: `${whoOf(place)} ${fact}`,
    ...more,
    details: [`${lineStart(place)}: ${told(place, fact, reason)}`, ...(more.details ?? [])],
    hint,
  });
}

function whoOf({ endpoint, url, isTokenService }: Place): string {
  if (isTokenService === true) return "the token service";
  if (url.origin !== originOf(endpoint).origin) return "the host it redirects to";
  return endpoint.role === "mirror" ? "the mirror" : "the registry";
}

/** Where a mirror is one of many, its line is all that is ever said of it. */
function told({ endpoint }: Place, fact: string, reason: string): string {
  return endpoint.role === "origin" || fact === reason ? reason : `${fact} (${reason})`;
}

/** The endpoint, and behind it who else failed. */
function lineStart({ endpoint, url, isTokenService, proxy }: Place): string {
  const { origin } = originOf(endpoint);
  const name = nameOfEndpoint(endpoint);
  const through = proxy === undefined ? "" : ` (by the proxy ${proxy.origin})`;
  if (isTokenService === true) return `${name}: ${url.origin}${url.pathname}${through}`;
  return url.origin === origin ? `${name}${through}` : `${name}: ${url.origin}${through}`;
}

/** As lines call it: "https://ghcr.io", "mirror https://host/ghcr/team/app", "image layout /srv/x". */
export function nameOfEndpoint(endpoint: Endpoint): string {
  if (endpoint.layout !== undefined) return `image layout ${endpoint.layout}`;
  const { origin } = originOf(endpoint);
  return endpoint.role === "mirror" ? `mirror ${origin}/${endpoint.repository}` : origin;
}

/** `https://host` of an endpoint. */
export function originOf(endpoint: Pick<Endpoint, "plainHttp" | "host">): URL {
  return new URL(`${endpoint.plainHttp ? "http" : "https"}://${endpoint.host}`);
}
