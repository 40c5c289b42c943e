/**
 * An upload under way, as the answers of a registry tell of it: where it goes on, from which byte, and
 * in what pieces. Pure; the one place that decides where an upload may lead.
 *
 * Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push
 */
import type { Endpoint } from "../types";
import { UPLOAD_HINT } from "./credential-note";
import type { Reply } from "./exchange";
import { originOf, protocolError } from "./failure";

export interface UploadSession {
  /** The registry, over the scheme that it turned out to speak. */
  readonly endpoint: Endpoint;
  /** The host of the next request is not always the registry: then no credential goes there. */
  readonly location: URL;
  /** Bytes that the registry has. */
  readonly offset: number;
  /** Bounds of a chunk, in bytes, where the registry names them. */
  readonly leastChunk?: number;
  readonly mostChunk?: number;
}

/** The session that an answer begins. @throws OciError where it may not lead there. */
export function begunSession(reply: Reply): UploadSession {
  const least = lengthIn(reply, "oci-chunk-min-length");
  const most = lengthIn(reply, "oci-chunk-max-length");
  const location = reply.header("location") ?? "";
  if (location === "") throw protocolError(reply.place, "begins an upload without saying where");
  return Object.freeze({
    endpoint: reply.place.endpoint,
    location: placeOf(reply, location),
    offset: 0,
    ...(least === undefined ? {} : { leastChunk: least }),
    ...(most === undefined ? {} : { mostChunk: most }),
  });
}

/** The session after an answer; each may name a new place. */
export function nextSession(session: UploadSession, reply: Reply, offset: number): UploadSession {
  const text = reply.header("location") ?? "";
  if (text === "") return Object.freeze({ ...session, offset });
  const location = placeOf(reply, text);
  if (!isHome(session, session.location) && isHome(session, location)) {
    // What another host names, it names with the credentials of the registry in mind.
    throw protocolError(reply.place, "leads the upload back to the registry that sent it there");
  }
  return Object.freeze({ ...session, location, offset });
}

/**
 * Bytes that the registry has, by the Range of its answer; undefined where it does not say. `0-0` is
 * what an empty upload and one of a single byte have in common: it counts as empty.
 */
export function receivedBytes(reply: Reply): number | undefined {
  const last = /^(?:bytes[= ])?0-(\d+)$/.exec(reply.header("range") ?? "")?.[1];
  if (last === undefined) return undefined;
  return last === "0" ? 0 : Number(last) + 1;
}

/** Where the upload is closed. The query that is there stays as it is: it may be signed. */
export function closingUrl({ location }: UploadSession, digest: string): URL {
  const url = new URL(location);
  const parameter = `digest=${encodeURIComponent(digest)}`;
  url.search = url.search === "" ? parameter : `${url.search}&${parameter}`;
  return url;
}

/** Whether a place is the registry's own. */
export function isHome({ endpoint }: UploadSession, url: URL): boolean {
  return url.origin === originOf(endpoint).origin;
}

function placeOf({ place }: Reply, location: string): URL {
  if (!URL.canParse(location, place.url.href)) {
    throw protocolError(place, "leads the upload to something that is no URL");
  }
  const url = new URL(location, place.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw protocolError(place, `leads the upload to ${url.protocol}, neither http: nor https:`);
  }
  if (place.url.protocol === "https:" && url.protocol === "http:") {
    const fact = `leads the upload from HTTPS to plain HTTP at ${url.host}`;
    throw protocolError(place, fact, UPLOAD_HINT);
  }
  url.username = "";
  url.password = "";
  url.hash = "";
  return url;
}

function lengthIn(reply: Reply, name: string): number | undefined {
  const text = reply.header(name) ?? "";
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}
