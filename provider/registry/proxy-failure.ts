/**
 * What a failed request says about the proxy it went through: that nobody is there, that it wants a
 * login, or that it does not connect. Pure; knows nothing of the registry behind it.
 */
import { type ErrorCode, systemCode } from "../errors";
import { type Deadlines, overdue } from "./deadlines";
import { DEAD } from "./retry";

/** Why it failed; the fact follows "the registry" (or who else is behind the proxy). */
interface ProxyFailure {
  readonly code: ErrorCode;
  readonly fact: string;
  readonly hint: string;
}

/** The way of a request that failed. */
interface Way {
  readonly url: URL;
  readonly proxy?: URL | undefined;
  readonly deadlines: Deadlines;
}

const WITHOUT = "if the host is reached without, name it in NO_PROXY, or set proxy to none";

const WANTS_LOGIN: ProxyFailure = {
  code: "CONFIG",
  fact: "is behind a proxy that asks for a login",
  hint: "put user:password@ before the proxy's host, in proxy, HTTPS_PROXY or HTTP_PROXY",
};

const REFUSES: ProxyFailure = {
  code: "UNREACHABLE",
  fact: "is behind a proxy that does not connect to it",
  hint: `ask the proxy's people; ${WITHOUT}`,
};

const GONE: ProxyFailure = {
  code: "UNREACHABLE",
  fact: "is behind a proxy that cannot be reached",
  hint: `check the proxy in the input "proxy", HTTPS_PROXY or HTTP_PROXY; ${WITHOUT}`,
};

/** What the proxy did wrong, if it was the proxy; a deadline that ran out is named in the hint. */
export function proxyFailure(error: unknown, way: Way): ProxyFailure | undefined {
  if (way.proxy === undefined || !(error instanceof Error)) return undefined;
  const [, status] = /^Proxy (?:response|Authentication)[^(]*\((\d{3})\)/.exec(error.message) ?? [];
  if (status !== undefined) return status === "407" ? WANTS_LOGIN : REFUSES;
  if (!isUnreached(error, way.url)) return undefined;
  const late = overdue(error, way.deadlines);
  return late === undefined
    ? GONE
    : { ...GONE, code: "TIMEOUT", hint: `${GONE.hint}; or ${late.hint}` };
}

/** Behind a proxy, names and addresses are the proxy's: nothing else is resolved or dialed. */
function isUnreached(error: Error, url: URL): boolean {
  const code = systemCode(error) ?? "";
  // The proxy was there, and is silent.
  if (code === "UND_ERR_HEADERS_TIMEOUT" || !DEAD.has(code)) return false;
  // A handshake in the tunnel is late by the same code; undici's text alone tells with whom.
  const port = url.port === "" ? "443" : url.port;
  return !error.message.includes(`(attempted address: ${url.hostname}:${port},`);
}
