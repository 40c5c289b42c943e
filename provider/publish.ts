/**
 * The road of publishing, and the only file that knows it: a source is packed, compared with what the
 * registry has under its tags, and what is missing is pushed, tags last. It never asks a mirror of the
 * registry that it writes to.
 */
import type { Context } from "./context";
import { OciError } from "./errors";
import type { PackedArtifact } from "./pack/artifact";
import { PASSING_ANNOTATIONS } from "./pack/git-facts";
import { isSameArtifact } from "./pack/is-same-artifact";
import { contentOf, type ArtifactContent } from "./publish/content";
import type { PublishRequest } from "./publish/request";
import { packSource } from "./publish/source";
import { openStaging } from "./publish/staging";
import { subjectOf } from "./publish/subject";
import { currentTags, type CurrentTags, wantedTags } from "./publish/tags";
import { push, type ManifestSource, type Pushed } from "./push";
import { formatReference, pinnedReference } from "./reference/format";
import type { Descriptor } from "./types";
import { withinTotal } from "./within-total";
import type { World } from "./world";

export type { PublishRequest, PublishSource } from "./publish/request";

export type PublishRooms = Pick<World, "client" | "writer" | "health" | "blobs" | "tags">;

export interface PlanOptions {
  /** Whether a registry that cannot be asked is told as `unasked`. Default: an error. */
  readonly isBestEffort?: boolean;
  /** Manifests that are about to be pushed, by their pinned names: they can be referred to already. */
  readonly planned?: ReadonlyMap<string, Descriptor>;
}

/** All that is known before anything is pushed. */
export interface PlannedPublish extends ArtifactContent {
  readonly request: PublishRequest;
  /** What the tags are to name: of what was packed; or of what is there, where that says the same. */
  readonly digest: string;
  /** `registry/repository@digest`. */
  readonly pinned: string;
  readonly mediaType: string;
  readonly artifactType?: string;
  /** Of the tree that its layers come to, as pulling computes it; absent where nothing was packed. */
  readonly contentDigest?: string;
  /** All tags that are wanted, in the order in which they are set. */
  readonly tags: readonly string[];
  /** What they name now; absent where the registry could not be asked. */
  readonly current?: CurrentTags;
  /** Why it could not be asked. */
  readonly unasked?: OciError;
  /** What is packed; its blobs lie in a staging folder. */
  readonly artifact: PackedArtifact;
  /** What the first tag names already: another manifest that says the same. Then no blob is pushed. */
  readonly equal?: ManifestSource;
  /** Removes the staging folder. After it, nothing can be pushed. */
  readonly release: () => Promise<void>;
}

/** What came of a push. */
export interface Published extends Pushed {
  readonly pinned: string;
}

/**
 * Packs into a staging folder, and asks the registry what the tags name. Nothing is written to it.
 *
 * @throws OciError what packing and reading a source throws; NOT_FOUND for a subject that is not there;
 * UNAUTHORIZED, FORBIDDEN and all of transport.
 */
export async function planPublish(
  request: PublishRequest,
  rooms: PublishRooms,
  context: Context,
  options: PlanOptions = {},
): Promise<PlannedPublish> {
  return await within(request, "pack", context, async (bounded) => {
    const subject = await subjectOf(request, options.planned, rooms, bounded);
    const staging = await openStaging(context.settings);
    try {
      const artifact = await packSource(request, subject, staging.folder, rooms, bounded);
      const asked = look(request, artifact, rooms, bounded);
      const seen = await (options.isBestEffort === true ? orFailure(asked, bounded) : asked);
      return plannedOf(request, artifact, seen, staging.release);
    } catch (error) {
      await staging.release();
      throw error;
    }
  });
}

/**
 * Pushes what is missing, and sets the tags. Broken off anywhere, it leaves no tag that names what is not
 * there.
 *
 * @param tags - Which of the planned tags. Default: all.
 * @throws OciError what a push throws.
 */
export async function publish(
  planned: PlannedPublish,
  rooms: PublishRooms,
  context: Context,
  tags: readonly string[] = planned.tags,
): Promise<Published> {
  const { request, artifact, equal, pinned } = planned;
  const { endpoint, immutableTags = false, source } = request;
  const isOfRegistry = source.from === "artifact" && source.reference.layout === undefined;
  const isHome = isOfRegistry && source.reference.registry === request.reference.registry;
  const target = {
    ...{ origin: endpoint, tags, immutableTags },
    ...(isHome ? { mountFrom: source.reference.repository } : {}),
  };
  const whole = equal === undefined ? artifact : { blobs: [], children: [], manifest: equal };
  return await within(request, "push", context, async (bounded) => {
    const pushed = await push(whole, target, rooms, bounded);
    return Object.freeze({ ...pushed, pinned });
  });
}

/** What the registry has under the tags, or why that is not known. */
type Seen = Pick<PlannedPublish, "current" | "equal" | "unasked">;

function plannedOf(
  request: PublishRequest,
  artifact: PackedArtifact,
  seen: Seen,
  release: () => Promise<void>,
): PlannedPublish {
  const { descriptor } = seen.equal ?? artifact.manifest;
  const { contentDigest } = artifact;
  const { artifactType } = artifact.manifest.descriptor;
  return Object.freeze({
    request,
    digest: descriptor.digest,
    pinned: pinnedReference(request.reference, descriptor.digest),
    mediaType: descriptor.mediaType,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(contentDigest === undefined ? {} : { contentDigest }),
    ...contentOf(artifact),
    tags: Object.freeze(wantedTags(request)),
    artifact,
    ...seen,
    release,
  });
}

async function within<T>(
  { reference, totalTimeout }: PublishRequest,
  verb: string,
  context: Context,
  work: (bounded: Context) => Promise<T>,
): Promise<T> {
  return await withinTotal(totalTimeout, formatReference(reference), context, work, verb);
}

async function look(
  request: PublishRequest,
  artifact: PackedArtifact,
  rooms: PublishRooms,
  context: Context,
): Promise<Seen> {
  const current = await currentTags(request, rooms, context);
  const [first] = current.values();
  const equal = await equalArtifact(request, artifact, first, rooms, context);
  return { current, ...(equal === undefined ? {} : { equal }) };
}

/**
 * What the first tag names, where it says the same as what was packed, whatever made the bytes. What goes as
 * it is has its digest for a reason, such as signatures, and nothing else is equal to it.
 */
async function equalArtifact(
  { endpoint, source, git = false, annotations = {} }: PublishRequest,
  { manifest, contentDigest }: PackedArtifact,
  found: string | undefined,
  { client }: PublishRooms,
  context: Context,
): Promise<ManifestSource | undefined> {
  const { descriptor } = manifest;
  if (source.from === "artifact" || contentDigest === undefined) return undefined;
  if (found === undefined || found === descriptor.digest) return undefined;
  const { bytes } = await client.getManifest(endpoint, found, context);
  // What git tells of a commit, and nobody has given, is no reason to push what is there.
  const passing = git ? PASSING_ANNOTATIONS.filter((name) => annotations[name] === undefined) : [];
  if (!isSameArtifact(manifest.bytes, bytes, passing)) return undefined;
  return { descriptor: { ...descriptor, digest: found, size: bytes.length }, bytes };
}

async function orFailure(asked: Promise<Seen>, { signal }: Context): Promise<Seen> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof OciError) || signal.aborted) throw error;
    return { unasked: error };
  }
}
