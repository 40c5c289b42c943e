/**
 * Where a redirect may lead and who gets which headers there. Pure; the one place that decides it,
 * for registries and token services alike.
 */

/** One request of a chain of redirects. */
export interface Hop {
  readonly url: URL;
  /** Still at the scheme, host and port where the chain began, and never away from it. */
  readonly atHome: boolean;
}

/** Headers that say nothing about the user; all others stay with the origin they were made for. */
const HARMLESS = new Set([
  "accept",
  "accept-encoding",
  "content-length",
  "content-range",
  "content-type",
  "range",
  "user-agent",
]);

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Whether the answer sends the client elsewhere. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/** The next hop, or in a clause why it is refused. */
export function followRedirect(from: Hop, location: string | undefined): Hop | string {
  if (location === undefined || location === "") return "redirects without saying where";
  if (!URL.canParse(location, from.url.href)) return "redirects to something that is no URL";
  const url = new URL(location, from.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return `redirects to ${url.protocol}, which is neither http: nor https:`;
  }
  if (from.url.protocol === "https:" && url.protocol === "http:") {
    return `redirects from HTTPS to plain HTTP at ${url.host}`;
  }
  url.username = "";
  url.password = "";
  return { url, atHome: from.atHome && url.origin === from.url.origin };
}

/** The headers that may go along to a hop. Once left, an origin gets its own back no more. */
export function headersFor(
  hop: Hop,
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (hop.atHome) return headers;
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => HARMLESS.has(name.toLowerCase())),
  );
}
