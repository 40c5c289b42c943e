/**
 * The reading half of the test registry: ping, manifests, blobs with ranges, tag pages, referrers.
 * Computes answers from the store; never sends one and never changes the store.
 */
import { isDigest } from "../../provider/digest";
import { empty, failure, json, type Answer, type RegistryRequest } from "./registry-answer";
import { isObject, OCI_MANIFEST, parseObject, type RegistryStore } from "./registry-store";
import type { RegistryQuirks, StoredManifest, TestRepository } from "./registry-types";

const OCI_INDEX = "application/vnd.oci.image.index.v1+json";

/** The answer to a GET or HEAD. Of a HEAD the body is left out when it is sent. */
export function pull(
  request: RegistryRequest,
  store: RegistryStore,
  quirks: RegistryQuirks,
): Answer {
  if (request.kind === "ping") {
    return json(200, {}, { "docker-distribution-api-version": "registry/2.0" });
  }
  const repository = store.repositories.get(request.repository ?? "");
  if (repository === undefined) {
    return failure("NAME_UNKNOWN", `no repository ${request.repository ?? ""}`);
  }
  if (quirks.isPullThrough === true && !isImported(request, repository, store)) {
    const code = request.kind === "blob" ? "BLOB_UNKNOWN" : "MANIFEST_UNKNOWN";
    return failure(code, "not in the cache yet");
  }
  switch (request.kind) {
    case "manifest":
      return pullManifest(request, repository, quirks);
    case "blob":
      return pullBlob(request, repository, quirks);
    case "tags":
      return listTags(request, repository, quirks);
    case "referrers":
      return quirks.omitReferrers === true ? empty(404) : listReferrers(request, repository);
    default:
      return empty(404);
  }
}

/** A cache fetches when a tag is asked for by GET, and knows the repository from then on. */
function isImported(
  { kind, method, reference = "" }: RegistryRequest,
  repository: TestRepository,
  { imported }: RegistryStore,
): boolean {
  const isFetch = kind === "manifest" && method === "GET" && !isDigest(reference);
  if (isFetch && repository.manifest(reference) !== undefined) imported.add(repository.name);
  return imported.has(repository.name);
}

function pullManifest(
  request: RegistryRequest,
  repository: TestRepository,
  quirks: RegistryQuirks,
): Answer {
  const reference = request.reference ?? "";
  const manifest = repository.manifest(reference);
  if (manifest === undefined) return failure("MANIFEST_UNKNOWN", `no manifest ${reference}`);
  if (!isAccepted(request.headers.accept, manifest.mediaType)) {
    // The strict reading, as of distribution 2: who forgets a type in Accept does not find it.
    return failure("MANIFEST_UNKNOWN", `the request does not accept ${manifest.mediaType}`);
  }
  const headers = { "content-type": manifest.mediaType, ...digestHeader(manifest.digest, quirks) };
  return { status: 200, headers, body: manifest.bytes };
}

function isAccepted(accept: string | undefined, mediaType: string): boolean {
  if (accept === undefined) return true;
  const accepted = accept.split(",").map((entry) => entry.split(";", 1)[0]?.trim());
  return ["*/*", "application/*", mediaType].some((type) => accepted.includes(type));
}

function pullBlob(
  request: RegistryRequest,
  repository: TestRepository,
  quirks: RegistryQuirks,
): Answer {
  const digest = request.reference ?? "";
  if (!isDigest(digest)) return failure("DIGEST_INVALID", `not a digest: ${digest}`);
  const bytes = repository.blob(digest);
  if (bytes === undefined) return failure("BLOB_UNKNOWN", `no blob ${digest}`);
  return blobAnswer(request, bytes, digestHeader(digest, quirks));
}

/** The bytes, or the range of them that is asked for. */
export function blobAnswer(
  request: RegistryRequest,
  bytes: Uint8Array,
  more: Readonly<Record<string, string>> = {},
): Answer {
  const headers = {
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    ...more,
  };
  const range = request.method === "GET" ? parseRange(request.headers.range, bytes.length) : "none";
  if (range === "none") return { status: 200, headers, body: bytes };
  if (range === "unsatisfiable") {
    const unsatisfied = { "content-range": `bytes */${bytes.length}` };
    return failure("SIZE_INVALID", "no such range", { status: 416, headers: unsatisfied });
  }
  return partial(headers, bytes, range.first, range.last);
}

