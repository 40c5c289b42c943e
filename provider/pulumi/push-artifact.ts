/**
 * Pushes and tags by plain inputs, as the command line gives them: the same road that the resource
 * takes, without a state.
 */
import { SILENT, type Context } from "../context";
import { OciError } from "../errors";
import { limitsWith } from "../limits";
import { parseManifest } from "../content/manifest";
import { type PlannedPublish, planPublish, publish, type Published } from "../publish";
import { unaskedText } from "../publish/tags";
import { push } from "../push";
import { effectiveTag, formatReference, pinnedReference } from "../reference/format";
import { tagProblem } from "../reference/grammar";
import { parseReference } from "../reference/parse";
import type { Reference } from "../types";
import { withinTotal } from "../within-total";
import type { Properties } from "./lifecycle";
import type { PushInputs } from "./push/push-inputs";
import { originOf, publishRequestOf, type PushWorld } from "./push/push-request";
import { validPushInputs } from "./push/read-push-inputs";
import { worldOf, type SessionOptions } from "./session";
import { totalTimeout } from "./transport";

export interface PushOptions extends SessionOptions {
  /** Packs and asks what is there, and pushes nothing; a registry that cannot be asked is a warning. */
  readonly dryRun?: boolean;
}

export interface PushResult {
  readonly planned: Omit<PlannedPublish, "release">;
  /** Absent where nothing was to be pushed. */
  readonly published?: Published;
}

/**
 * Packs and pushes.
 * @throws OciError INVALID_INPUT with a line for each input that is wrong, and what publishing throws.
 */
export async function pushInputs(values: Properties, options: PushOptions): Promise<PushResult> {
  const read = validPushInputs(values);
  const world = worldOf(options);
  const context = contextOf(options);
  const request = await publishRequestOf(read, pushWorldOf(options));
  const { dryRun = false } = options;
  const planned = await planPublish(request, world, context, { isBestEffort: dryRun });
  const { unasked } = planned;
  if (unasked !== undefined) context.report.warning(unaskedText(request, unasked));
  try {
    if (dryRun) return { planned };
    return { planned, published: await publish(planned, world, context) };
  } finally {
    await planned.release();
  }
}

/**
 * The same as a referrer of what `subject` names: a reference with a tag or a digest.
 * @throws OciError INVALID_REFERENCE for a subject that is no artifact of a registry, and as above.
 */
export async function attachInputs(
  values: Properties,
  subject: string,
  options: PushOptions,
): Promise<PushResult> {
  const { registry, repository, ...named } = artifactOf(subject, "attach something to");
  const name = named.digest ?? effectiveTag({ registry, repository, ...named });
  const reference = formatReference({ registry, repository });
  return await pushInputs({ ...values, reference, subject: name }, options);
}

/** What came of setting tags. */
export interface TagResult {
  readonly digest: string;
  readonly pinned: string;
  /** Those that were set: those that named it already are left out. */
  readonly tagged: readonly string[];
}

/**
 * Gives the artifact of the input `reference` more tags. Its registry itself is asked, and no mirror.
 * @throws OciError INVALID_INPUT, NOT_FOUND, TAG_EXISTS, and all of transport.
 */
export async function tagInputs(
  values: Properties,
  tags: readonly string[],
  options: SessionOptions,
): Promise<TagResult> {
  const reference = artifactOf(String(values["reference"]), "tag");
  for (const tag of tags) refuseWrongTag(tag);
  // The rules of a push, for all but what is pushed.
  const { inputs } = validPushInputs({
    ...values,
    ...HAS_SOURCE,
    reference: repositoryOf(reference),
  });
  const { client, writer } = worldOf(options);
  const origin = await originOf(reference, inputs, pushWorldOf(options));
  const { immutableTags = false } = inputs;
  const subject = formatReference(reference);
  const work = async (context: Context): Promise<TagResult> => {
    if (origin.unusable !== undefined) throw origin.unusable;
    const name = reference.digest ?? effectiveTag(reference) ?? "";
    const { bytes, digest, mediaType: served } = await client.getManifest(origin, name, context);
    const { mediaType } = parseManifest(bytes, served, subject, context.limits);
    const descriptor = { mediaType, digest, size: bytes.length, annotations: {} };
    const artifact = { blobs: [], children: [], manifest: { descriptor, bytes } };
    const target = { origin, tags, immutableTags };
    const { tagged } = await push(artifact, target, { writer }, context);
    return Object.freeze({ digest, pinned: pinnedReference(reference, digest), tagged });
  };
  const bound = totalTimeout(inputs, reference.registry);
  return await withinTotal(bound, subject, contextOf(options), work, "tag");
}

/** Stands for what a tag has not. */
const HAS_SOURCE: Pick<PushInputs, "source"> = { source: "." };

function repositoryOf({ registry, repository }: Reference): string {
  return formatReference({ registry, repository });
}

function artifactOf(text: string, verb: string): Reference {
  const reference = parseReference(text);
  if (reference.layout === undefined && reference.subPath === undefined) return reference;
  const isLayout = reference.layout !== undefined;
  throw new OciError({
    code: "INVALID_REFERENCE",
    verb,
    subject: formatReference(reference),
    fact: isLayout ? "it is an image layout, and no registry" : "it names a folder of the content",
    hint: isLayout
      ? "write into a layout with oci-artifact copy: from a registry, or from the layout itself under another tag"
      : "name the repository, and a tag or a digest",
  });
}

function refuseWrongTag(tag: string): void {
  const problem = tagProblem(tag);
  if (problem === undefined) return;
  const { fact, hint } = problem;
  throw new OciError({ code: "INVALID_REFERENCE", verb: "set the tag", subject: tag, fact, hint });
}

function pushWorldOf(options: SessionOptions): PushWorld {
  const { configuration, settings } = worldOf(options);
  const { directory, report = SILENT } = options;
  return { configuration, settings, directory, report };
}

function contextOf(options: SessionOptions): Context {
  const { report = SILENT, signal = new AbortController().signal } = options;
  return { settings: worldOf(options).settings, limits: limitsWith(), report, signal };
}
