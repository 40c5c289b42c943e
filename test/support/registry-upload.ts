/**
 * The uploads of the test registry: begun or mounted by POST, sent by PUT or in chunks by PATCH, looked
 * at by GET, given up by DELETE. Changes the store; never sends an answer.
 *
 * Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
 */
import { randomUUID } from "node:crypto";
import { algorithmOf, digestOf, isDigest } from "../../provider/digest";
import { empty, failure, type Answer, type RegistryRequest } from "./registry-answer";
import { digestHeader } from "./registry-pull";
import type { RegistryStore } from "./registry-store";
import type { RegistryQuirks } from "./registry-types";

/** The answer to a request of an upload. */
export function upload(
  request: RegistryRequest,
  store: RegistryStore,
  quirks: RegistryQuirks,
): Answer {
  if (request.method === "POST") return beginUpload(request, store, quirks);
  const id = request.reference ?? "";
  const current = store.uploads.get(id);
  if (current === undefined || current.repository !== request.repository) {
    return failure("BLOB_UPLOAD_UNKNOWN", `no upload ${id}`);
  }
  switch (request.method) {
    case "GET":
      return uploadState(204, request, id, current.bytes.length, quirks);
    case "DELETE":
      store.uploads.delete(id);
      return empty(204);
    case "PATCH":
      return takeChunk(request, store, quirks, current.bytes);
    case "PUT":
      return closeUpload(request, store, quirks, current.bytes);
    default:
      return failure("UNSUPPORTED", `${request.method} is not supported here`);
  }
}

/** What an upload has got before its connection was cut. */
export function keepPart(
  { reference: id = "", repository = "" }: Pick<RegistryRequest, "reference" | "repository">,
  store: RegistryStore,
  part: Uint8Array,
): void {
  const before = store.uploads.get(id)?.bytes ?? Buffer.alloc(0);
  store.uploads.set(id, { repository, bytes: Buffer.concat([before, part]) });
}

function beginUpload(
  request: RegistryRequest,
  store: RegistryStore,
  quirks: RegistryQuirks,
): Answer {
  const query = request.url.searchParams;
  const name = request.repository ?? "";
  const mounted = quirks.uploads?.mountsNothing === true ? null : query.get("mount");
  const source = store.repositories.get(query.get("from") ?? "");
  const bytes = mounted === null ? undefined : source?.blob(mounted);
  if (mounted !== null && bytes !== undefined) {
    return finishUpload(name, mounted, bytes, store, quirks);
  }
  const digest = query.get("digest");
  if (digest !== null) return finishUpload(name, digest, request.body, store, quirks);
  const id = randomUUID();
  store.uploads.set(id, { repository: name, bytes: Buffer.alloc(0) });
  const answer = uploadState(202, request, id, 0, quirks);
  const { leastChunk, mostChunk } = quirks.uploads ?? {};
  const least = leastChunk === undefined ? {} : { "oci-chunk-min-length": String(leastChunk) };
  const most = mostChunk === undefined ? {} : { "oci-chunk-max-length": String(mostChunk) };
  return { ...answer, headers: { ...answer.headers, ...least, ...most } };
}

function takeChunk(
  request: RegistryRequest,
  store: RegistryStore,
  quirks: RegistryQuirks,
  before: Buffer,
): Answer {
  const { body, reference: id = "", repository: name = "" } = request;
  const { refusesChunks, losesChunks = false, mostChunk = Infinity } = quirks.uploads ?? {};
  if (refusesChunks !== undefined) {
    return failure("UNSUPPORTED", "no chunks here", { status: refusesChunks });
  }
  const range = /^(\d+)-(\d+)$/.exec(request.headers["content-range"] ?? "");
  const [, first = "0", last = String(before.length + body.length - 1)] = range ?? [];
  const isNext =
    Number(first) === before.length && Number(last) === before.length + body.length - 1;
  // Chunks come in order, and not too large; the answer says where to go on.
  if (range !== null && (!isNext || body.length > mostChunk)) {
    return uploadState(416, request, id, before.length, quirks);
  }
  const isLost = losesChunks && before.length > 0;
  const bytes = isLost ? before : Buffer.concat([before, body]);
  store.uploads.set(id, { repository: name, bytes });
  return uploadState(202, request, id, bytes.length, quirks);
}

function closeUpload(
  request: RegistryRequest,
  store: RegistryStore,
  quirks: RegistryQuirks,
  before: Buffer,
): Answer {
  const { body, reference: id = "", repository: name = "" } = request;
  const digest = request.url.searchParams.get("digest") ?? "";
  const answer = finishUpload(name, digest, Buffer.concat([before, body]), store, quirks);
  if (answer.status === 201) store.uploads.delete(id);
  return answer;
}

function finishUpload(
  name: string,
  digest: string,
  bytes: Uint8Array,
  store: RegistryStore,
  quirks: RegistryQuirks,
): Answer {
  if (!isDigest(digest) || digestOf(bytes, algorithmOf(digest)) !== digest) {
    return failure("DIGEST_INVALID", `the upload is not what ${digest} names`);
  }
  store.repository(name).putBlob(bytes, digest);
  const location = `/v2/${name}/blobs/${digest}`;
  return empty(201, { location, ...digestHeader(digest, quirks) });
}

function uploadState(
  status: number,
  { repository = "", url }: RegistryRequest,
  id: string,
  received: number,
  quirks: RegistryQuirks,
): Answer {
  const path = `/v2/${repository}/blobs/uploads/${id}`;
  const { location = "relative" } = quirks.uploads ?? {};
  const absolute = location === "absolute" ? new URL(path, url).href : path;
  return empty(status, {
    location: typeof location === "function" ? location(path) : absolute,
    range: `0-${Math.max(0, received - 1)}`,
    "docker-upload-uuid": id,
  });
}