/** A 206 with the bytes from `first` to `last`, both included. */
export function partial(
  headers: Readonly<Record<string, string>>,
  bytes: Uint8Array,
  first: number,
  last: number,
): Answer {
  return {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${first}-${last}/${bytes.length}` },
    body: bytes.subarray(first, last + 1),
  };
}

/**
 * The one range that is asked for. What is no byte range, or several, is ignored, as
 * https://www.rfc-editor.org/rfc/rfc9110#section-14.2 allows.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): "none" | "unsatisfiable" | { readonly first: number; readonly last: number } {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  const [, from = "", to = ""] = match ?? [];
  if (match === null || (from === "" && to === "")) return "none";
  if (from === "") {
    const length = Math.min(Number(to), size);
    return length === 0 ? "unsatisfiable" : { first: size - length, last: size - 1 };
  }
  const first = Number(from);
  if (to !== "" && Number(to) < first) return "none";
  if (first >= size) return "unsatisfiable";
  return { first, last: to === "" ? size - 1 : Math.min(Number(to), size - 1) };
}

function listTags(
  request: RegistryRequest,
  repository: TestRepository,
  quirks: RegistryQuirks,
): Answer {
  const asked = request.url.searchParams.get("n");
  if (asked !== null && !/^\d+$/.test(asked)) {
    return failure("SIZE_INVALID", `not a number of tags: ${asked}`);
  }
  const last = request.url.searchParams.get("last");
  const rest = repository.tags().filter((tag) => last === null || tag > last);
  const most = quirks.tagsPerPage ?? Infinity;
  const page = rest.slice(0, Math.min(asked === null ? Infinity : Number(asked), most));
  const final = page.at(-1);
  const headers =
    final === undefined || page.length === rest.length
      ? {}
      : { link: nextLink(request.url, page.length, final, quirks) };
  return json(200, { name: repository.name, tags: page }, headers);
}

function nextLink(url: URL, n: number, last: string, quirks: RegistryQuirks): string {
  const next = new URL(url);
  next.search = new URLSearchParams({ last, n: String(n) }).toString();
  const { link = "relative" } = quirks;
  if (typeof link === "function") return `<${link(next)}>; rel="next"`;
  return `<${link === "absolute" ? next.href : next.pathname + next.search}>; rel="next"`;
}

function listReferrers(request: RegistryRequest, repository: TestRepository): Answer {
  const subject = request.reference ?? "";
  if (!isDigest(subject)) return failure("DIGEST_INVALID", `not a digest: ${subject}`);
  const wanted = request.url.searchParams.get("artifactType");
  const manifests = repository
    .manifests()
    .flatMap((manifest) => referrer(manifest, subject))
    .filter((descriptor) => wanted === null || descriptor["artifactType"] === wanted);
  const filtered: Readonly<Record<string, string>> =
    wanted === null ? {} : { "oci-filters-applied": "artifactType" };
  return json(
    200,
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests },
    { "content-type": OCI_INDEX, ...filtered },
  );
}

/** The descriptor of a manifest that has this subject, as a list of one, or none. */
function referrer(
  manifest: StoredManifest,
  subject: string,
): readonly Readonly<Record<string, unknown>>[] {
  const document = parseObject(manifest.bytes) ?? {};
  const { annotations, config } = document;
  if (!isObject(document["subject"]) || document["subject"]["digest"] !== subject) return [];
  const fallback =
    manifest.mediaType === OCI_MANIFEST && isObject(config) ? config["mediaType"] : undefined;
  const artifactType = document["artifactType"] ?? fallback;
  return [
    {
      mediaType: manifest.mediaType,
      digest: manifest.digest,
      size: manifest.bytes.length,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  ];
}

/** The digest header of an answer, unless the registry is one that sends none. */
export function digestHeader(
  digest: string,
  quirks: RegistryQuirks,
): Readonly<Record<string, string>> {
  return quirks.omitContentDigest === true ? {} : { "docker-content-digest": digest };
}
