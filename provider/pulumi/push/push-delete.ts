/**
 * Takes away what a push has made, if the user has asked for that: its tags where they still name it, and
 * the manifest where no tag names it any more. What was there before, or is somebody else's by now, stays.
 * Nothing that stands in the way is a reason to keep the resource: it is a warning.
 */
import type { Context } from "../../context";
import { asOciError, OciError } from "../../errors";
import { DEFAULT_LIMITS } from "../../limits";
import { formatReference, pinnedReference } from "../../reference/format";
import type { Origin } from "../../registry/writer";
import type { Reference } from "../../types";
import type { World } from "../../world";
import type { Host, Properties } from "../lifecycle";
import { ownedOf } from "./push-outputs";
import { reach } from "./reach";
import { nameToCome } from "./to-come";

/** Tags of a repository that are asked what they name, before its manifest is deleted. */
const MOST_TAGS = 500;

/** Destroying does not wait for a registry for ever. */
const PATIENCE_MS = 45_000;

interface Work {
  readonly reference: Reference;
  readonly origin: Origin;
  readonly digest: string;
  readonly world: World;
  readonly context: Context;
}

/** Never throws. */
export async function deletePublished(
  properties: Properties,
  host: Host,
  registries: unknown,
): Promise<void> {
  const { deleteOnDestroy, reference: text, digest } = properties;
  if (deleteOnDestroy !== true || typeof text !== "string" || typeof digest !== "string") return;
  const { tags, manifest } = ownedOf(properties);
  if (tags.length === 0 && !manifest) return;
  const report = host.report("");
  try {
    const world = host.world(host.directory);
    const { reference, origin } = await reach(text, registries, world, host.directory);
    if (origin.unusable !== undefined) throw origin.unusable;
    const { settings } = world;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const context: Context = { settings, limits: DEFAULT_LIMITS, report, signal };
    const work = { reference, origin, digest, world, context };
    const isStillWanted = wantedBy(host, work);
    const left = tags.filter((tag) => isStillWanted({ tag }));
    if (left.length > 0)
      report.info(`${namesOf(work, left)} stays: the program publishes it still`);
    const gone = tags.filter((tag) => !left.includes(tag));
    await takeAway(work, gone, manifest && !isStillWanted({ digest }));
  } catch (error) {
    const { fact } = asOciError(error, "delete", text);
    report.warning(`${text} stays: ${fact}; delete it by hand`);
  }
}

/**
 * What another resource of this run publishes is not for this one to delete: it was given another name, or
 * is replaced by the very same, or two have pushed to one place.
 */
function wantedBy({ planned }: Host, { reference: { registry, repository } }: Work) {
  return (name: Pick<Reference, "tag" | "digest">): boolean =>
    planned?.has(nameToCome({ registry, repository, ...name })) === true;
}

async function takeAway(work: Work, tags: readonly string[], isOwn: boolean): Promise<void> {
  const stuck: string[] = [];
  for (const tag of tags) if (!(await isTagGone(tag, work))) stuck.push(tag);
  const { world, origin, digest, context, reference } = work;
  const others = isOwn ? await othersNaming(work, stuck) : undefined;
  if (others === undefined || others.length > 0) {
    if (isOwn || stuck.length > 0) sayWhatStays(work, stuck, others);
    return;
  }
  // A registry that deletes no tags deletes them with their manifest.
  const isGone = await world.writer.deleteManifest(origin, digest, context).catch(notAllowed);
  if (isGone !== undefined) return;
  const names = stuck.length === 0 ? pinnedReference(reference, digest) : namesOf(work, stuck);
  context.report.warning(`${names} stays: the registry does not let it be deleted`);
}

/** Whether the tag names it no more; false where the registry keeps its tags. */
async function isTagGone(tag: string, { world, origin, digest, context }: Work): Promise<boolean> {
  const { writer } = world;
  if ((await writer.findDigest(origin, tag, context)) !== digest) return true;
  const isGone = await writer.deleteTag(origin, tag, context).catch(notAllowed);
  return isGone !== undefined;
}

/** Tags that name it and are not those; undefined where that cannot be told. */
async function othersNaming(
  { world, origin, digest, context }: Work,
  own: readonly string[],
): Promise<readonly string[] | undefined> {
  const listed = await world.client.listTags(origin, context).catch(nothingListed);
  if (listed === undefined || listed.length > MOST_TAGS) return undefined;
  const others: string[] = [];
  for (const tag of listed.filter((each) => !own.includes(each))) {
    if ((await world.writer.findDigest(origin, tag, context)) === digest) others.push(tag);
  }
  return others;
}

function sayWhatStays(
  work: Work,
  stuck: readonly string[],
  others: readonly string[] | undefined,
): void {
  const { context, reference, digest } = work;
  if (stuck.length > 0) {
    const fact = "the registry deletes no tag alone, and the manifest is not only ours";
    context.report.warning(`${namesOf(work, stuck)} stays: ${fact}; delete it by hand`);
    return;
  }
  const named = others?.slice(0, 3).join(", ");
  const fact =
    named === undefined
      ? "whether another tag names it cannot be told"
      : `it is named by ${named}, too`;
  context.report.info(`${pinnedReference(reference, digest)} stays: ${fact}`);
}

function namesOf({ reference: { registry, repository } }: Work, tags: readonly string[]): string {
  return tags.map((tag) => formatReference({ registry, repository, tag })).join(", ");
}

/** A repository without a tag may be none. */
function nothingListed(error: unknown): readonly string[] | undefined {
  if (!(error instanceof OciError)) throw error;
  return error.code === "NOT_FOUND" ? [] : undefined;
}

/** Registries that delete nothing, or no tags, say 405 or 400. */
function notAllowed(error: unknown): undefined {
  const isRefused = error instanceof OciError && [400, 403, 405].includes(error.status ?? 0);
  if (!isRefused) throw error;
}
