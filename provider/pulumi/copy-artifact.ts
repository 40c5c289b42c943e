/**
 * A copy by plain inputs, as the command line gives them: the source is asked for as a pull asks, and
 * the destination is written to as a push writes.
 */
import { copy, type Copied } from "../copy";
import { OciError } from "../errors";
import { layoutEndpoint } from "../layout/endpoint";
import { firstMeaning, type Meaning } from "../meanings";
import { effectiveTag, formatReference } from "../reference/format";
import { parseReference } from "../reference/parse";
import { findNamed } from "../resolve";
import type { Reference } from "../types";
import type { Properties } from "./lifecycle";
import { originOf } from "./push/push-request";
import { type Prepared, prepare, type SessionOptions } from "./session";

export interface CopyOptions extends SessionOptions {
  /** Default true. */
  readonly withReferrers?: boolean;
  /** Default false. */
  readonly immutableTags?: boolean;
}

/**
 * Copies what the input `reference` names.
 *
 * @param destination - A repository or an image layout; without a tag, it has that of the source.
 * @throws OciError INVALID_INPUT, INVALID_REFERENCE, and what a copy throws.
 */
export async function copyInputs(
  values: Properties,
  destination: string,
  options: CopyOptions,
): Promise<Copied> {
  const written = targetOf(destination);
  const { request, world, context, inputs } = await prepare(values, options);
  const source = await meantOf({ request, world, context });
  const tag = written.tag ?? effectiveTag(source.reference);
  const reference = { ...written, ...(tag === undefined ? {} : { tag }) };
  const { configuration } = world;
  const { directory } = options;
  const place = { configuration, directory, report: context.report };
  const target =
    reference.layout === undefined
      ? { origin: await originOf(reference, inputs, place) }
      : { layout: layoutEndpoint(reference, directory) };
  const { withReferrers = true, immutableTags = false } = options;
  const { totalTimeout } = request;
  return await copy(
    { source, reference, target, withReferrers, immutableTags, totalTimeout },
    world,
    context,
  );
}

/** @throws OciError INVALID_REFERENCE where it is no place to copy to. */
function targetOf(text: string): Reference {
  const reference = parseReference(text);
  const { digest, subPath } = reference;
  if (digest === undefined && subPath === undefined) return reference;
  throw new OciError({
    code: "INVALID_REFERENCE",
    verb: "copy to",
    subject: formatReference(reference),
    fact: `it names ${digest === undefined ? "a folder of the content" : "a digest, which stays that of the source"}`,
    hint: "name the repository or the layout, and a tag where it is to have another one",
  });
}

/** Of a name without a registry, the place that has it. */
async function meantOf({
  request,
  world,
  context,
}: Pick<Prepared, "request" | "world" | "context">): Promise<Meaning> {
  if (request.others === undefined) return request;
  const { meaning } = await firstMeaning(request, world, async (meaning) => {
    const { document } = await findNamed(meaning, meaning.endpoints, world, context);
    return { meaning, digest: document.digest };
  });
  return meaning;
}
