/**
 * What the tags of a request name now, by the word of the registry itself. It changes nothing.
 */
import type { Context } from "../context";
import { OciError } from "../errors";
import { inParallel } from "../in-parallel";
import { formatReference } from "../reference/format";
import type { RegistryClient } from "../registry/client";
import type { Origin, RegistryWriter } from "../registry/writer";
import type { PublishRequest } from "./request";

/** Tag → digest of what it names; undefined where there is none. */
export type CurrentTags = ReadonlyMap<string, string | undefined>;

const AT_ONCE = 4;

/** All tags of the request, each once, in the order in which they are set. */
export function wantedTags({ reference, tags = [] }: PublishRequest): readonly string[] {
  const first = reference.tag === undefined ? [] : [reference.tag];
  return [...new Set([...first, ...tags])];
}

/** Who may be asked, and how: as one who pushes, and as one who only pulls. */
export interface TagRooms {
  readonly writer: Pick<RegistryWriter, "findDigest">;
  readonly client: Pick<RegistryClient, "headManifest" | "getManifest">;
}

/** @throws OciError UNAUTHORIZED, FORBIDDEN and all of transport; what is unusable about the endpoint. */
export async function currentTags(
  request: PublishRequest,
  rooms: TagRooms,
  context: Context,
): Promise<CurrentTags> {
  const { endpoint } = request;
  if (endpoint.unusable !== undefined) throw endpoint.unusable;
  const tags = wantedTags(request);
  const found = new Map<string, string | undefined>();
  await inParallel(tags, AT_ONCE, context, async (tag, asking) => {
    found.set(tag, await digestOfTag(tag, endpoint, rooms, asking));
  });
  return new Map(tags.map((tag) => [tag, found.get(tag)]));
}

/** What is told of a registry that cannot be asked, where that is no error. */
export function unaskedText({ reference }: PublishRequest, { message }: OciError): string {
  return `the registry cannot be asked what the tags of ${formatReference(reference)} name now; going on with what is packed\n${message}`;
}

/**
 * What one tag names; undefined where there is none. Who may not push may still look: the preview of a
 * pull request has a login for no more. To pushers alone do registries tell that a repository is not there
 * yet, so they are asked as such first.
 *
 * @throws OciError UNAUTHORIZED, FORBIDDEN and all of transport
 */
export async function digestOfTag(
  tag: string,
  endpoint: Origin,
  { writer, client }: TagRooms,
  context: Context,
): Promise<string | undefined> {
  try {
    return await writer.findDigest(endpoint, tag, context);
  } catch (error) {
    const isRefused =
      error instanceof OciError && ["UNAUTHORIZED", "FORBIDDEN"].includes(error.code);
    if (!isRefused) throw error;
    const refused = (): never => {
      throw error;
    };
    const head = await client.headManifest(endpoint, tag, context).catch(refused);
    return (head ?? (await client.getManifest(endpoint, tag, context).catch(refused))).digest;
  }
}
