/**
 * The request log of the test registry. An entry is made when a request arrives and gets its status
 * before the status line leaves, so that it is complete when a client has read the answer.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { routeOf } from "./registry-answer";
import type { LoggedRequest, RequestFilter } from "./registry-types";

/** The part of an entry that comes later than the request line. */
interface OpenEntry extends LoggedRequest {
  status?: number;
  form?: string;
}

/** An entry for a request that has just arrived. */
export function openEntry(
  request: IncomingMessage,
  response: ServerResponse,
  server: LoggedRequest["server"],
): OpenEntry {
  const path = request.url ?? "/";
  const entry: OpenEntry = {
    ...routeOf(path.split("?", 1)[0] ?? path),
    method: request.method ?? "GET",
    path,
    headers: request.headers,
    host: request.headers.host ?? "",
    server,
    authorization: authorizationKind(request.headers.authorization),
    at: Date.now(),
  };
  noteStatus(response, (status) => {
    entry.status = status;
  });
  return entry;
}

/** Whether a logged request is one of those that the filter selects. */
export function matchesFilter(request: LoggedRequest, filter: RequestFilter): boolean {
  const { method, kind, repository, reference, status } = filter;
  if (method !== undefined && request.method !== method) return false;
  if (kind !== undefined && request.kind !== kind) return false;
  if (repository !== undefined && request.repository !== repository) return false;
  if (status !== undefined && request.status !== status) return false;
  if (reference === undefined) return true;
  if (typeof reference === "string") return request.reference === reference;
  return request.reference !== undefined && reference(request.reference);
}

function authorizationKind(header: string | undefined): LoggedRequest["authorization"] {
  if (header === undefined) return "none";
  const scheme = header.split(" ", 1)[0]?.toLowerCase();
  return scheme === "basic" || scheme === "bearer" ? scheme : "other";
}

/** Node calls `writeHead` for every status line, also where a handler only ever calls `end`. */
function noteStatus(response: ServerResponse, note: (status: number) => void): void {
  const original = response.writeHead.bind(response) as (...parts: unknown[]) => ServerResponse;
  response.writeHead = (status: number, ...rest: unknown[]): ServerResponse => {
    note(status);
    return original(status, ...rest);
  };
}
