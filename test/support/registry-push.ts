/**
 * The writing half of the test registry: uploads (whole, in chunks, mounted), manifests, deletes.
 * Checks what the specification lets a registry check; never sends an answer.
 */
import { randomUUID } from "node:crypto";
import { algorithmOf, digestOf, isDigest } from "../../provider/digest";
import { empty, failure, type Answer, type RegistryRequest } from "./registry-answer";
import { digestHeader } from "./registry-pull";
import { isObject, OCI_MANIFEST, parseObject, type RegistryStore } from "./registry-store";
import type { RegistryQuirks, TestRepository } from "./registry-types";

/** Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests */
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** The answer to a request that changes the store. */
export function push(
  request: RegistryRequest,
  store: RegistryStore,
  quirks: RegistryQuirks,
): Answer {
  const name = request.repository ?? "";
  if (!NAME.test(name)) return failure("NAME_INVALID", `not a repository: ${name}`);
  const { kind, method } = request;
  if (kind === "upload") return upload(request, store, quirks);
  if (kind === "manifest" && method === "PUT") return putManifest(request, store, quirks);
  if (method !== "DELETE" || (kind !== "manifest" && kind !== "blob")) {
    return failure("UNSUPPORTED", `${method} is not supported here`);
  }
  const repository = store.repositories.get(name);
  if (repository === undefined) return failure("NAME_UNKNOWN", `no repository ${name}`);
  return remove(request, repository);
}

function remove(request: RegistryRequest, repository: TestRepository): Answer {
  const reference = request.reference ?? "";
  if (request.kind === "blob") {
    return repository.deleteBlob(reference)
      ? empty(202)
      : failure("BLOB_UNKNOWN", `no blob ${reference}`);
  }
  const removed = isDigest(reference)
    ? repository.deleteManifest(reference)
    : repository.untag(reference);
  return removed ? empty(202) : failure("MANIFEST_UNKNOWN", `no manifest ${reference}`);
}

function putManifest(
  request: RegistryRequest,
  store: RegistryStore,
  quirks: RegistryQuirks,
): Answer {
  const { body, reference = "", repository: name = "" } = request;
  const document = parseObject(body);
  if (document === undefined) return failure("MANIFEST_INVALID", "the manifest is no JSON object");
  if (!isDigest(reference) && !TAG.test(reference)) {
    return failure("MANIFEST_INVALID", `neither tag nor digest: ${reference}`);
  }
  const digest = digestOf(body, algorithmOf(reference));
  if (isDigest(reference) && digest !== reference) {
    return failure("DIGEST_INVALID", `the manifest has the digest ${digest}`);
  }
  const repository = store.repository(name);
  const missing = references(document).find(
    (wanted) => repository.blob(wanted) === undefined && repository.manifest(wanted) === undefined,
  );
  if (missing !== undefined) return failure("MANIFEST_BLOB_UNKNOWN", `no blob ${missing}`);
  repository.putManifest(body, {
    digest,
    mediaType: request.headers["content-type"] ?? OCI_MANIFEST,
    ...(isDigest(reference) ? {} : { tag: reference }),
  });
  const subject = digestIn(document["subject"]);
  return empty(201, {
    location: `/v2/${name}/manifests/${digest}`,
    ...digestHeader(digest, quirks),
    ...(subject === undefined || quirks.omitReferrers === true ? {} : { "oci-subject": subject }),
  });
}

/** Digests that a manifest or index cannot do without; a subject may come later. */
function references(document: Readonly<Record<string, unknown>>): readonly string[] {
  const { config, layers, manifests } = document;
  return [config, ...asList(layers), ...asList(manifests)].flatMap(
    (value) => digestIn(value) ?? [],
  );
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function digestIn(value: unknown): string | undefined {
  if (!isObject(value) || typeof value["digest"] !== "string") return undefined;
  return value["digest"];
}

function upload(request: RegistryRequest, store: RegistryStore, quirks: RegistryQuirks): Answer {
  if (request.method === "POST") return beginUpload(request, store, quirks);
  const id = request.reference ?? "";
  const current = store.uploads.get(id);
  if (current === undefined || current.repository !== request.repository) {
    return failure("BLOB_UPLOAD_UNKNOWN", `no upload ${id}`);
  }
  switch (request.method) {
    case "GET":
      return uploadState(204, current.repository, id, current.bytes.length);
    case "DELETE":
      store.uploads.delete(id);
      return empty(204);
    case "PATCH":
    case "PUT":
      return continueUpload(request, store, quirks, current.bytes);
    default:
      return failure("UNSUPPORTED", `${request.method} is not supported here`);
  }
}

function beginUpload(
  request: RegistryRequest,
  store: RegistryStore,
  quirks: RegistryQuirks,
): Answer {
  const query = request.url.searchParams;
  const name = request.repository ?? "";
  const mounted = query.get("mount");
  const source = store.repositories.get(query.get("from") ?? "");
  const bytes = mounted === null ? undefined : source?.blob(mounted);
  if (mounted !== null && bytes !== undefined) {
    return finishUpload(name, mounted, bytes, store, quirks);
  }
  const digest = query.get("digest");
  if (digest !== null) return finishUpload(name, digest, request.body, store, quirks);
  const id = randomUUID();
  store.uploads.set(id, { repository: name, bytes: Buffer.alloc(0) });
  return uploadState(202, name, id, 0);
}

function continueUpload(
  request: RegistryRequest,
  store: RegistryStore,
  quirks: RegistryQuirks,
  before: Buffer,
): Answer {
  const { reference: id = "", repository: name = "" } = request;
  const range = /^(\d+)-(\d+)$/.exec(request.headers["content-range"] ?? "");
  if (range !== null && Number(range[1]) !== before.length) {
    // Chunks come in order; the answer says where to go on.
    return uploadState(416, name, id, before.length);
  }
  const bytes = Buffer.concat([before, request.body]);
  if (request.method === "PATCH") {
    store.uploads.set(id, { repository: name, bytes });
    return uploadState(202, name, id, bytes.length);
  }
  const answer = finishUpload(
    name,
    request.url.searchParams.get("digest") ?? "",
    bytes,
    store,
    quirks,
  );
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

function uploadState(status: number, name: string, id: string, received: number): Answer {
  return empty(status, {
    location: `/v2/${name}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, received - 1)}`,
    "docker-upload-uuid": id,
  });
}
