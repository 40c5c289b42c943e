/**
 * All that belongs to an artifact: itself with what it names, what refers to it, and what cosign keeps
 * under tags that are made of its digest; and of each of these the same again. It reads manifests and
 * no blob, and writes nothing.
 */
import { parseManifest } from "../content/manifest";
import type { Context } from "../context";
import { algorithmOf, digestOf, hexOf } from "../digest";
import { OciError } from "../errors";
import { inParallel } from "../in-parallel";
import { limitExceeded } from "../limits";
import type { PackedArtifact, PackedManifest } from "../pack/artifact";
import { existingArtifact } from "../publish/existing";
import { referrerEntries } from "../referrer-entries";
import { formatReference } from "../reference/format";
import { signatureSource, type SignedPlace, type SourceRooms } from "../signature-source";
import type { SignatureSource } from "../verify/find-candidates";

/** What lies under a tag of its own. */
export interface Tagged {
  readonly tag: string;
  readonly artifact: PackedArtifact;
}

/** An artifact with its company. */
export interface Gathered {
  readonly artifact: PackedArtifact;
  /** Those first that others refer to. */
  readonly referrers: readonly PackedArtifact[];
  /** Signatures, attestations and SBOMs of cosign's first format. */
  readonly tagged: readonly Tagged[];
}

/** Rule: https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#storage */
const COSIGN_SUFFIXES = ["sig", "att", "sbom"] as const;

const AT_ONCE = 4;

/** What is found, and where it is looked for. */
interface Search {
  readonly place: SignedPlace;
  readonly source: SignatureSource;
  readonly rooms: SourceRooms;
  readonly context: Context;
  readonly seen: Set<string>;
  readonly referrers: PackedArtifact[];
  readonly tagged: Tagged[];
}

/**
 * The artifact of a reference with all that belongs to it.
 *
 * @param withReferrers - Or with what it names alone.
 * @throws OciError what reading manifests and listing referrers throws: a list that cannot be had is no
 * empty one; LIMIT_EXCEEDED beyond `layers` of what refers to it.
 */
export async function gather(
  place: SignedPlace,
  withReferrers: boolean,
  rooms: SourceRooms,
  context: Context,
): Promise<Gathered> {
  const { reference, endpoints } = place;
  const artifact = await existingArtifact(
    { from: "artifact", reference, endpoints },
    rooms,
    context,
  );
  const search: Search = {
    ...{ place, rooms, context, referrers: [], tagged: [] },
    source: signatureSource(place, rooms, context),
    seen: new Set(),
  };
  let next = withReferrers ? unseen(artifact, search) : [];
  while (next.length > 0) next = await companyOf(next, search);
  return Object.freeze({ artifact, referrers: search.referrers, tagged: search.tagged });
}

/** What belongs to these manifests; returns the manifests of it, to be looked at in turn. */
async function companyOf(
  manifests: readonly PackedManifest[],
  search: Search,
): Promise<readonly PackedManifest[]> {
  const found = new Map<PackedManifest, Company>();
  await inParallel(manifests, AT_ONCE, search.context, async (manifest, asking) => {
    const own = { ...search, context: asking };
    const { digest } = manifest.descriptor;
    const referrers = await referrersOf(digest, own);
    found.set(manifest, { referrers, tagged: await taggedFor(digest, own) });
  });
  const next: PackedManifest[] = [];
  for (const { referrers, tagged } of manifests.flatMap((each) => found.get(each) ?? [])) {
    for (const artifact of referrers) {
      if (search.seen.has(artifact.manifest.descriptor.digest)) continue;
      search.referrers.push(artifact);
      next.push(...unseen(artifact, search));
    }
    for (const each of tagged) {
      search.tagged.push(each);
      next.push(...unseen(each.artifact, search));
    }
  }
  refuseTooMany(search);
  return next;
}

type Company = Pick<Gathered, "referrers" | "tagged">;

/** A list only says where to look: a referrer names the manifest as its subject itself. */
async function referrersOf(digest: string, search: Search): Promise<readonly PackedArtifact[]> {
  const { source, context, rooms, place, seen } = search;
  const pages = await source.referrers(digest);
  const entries = referrerEntries(pages, source.subject, context.limits);
  refuseTooMany(search, entries.length);
  const found: PackedArtifact[] = [];
  for (const entry of entries) {
    if (seen.has(entry.digest)) continue;
    const artifact = await orNone(() => byDigest(entry.digest, place, rooms, context));
    if (artifact === undefined) {
      context.report.warning(
        `${entry.digest} is listed among the referrers of ${digest}, and is not there`,
      );
    } else if (subjectOf(artifact, source.subject, context) === digest) {
      found.push(artifact);
    }
  }
  return found;
}

async function taggedFor(
  digest: string,
  { source, rooms, place, context }: Search,
): Promise<readonly Tagged[]> {
  const tagged: Tagged[] = [];
  // Tags have no room for longer digests, and cosign knows no others.
  if (algorithmOf(digest) !== "sha256") return tagged;
  for (const suffix of COSIGN_SUFFIXES) {
    const tag = `sha256-${hexOf(digest)}.${suffix}`;
    const document = await source.manifest(tag);
    if (document === undefined) continue;
    const named = digestOf(document.bytes);
    await rooms.blobs.put(named, document.bytes);
    tagged.push({ tag, artifact: await byDigest(named, place, rooms, context) });
  }
  return tagged;
}

async function byDigest(
  digest: string,
  { reference: { tag: _tag, ...repository }, endpoints }: SignedPlace,
  rooms: SourceRooms,
  context: Context,
): Promise<PackedArtifact> {
  const reference = { ...repository, digest };
  return await existingArtifact({ from: "artifact", reference, endpoints }, rooms, context);
}

function subjectOf(
  { manifest: { bytes, descriptor } }: PackedArtifact,
  name: string,
  { limits }: Context,
): string | undefined {
  return parseManifest(bytes, descriptor.mediaType, name, limits).subject?.digest;
}

/** The manifests of an artifact that were not looked at, which from now on they are. */
function unseen(
  { children, manifest }: PackedArtifact,
  { seen }: Search,
): readonly PackedManifest[] {
  const fresh = [...children, manifest].filter(({ descriptor }) => !seen.has(descriptor.digest));
  for (const { descriptor } of fresh) seen.add(descriptor.digest);
  return fresh;
}

function refuseTooMany(
  { referrers, tagged, place, context: { limits } }: Search,
  found = referrers.length + tagged.length,
): void {
  if (found <= limits.layers) return;
  const subject = formatReference(place.reference);
  throw limitExceeded(limits, "layers", { verb: "copy what refers to", subject, found });
}

async function orNone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OciError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
