/**
 * The tags of a repository, whoever lists them. The origin knows them all and is asked first; a mirror
 * knows those that somebody has asked it for, so its list counts only where there is no other, and is
 * told to be a mirror's. Sorts and chooses nothing.
 */
import { askInOrder } from "./ask";
import type { AskRooms } from "./ask-round";
import type { Context } from "./context";
import { OciError } from "./errors";
import { formatReference } from "./reference/format";
import type { RegistryClient } from "./registry/client";
import type { AskContext } from "./registry/exchange";
import { nameOfEndpoint } from "./registry/failure";
import type { Endpoint, Reference } from "./types";

export interface ListRooms extends AskRooms {
  readonly client: RegistryClient;
}

export interface ListedTags {
  /** Each once, in the order of the list. */
  readonly tags: readonly string[];
  readonly servedBy: Endpoint;
}

/**
 * The list, empty only where the origin says so. A mirror's is a warning on the report.
 *
 * @param endpoints - In order, the origin last where it may be asked.
 * @throws OciError of the only endpoint; of several, with a line for each.
 */
export async function listTags(
  endpoints: readonly Endpoint[],
  reference: Reference,
  rooms: ListRooms,
  context: Context,
): Promise<ListedTags> {
  const { registry, repository } = reference;
  const subject = formatReference({ registry, repository });
  const isOrigin = ({ role }: Endpoint): boolean => role === "origin";
  const order = [
    ...endpoints.filter(isOrigin),
    ...endpoints.filter((endpoint) => !isOrigin(endpoint)),
  ];
  const inquiry = { subject, wanted: "the list of tags" };
  const { value, endpoint } = await askInOrder(order, inquiry, rooms, context, (each, asking) =>
    tagsAt(each, rooms, asking, subject),
  );
  if (endpoint.role === "mirror") {
    context.report.warning(
      `the tags of ${subject} are those that ${nameOfEndpoint(endpoint)} knows: ${whyNot(order)}, and newer ones may be missing`,
    );
  }
  return Object.freeze({ tags: value, servedBy: endpoint });
}

async function tagsAt(
  endpoint: Endpoint,
  { client }: ListRooms,
  asking: AskContext,
  subject: string,
): Promise<readonly string[]> {
  const tags = await client.listTags(endpoint, asking);
  if (tags.length > 0 || endpoint.role === "origin") return tags;
  throw new OciError({
    code: "NOT_FOUND",
    verb: "list the tags of",
    subject,
    fact: "the mirror lists none",
    details: [`${nameOfEndpoint(endpoint)}: lists no tags`],
    hint: "check the name of the repository; a cache may know only the tags that were pulled through it",
  });
}

function whyNot(order: readonly Endpoint[]): string {
  const [first] = order;
  return first?.role === "origin"
    ? `${nameOfEndpoint(first)} gives no list`
    : "its registry may not be asked";
}
