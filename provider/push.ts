/**
 * A packed artifact into a registry: blobs that are missing, then manifests from the leaves up, then
 * tags. Whatever breaks it off, no tag names anything that is not there. It packs nothing, and writes to
 * the origin alone, never to a mirror.
 */
import { parseManifest } from "./content/manifest";
import type { Context } from "./context";
import { algorithmOf, digestOf } from "./digest";
import { OciError } from "./errors";
import { openFetchProgress } from "./fetch-progress";
import { inParallel } from "./in-parallel";
import { tagExists } from "./registry/push-manifest";
import type { BlobSource } from "./registry/push-source";
import type { Origin, RegistryWriter } from "./registry/writer";
import { createSlots } from "./slots";
import type { Descriptor } from "./types";

/** As many as a pull has; more only share the same line. */
const PARALLEL_BLOBS = 4;

/** Of all pushes of this process together: with those of all pulls still fewer than there are connections. */
const slots = createSlots(6);

/** Each takes its turn at the fallback tags: what no registry locks, this process need not overwrite. */
const turns = createSlots(1);

/** A manifest or an index as it is pushed. */
export interface ManifestSource {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

/** An artifact, ready to go. */
export interface PushArtifact {
  readonly blobs: readonly BlobSource[];
  /** What the manifest names, those first that others name. */
  readonly children: readonly ManifestSource[];
  /** What tags name. */
  readonly manifest: ManifestSource;
}

/** Where it goes. */
export interface PushTarget {
  readonly origin: Origin;
  /** Set in this order, when all else is there. May be empty. */
  readonly tags: readonly string[];
  /** A repository of the same registry that may have the blobs. */
  readonly mountFrom?: string;
  /** A tag that names other content is an error, and is left alone. Default false. */
  readonly immutableTags?: boolean;
}

export interface PushRooms {
  readonly writer: RegistryWriter;
}

/** What a push has changed. */
export interface Pushed {
  readonly digest: string;
  /** Whether the manifest was new to the repository. With a subject, it is put either way. */
  readonly isNew: boolean;
  /** Tags that were set: those that named it already are left out. */
  readonly tagged: readonly string[];
  /** Digests of the blobs that were sent, or mounted; all others were there. */
  readonly uploaded: readonly string[];
  readonly mounted: readonly string[];
}

/**
 * After this, the registry has the artifact, and the tags name it.
 *
 * @throws OciError TAG_EXISTS, NOT_FOUND, FORBIDDEN, NO_ROOM, UNSUPPORTED_MANIFEST, DIGEST_MISMATCH,
 * INVALID_INPUT for a target that nothing can be pushed to, and all of transport.
 */
export async function push(
  artifact: PushArtifact,
  target: PushTarget,
  rooms: PushRooms,
  context: Context,
): Promise<Pushed> {
  refuseUnusable(target);
  const { children, manifest } = artifact;
  for (const each of [...children, manifest]) checkBytes(each, target);
  if (target.immutableTags === true) await unsetTags(manifest, target, rooms, context);
  const arrived = await pushBlobs(artifact.blobs, target, rooms, context);
  for (const child of children) await pushManifest(child, target, rooms, context);
  const isNew = await pushManifest(manifest, target, rooms, context);
  const tagged: string[] = [];
  for (const tag of await unsetTags(manifest, target, rooms, context)) {
    const { bytes, descriptor } = manifest;
    await rooms.writer.putManifest(target.origin, tag, { bytes, ...descriptor }, context);
    tagged.push(tag);
  }
  return Object.freeze({ digest: manifest.descriptor.digest, isNew, tagged, ...arrived });
}

function refuseUnusable({ origin }: PushTarget): void {
  if (origin.unusable !== undefined) throw origin.unusable;
  if (origin.layout === undefined) return;
  const fact = "it is an image layout, and a push goes to a registry";
  throw new OciError({ code: "INVALID_INPUT", verb: "push to", subject: origin.layout, fact });
}

/** A registry would take other bytes under a tag, and no digest would tell. */
function checkBytes({ descriptor, bytes }: ManifestSource, target: PushTarget): void {
  const { digest, size } = descriptor;
  if (size === bytes.length && digest === digestOf(bytes, algorithmOf(digest))) return;
  const subject = `${nameOf(target)}@${digest}`;
  const fact = "it is not what its descriptor says";
  throw new OciError({ code: "DIGEST_MISMATCH", verb: "push the manifest", subject, fact });
}

/** Those that are missing, each digest once: all are looked for before the first is sent. */
async function pushBlobs(
  blobs: readonly BlobSource[],
  { origin, mountFrom }: PushTarget,
  { writer }: PushRooms,
  context: Context,
): Promise<Pick<Pushed, "uploaded" | "mounted">> {
  const wanted = [...new Map(blobs.map((blob) => [blob.descriptor.digest, blob])).values()];
  const found = new Set<BlobSource>();
  await inParallel(wanted, PARALLEL_BLOBS, context, async (blob, asking) => {
    if (await writer.headBlob(origin, blob.descriptor, asking)) found.add(blob);
  });
  const missing = wanted.filter((blob) => !found.has(blob));
  const descriptors = missing.map(({ descriptor }) => descriptor);
  const progress = openFetchProgress(descriptors, context.report, "pushed");
  const source = mountFrom === origin.repository ? undefined : mountFrom;
  const mounted = new Set<string>();
  await inParallel(missing, PARALLEL_BLOBS, context, async (blob, asking) => {
    const { digest, size } = blob.descriptor;
    const tell = (bytes: number): void => {
      progress.reached(blob.descriptor, bytes);
    };
    const work = () => writer.pushBlob(origin, blob, asking, { mountFrom: source, tell });
    if ((await slots.run(work, asking.signal)) === "mounted") mounted.add(digest);
    tell(size);
  });
  const digests = descriptors.map(({ digest }) => digest);
  return {
    uploaded: digests.filter((digest) => !mounted.has(digest)),
    mounted: digests.filter((digest) => mounted.has(digest)),
  };
}

/**
 * One manifest under its digest, and into the list of its subject where the registry keeps none.
 * @returns Whether it was put.
 */
async function pushManifest(
  { descriptor, bytes }: ManifestSource,
  target: PushTarget,
  { writer }: PushRooms,
  context: Context,
): Promise<boolean> {
  const { digest, mediaType, size } = descriptor;
  const { origin } = target;
  const name = `${nameOf(target)}@${digest}`;
  const { subject, ...document } = parseManifest(bytes, mediaType, name, context.limits);
  // Only the answer to a PUT tells whether the registry lists it by itself.
  const isThere =
    subject === undefined && (await writer.findDigest(origin, digest, context)) !== undefined;
  if (isThere) return false;
  const put = await writer.putManifest(origin, digest, { bytes, mediaType }, context);
  if (subject === undefined || put.subject === subject.digest) return true;
  const config = document.kind === "manifest" ? document.config?.mediaType : undefined;
  const artifactType = document.artifactType ?? config;
  const { annotations } = document;
  const type = artifactType === undefined ? {} : { artifactType };
  const entry = { mediaType, digest, size, annotations, ...type };
  const list = () => writer.listReferrer(origin, subject.digest, entry, context);
  await turns.run(list, context.signal);
  return true;
}

/** Tags that do not name the manifest yet, each once. @throws OciError TAG_EXISTS. */
async function unsetTags(
  { descriptor, bytes }: ManifestSource,
  target: PushTarget,
  { writer }: PushRooms,
  context: Context,
): Promise<readonly string[]> {
  // Registries file what comes by tag under its sha256.
  const own = [descriptor.digest, digestOf(bytes)];
  const unset: string[] = [];
  for (const tag of new Set(target.tags)) {
    const current = await writer.findDigest(target.origin, tag, context);
    if (current !== undefined && own.includes(current)) continue;
    if (current !== undefined && target.immutableTags === true) {
      throw tagExists({ subject: `${nameOf(target)}:${tag}` }, current);
    }
    unset.push(tag);
  }
  return unset;
}

function nameOf({ origin }: PushTarget): string {
  return `${origin.registry}/${origin.repository}`;
}
