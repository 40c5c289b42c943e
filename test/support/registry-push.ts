/**
 * The writing half of the test registry: manifests, tags, deletes; uploads are registry-upload.ts.
 * Checks what the specification lets a registry check; never sends an answer.
 */
import { algorithmOf, digestOf, isDigest } from "../../provider/digest";
import { empty, failure, type Answer, type RegistryRequest } from "./registry-answer";
import { digestHeader } from "./registry-pull";
import { isObject, OCI_MANIFEST, parseObject, type RegistryStore } from "./registry-store";
import { upload } from "./registry-upload";
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
  if (quirks.wantsRepository === true && !store.repositories.has(name)) {
    return failure("NAME_UNKNOWN", `no repository ${name}`);
  }
  if (kind === "upload") return upload(request, store, quirks);
  if (kind === "manifest" && method === "PUT") return putManifest(request, store, quirks);
  if (method !== "DELETE" || (kind !== "manifest" && kind !== "blob")) {
    return failure("UNSUPPORTED", `${method} is not supported here`);
  }
  if (quirks.refusesDeletion !== undefined) {
    return failure("UNSUPPORTED", "nothing is deleted", { status: quirks.refusesDeletion });
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
  const tagged = isDigest(reference) ? undefined : repository.manifest(reference)?.digest;
  if (quirks.immutableTags !== undefined && (tagged ?? digest) !== digest) {
    const status = quirks.immutableTags;
    return failure("TAG_INVALID", `the tag ${reference} is immutable`, { status });
  }
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
