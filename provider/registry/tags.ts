/**
 * All tags of a repository, page by page, within a limit. It follows pages of this repository only,
 * and sorts, filters and chooses nothing.
 *
 * Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 */
import type { Context } from "../context";
import { limitExceeded } from "../limits";
import type { AuthorizedAsk } from "./authorize";
import type { Question, Reply } from "./exchange";
import { protocolError, statusError } from "./failure";

/** What can be asked for as a tag; anything else in a list could become another path. */
const TAG = /^\w[\w.-]{0,127}$/;

/** A page with more of them counts as several, so that the limit of pages bounds the memory, too. */
const TAGS_OF_A_PAGE = 1_000;

/**
 * Every tag once, in the registry's order. `question` asks for the first page.
 * @throws OciError NOT_FOUND, LIMIT_EXCEEDED, REGISTRY and all of transport.
 */
export async function readTags(
  ask: AuthorizedAsk,
  context: Context,
  question: Question,
): Promise<readonly string[]> {
  const { limits } = context;
  const tags = new Set<string>();
  const pages = new Set<string>();
  for (let url: URL | undefined = question.url; url !== undefined;) {
    pages.add(url.search);
    if (pages.size > limits.tagPages) throw limitExceeded(limits, "tagPages", question);
    const reply: Reply = await ask(context, { ...question, url });
    if (reply.status !== 200) throw statusError(reply.place, reply.status, reply.bytes);
    for (const tag of tagsIn(reply)) tags.add(tag);
    if (tags.size > limits.tagPages * TAGS_OF_A_PAGE) {
      throw limitExceeded(limits, "tagPages", question);
    }
    url = nextPage(url, reply);
    if (url !== undefined && pages.has(url.search)) {
      throw protocolError(reply.place, "leads from page to page of the tags in a circle");
    }
  }
  return Object.freeze([...tags]);
}

/** An empty repository has `null` in some registries. */
function tagsIn({ bytes, place }: Reply): readonly string[] {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString("utf8"));
  } catch {
    // Told below, as whatever else is no list. A page for people may come with 200.
  }
  const tags: unknown =
    typeof document === "object" && document !== null && "tags" in document
      ? (document.tags ?? [])
      : undefined;
  if (!Array.isArray(tags)) throw protocolError(place, "answers with something that lists no tags");
  return tags.filter((tag): tag is string => typeof tag === "string" && TAG.test(tag));
}

/**
 * Where a `Link` leads, as far as it is believed: its query. Artifactory leaves the repository out of
 * the path and Nexus puts its inner one before it; the path that brought this page brings the next.
 * So no link, true or false, leads to another server.
 */
export function nextPage(url: URL, reply: Pick<Reply, "headers">): URL | undefined {
  for (const line of reply.headers("link")) {
    for (const [, target = "", parameters = ""] of line.matchAll(/<([^<>]*)>([^<]*)/g)) {
      const isNext = /;\s*rel\s*=\s*"?next"?\s*(?:[;,]|$)/i.test(parameters);
      if (!isNext || !URL.canParse(target, url.href)) continue;
      const next = new URL(url);
      next.search = new URL(target, url.href).search;
      return withNamespace(next, url.searchParams.get("ns"));
    }
  }
  return undefined;
}

/** No link leads to the pages of another registry behind the same proxy. */
function withNamespace(next: URL, namespace: string | null): URL {
  const isSame = next.searchParams.get("ns") === namespace;
  if (namespace !== null && !isSame) next.searchParams.set("ns", namespace);
  return next;
}
