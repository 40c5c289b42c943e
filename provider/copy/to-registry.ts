/**
 * What was gathered, into a registry: all blobs, then manifests, those first that others name or refer
 * to; then what lies under tags of its own; and last the tags that the copy is called by. So whatever
 * breaks it off, no tag names anything that is not there with its signatures.
 */
import type { Context } from "../context";
import type { PackedArtifact } from "../pack/artifact";
import { push, type PushArtifact, type PushTarget } from "../push";
import { tagExists } from "../registry/push-manifest";
import type { Origin, RegistryWriter } from "../registry/writer";
import { checkedBlob } from "./checked-blob";
import type { Gathered } from "./gather";
import type { Arrived } from "./request";

export interface RegistryTarget {
  /** What errors call the source. */
  readonly from: string;
  readonly origin: Origin;
  readonly tags: readonly string[];
  /** A repository of the same registry, where the copy comes from one. */
  readonly mountFrom?: string | undefined;
  readonly immutableTags: boolean;
}

interface Rooms {
  readonly writer: RegistryWriter;
}

/**
 * After this, the registry has all of it.
 *
 * @throws OciError TAG_EXISTS before anything is sent, and what a push throws.
 */
export async function copyToRegistry(
  { artifact, referrers, tagged }: Gathered,
  target: RegistryTarget,
  rooms: Rooms,
  context: Context,
): Promise<Arrived> {
  if (target.immutableTags) await refuseMoves(artifact, target, rooms, context);
  const { origin, mountFrom } = target;
  const everything = [artifact, ...referrers, ...tagged.map((each) => each.artifact)];
  const base: PushTarget = { origin, tags: [], ...(mountFrom === undefined ? {} : { mountFrom }) };
  const { uploaded, mounted } = await push(together(everything, target), base, rooms, context);
  const set: string[] = [];
  for (const { tag, artifact: signature } of tagged) {
    await tellReplaced(tag, signature, target, rooms, context);
    const named = await push(alone(signature), { ...base, tags: [tag] }, rooms, context);
    set.push(...named.tagged);
  }
  const { tags, immutableTags } = target;
  const named = await push(alone(artifact), { ...base, tags, immutableTags }, rooms, context);
  set.push(...named.tagged);
  return Object.freeze({ uploaded, mounted, tagged: Object.freeze(set) });
}

/** As one push, so that blobs of all of them go at the same time. */
function together(artifacts: readonly PackedArtifact[], { from }: RegistryTarget): PushArtifact {
  const blobs = artifacts.flatMap((each) => each.blobs.map((blob) => checkedBlob(blob, from)));
  const manifests = artifacts.flatMap(({ children, manifest }) => [...children, manifest]);
  const [manifest = artifacts[0]?.manifest] = manifests.slice(-1);
  if (manifest === undefined) throw new TypeError("nothing was gathered");
  return { blobs, children: manifests.slice(0, -1), manifest };
}

/** What is there by now, to be tagged. */
function alone({ manifest }: PackedArtifact): PushArtifact {
  return { blobs: [], children: [], manifest };
}

async function refuseMoves(
  { manifest }: PackedArtifact,
  { origin, tags }: RegistryTarget,
  { writer }: Rooms,
  context: Context,
): Promise<void> {
  for (const tag of tags) {
    const current = await writer.findDigest(origin, tag, context);
    if (current === undefined || current === manifest.descriptor.digest) continue;
    throw tagExists({ subject: `${origin.registry}/${origin.repository}:${tag}` }, current);
  }
}

/** Signatures that only the destination has are not under this tag any more. */
async function tellReplaced(
  tag: string,
  { manifest }: PackedArtifact,
  { origin }: RegistryTarget,
  { writer }: Rooms,
  context: Context,
): Promise<void> {
  const current = await writer.findDigest(origin, tag, context);
  if (current === undefined || current === manifest.descriptor.digest) return;
  context.report.warning(
    `the tag ${tag} named ${current} there, and now names what the source has`,
  );
}
