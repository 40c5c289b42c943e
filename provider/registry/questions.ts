/**
 * The requests of the distribution spec, as questions: where each goes, with which headers, and what
 * errors call it. Pure; it asks none of them.
 *
 * Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
 */
import { digestProblem, isDigest } from "../digest";
import { OciError } from "../errors";
import type { Descriptor, Endpoint } from "../types";
import type { Question } from "./exchange";
import { originOf } from "./failure";

/** Of each request to a registry. */
export const HEADERS = {
  "accept-encoding": "identity",
  "user-agent": "pulumi-oci-artifact",
} as const;

/** In the order of preference; the last for whatever else there is, so that the error can name it. */
const MANIFEST_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "*/*",
].join(", ");

/** What errors call the thing in the repository. @param reference - Tag or digest. */
export function subjectOf({ registry, repository }: Endpoint, reference: string): string {
  return `${registry}/${repository}${isDigest(reference) ? "@" : ":"}${reference}`;
}

/** @param reference - Tag or digest. */
export function manifestQuestion(
  endpoint: Endpoint,
  reference: string,
  method: "GET" | "HEAD",
): Question {
  return {
    verb: "read the manifest of",
    subject: subjectOf(endpoint, reference),
    endpoint,
    url: urlOf(endpoint, `manifests/${reference}`),
    method,
    headers: { ...HEADERS, accept: MANIFEST_TYPES },
    reading: "manifestBytes",
  };
}

/** Below the repository; for a proxy of many registries, with the one that is meant. */
export function urlOf({ repository, namespaceProxy, ...endpoint }: Endpoint, path: string): URL {
  const url = new URL(`/v2/${repository}/${path}`, originOf(endpoint));
  if (namespaceProxy !== undefined) url.searchParams.set("ns", namespaceProxy);
  return url;
}

/** Never with `n`: registries answer larger ones than they like with an error. */
export function listQuestion(endpoint: Endpoint, verb: string, path: string): Question {
  return {
    verb,
    subject: `${endpoint.registry}/${endpoint.repository}`,
    endpoint,
    url: urlOf(endpoint, path),
    method: "GET",
    headers: { ...HEADERS, accept: "application/json, */*" },
    reading: "manifestBytes",
  };
}

/** @throws OciError where the digest is none: it would become a path. */
export function refuseOther(digest: string, verb: string, subject: string): void {
  const fact = digestProblem(digest);
  if (fact !== undefined) throw new OciError({ code: "UNSUPPORTED_MANIFEST", verb, subject, fact });
}

/** The blob, as a stream. @throws OciError where its digest is none. */
export function blobQuestion(endpoint: Endpoint, { digest }: Descriptor): Question {
  const verb = "download the blob";
  const subject = subjectOf(endpoint, digest);
  refuseOther(digest, verb, subject);
  return {
    verb,
    subject,
    endpoint,
    url: urlOf(endpoint, `blobs/${digest}`),
    method: "GET",
    headers: { ...HEADERS, accept: "*/*" },
    reading: "stream",
  };
}
