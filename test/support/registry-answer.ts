/**
 * What passes between the parts of the test registry: a request that was read, the answer to it,
 * the error bodies of the specification, and the reading of paths. No I/O.
 *
 * Rules: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Route } from "./registry-types";

/** A request whose body has arrived. */
export interface RegistryRequest extends Route {
  readonly method: string;
  /** Absolute, for its query and as the base of links. */
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A whole answer. Header names are in lower case; Content-Length is the body's unless given. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const EMPTY = new Uint8Array();

/** The codes of the specification, with the status that goes with each. */
const ERRORS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  TAG_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNSUPPORTED: 405,
} as const;

/** A code of the specification's error bodies. */
export type RegistryErrorCode = keyof typeof ERRORS;

/** An answer without a body. */
export function empty(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers, body: EMPTY };
}

/** An answer with a JSON body. */
export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body = Buffer.from(JSON.stringify(value));
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

/** An error of the specification; `status` overrides the code's own. */
export function failure(
  code: RegistryErrorCode,
  detail: string,
  options: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Answer {
  const message = code.toLowerCase().replaceAll("_", " ");
  const errors = [{ code, message, detail }];
  return json(options.status ?? ERRORS[code], { errors }, options.headers);
}

const PATTERNS: readonly (readonly [Route["kind"], RegExp])[] = [
  ["ping", /^\/v2\/?$/],
  // Under the paths of the distribution project, Harbor, Quay, Azure and Docker's own clients.
  ["token", /^\/(?:token|service\/token|v2\/auth|oauth2\/token|v2\/token)$/],
  ["storage", /\/signed\/(?<reference>[^/]+)$/],
  ["tags", /^\/v2\/(?<repository>.+)\/tags\/list$/],
  ["manifest", /^\/v2\/(?<repository>.+)\/manifests\/(?<reference>[^/]+)$/],
  ["upload", /^\/v2\/(?<repository>.+)\/blobs\/uploads(?:\/(?<reference>[^/]*))?$/],
  ["blob", /^\/v2\/(?<repository>.+)\/blobs\/(?<reference>[^/]+)$/],
  ["referrers", /^\/v2\/(?<repository>.+)\/referrers\/(?<reference>[^/]+)$/],
];

/** What a path (without query) is about. */
export function routeOf(path: string): Route {
  for (const [kind, pattern] of PATTERNS) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const { repository, reference } = match.groups ?? {};
    return {
      kind,
      ...(repository === undefined ? {} : { repository: decoded(repository) }),
      ...(reference === undefined || reference === "" ? {} : { reference: decoded(reference) }),
    };
  }
  return { kind: "other" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
