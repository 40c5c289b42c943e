/**
 * The tags of a repository by plain inputs, as the command line gives them.
 */
import { OciError } from "../errors";
import { type ListedVersions, listVersions } from "../list-versions";
import { formatReference } from "../reference/format";
import type { Properties } from "./lifecycle";
import { prepare, type SessionOptions } from "./session";

/**
 * All tags, or with `semver` those in the range.
 * @throws OciError INVALID_INPUT where the reference names a tag or a digest, and what listing throws.
 */
export async function tagsOfInputs(
  values: Properties,
  options: SessionOptions,
): Promise<ListedVersions> {
  const { request, world, context } = await prepare(values, options);
  const { tag, digest } = request.reference;
  const named = tag ?? digest;
  if (named === undefined) return await listVersions(request, world, context);
  throw new OciError({
    code: "INVALID_INPUT",
    verb: "list the tags of",
    subject: formatReference(request.reference),
    fact: `it names ${tag === undefined ? "the digest" : "the tag"} ${named}`,
    hint: "name the repository alone, without a tag and a digest",
  });
}
