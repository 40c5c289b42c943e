/**
 * What an answer about a manifest holds: its digest, which is ours to compute, and its media type.
 * Pure; what the document means is for the room content.
 */
import { algorithmOf, digestOf, isDigest } from "../digest";
import type { Reply } from "./exchange";
import { contentError, protocolError, statusError } from "./failure";

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
 * @throws OciError for another status; DIGEST_MISMATCH; REGISTRY for a page in the place of what a tag names.
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
  if (wanted === undefined && isPage(bytes)) throw protocolError(place, PAGE, PAGE_HINT);
  return Object.freeze({ bytes, digest, mediaType: mediaTypeOf(reply) });
}

/** A proxy's login page comes with 200, too. Its type is no sign: registries serve manifests under any. */
function isPage(bytes: Buffer): boolean {
  return /^(?:\u00ef\u00bb\u00bf)?\s*</.test(bytes.toString("latin1", 0, PAGE_START));
}

/** So many bytes are looked at; blanks in front of a page are few. */
const PAGE_START = 256;

const PAGE = "sends a web page in the place of a manifest";
const PAGE_HINT =
  "check that the host is a registry, and that this is not the login page of a proxy or of the network";

const OTHER_BYTES = "sends other bytes than it should";

function mediaTypeOf(reply: Reply): string | undefined {
  const type = reply.header("content-type")?.split(";", 1)[0]?.trim() ?? "";
  return type === "" ? undefined : type;
}
