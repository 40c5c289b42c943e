/**
 * What an answer about a manifest holds: its digest, which is ours to compute, and its media type.
 * Pure; what the document means is for the room content.
 */
import { algorithmOf, digestOf, isDigest } from "../digest";
import type { Reply } from "./exchange";
import { contentError, statusError } from "./failure";

export interface ManifestDocument {
  readonly bytes: Buffer;
  /** Of the bytes: sha256, or the algorithm of the digest that was asked for. */
  readonly digest: string;
  /** Content-Type without parameters. */
  readonly mediaType: string | undefined;
}

export interface ManifestHead {
  readonly digest: string;
  readonly mediaType: string | undefined;
}

/** What a HEAD tells, or undefined where that is nothing usable. */
export function readHead(reply: Reply, reference: string): ManifestHead | undefined {
  const digest = reply.header("docker-content-digest") ?? "";
  if (reply.status !== 200 || !isDigest(digest)) return undefined;
  if (isDigest(reference) && reference !== digest) return undefined;
  return Object.freeze({ digest, mediaType: mediaTypeOf(reply) });
}

/**
 * The document of an answer, checked against the digest that was asked for and those announced.
 * @throws OciError for another status; DIGEST_MISMATCH.
 */
export function readManifest(reply: Reply, reference: string): ManifestDocument {
  const { bytes, place, status } = reply;
  if (status !== 200) throw statusError(place, status, bytes);
  const wanted = isDigest(reference) ? reference : undefined;
  const digest = digestOf(bytes, wanted === undefined ? "sha256" : algorithmOf(wanted));
  if (wanted !== undefined && digest !== wanted) {
    throw contentError(place, OTHER_BYTES, `${digest} came where ${wanted} was asked for`);
  }
  for (const announced of reply.headers("docker-content-digest")) {
    const own = isDigest(announced) ? digestOf(bytes, algorithmOf(announced)) : digest;
    if (own !== announced) {
      throw contentError(place, OTHER_BYTES, `${own} came under the header ${announced}`);
    }
  }
  return Object.freeze({ bytes, digest, mediaType: mediaTypeOf(reply) });
}

const OTHER_BYTES = "sends other bytes than it should";

function mediaTypeOf(reply: Reply): string | undefined {
  const type = reply.header("content-type")?.split(";", 1)[0]?.trim() ?? "";
  return type === "" ? undefined : type;
}
