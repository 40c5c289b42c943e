/**
 * Who refers to a manifest (signatures, attestations, …): the indexes of the referrers API, or the
 * one under the fallback tag where there is no such API. Reads no index.
 *
 * Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
import type { Context } from "../context";
import { algorithmOf, hexOf } from "../digest";
import { OciError } from "../errors";
import { limitExceeded } from "../limits";
import type { AuthorizedAsk } from "./authorize";
import type { Question, Reply } from "./exchange";
import { protocolError, statusError } from "./failure";
import type { ManifestDocument } from "./manifest-reply";
import { nextPage } from "./tags";

/** Bytes of an index, and what the registry calls them. They have no digest of their own. */
export type ReferrersPage = Pick<ManifestDocument, "bytes" | "mediaType">;

/** Tags have no room for a longer one. Rule: …/spec.md#referrers-tag-schema */
const HEX_OF_TAG = 64;

/** The tag that lists the referrers of a digest where a registry has no API for it. */
export function fallbackTag(digest: string): string {
  return `${algorithmOf(digest)}-${hexOf(digest).slice(0, HEX_OF_TAG)}`;
}

/**
 * The pages of the API, or undefined where the registry has none: it does not know the path, answers
 * with something else, or redirects elsewhere, as GHCR does to a web page (artifacthub/hub#4785).
 * @throws OciError LIMIT_EXCEEDED, REGISTRY and all of transport.
 */
export async function readReferrers(
  ask: AuthorizedAsk,
  context: Context,
  question: Question,
): Promise<readonly ReferrersPage[] | undefined> {
  const { limits } = context;
  const pages: ReferrersPage[] = [];
  const seen = new Set<string>();
  for (let url: URL | undefined = question.url; url !== undefined;) {
    if (pages.length >= limits.tagPages) throw limitExceeded(limits, "tagPages", question);
    seen.add(url.search);
    const reply: Reply = await ask(context, { ...question, url, staysHome: true });
    const mediaType = reply.header("content-type")?.split(";", 1)[0]?.trim();
    const isPage = reply.status === 200 && mediaType === INDEX;
    if (!isPage && pages.length === 0 && NO_SUCH_API.has(reply.status)) return undefined;
    if (!isPage) throw statusError(reply.place, reply.status, reply.bytes);
    pages.push({ bytes: reply.bytes, mediaType });
    url = nextPage(url, reply);
    if (url !== undefined && seen.has(url.search)) {
      throw protocolError(reply.place, "leads from page to page of the referrers in a circle");
    }
  }
  return pages;
}

const INDEX = "application/vnd.oci.image.index.v1+json";

/** An outage is none of these: who cannot answer has not said that nobody refers. */
const NO_SUCH_API = new Set([200, 301, 302, 303, 307, 308, 400, 404, 405, 406]);

/** The index under the fallback tag as the only page; none where there is no such tag. */
export async function readFallback(
  getManifest: () => Promise<ManifestDocument>,
): Promise<readonly ReferrersPage[]> {
  try {
    const { bytes, mediaType } = await getManifest();
    return [{ bytes, mediaType }];
  } catch (error) {
    if (error instanceof OciError && error.code === "NOT_FOUND") return [];
    throw error;
  }
}
