/**
 * Everything in a registry that may be a signature of a digest: sigstore bundles among its referrers,
 * and the layers under its `.sig` tag. It reads and bounds them and checks each against the digest
 * that names it; whether one is good is not decided here. Trouble on the way is thrown, and never
 * counts as "nothing there".
 */
import { parseDescriptor } from "../content/descriptor";
import { JsonProblem, optionalArray, parseJsonObject } from "../content/json";
import { parseManifest } from "../content/manifest";
import { algorithmOf, digestOf, hexOf } from "../digest";
import { OciError, type ErrorCode } from "../errors";
import type { Limits } from "../limits";
import { exactBytes } from "../settings/byte-size";
import type { Descriptor, ImageIndex, ImageManifest } from "../types";
import { VERIFY, type Reason } from "./reasons";

/** A manifest or an index, as it was served. */
export interface SignatureDocument {
  readonly bytes: Buffer;
  readonly mediaType: string | undefined;
}

/** Where signatures are looked for: a registry, with its mirrors. Whatever else fails is thrown. */
export interface SignatureSource {
  /** What errors call the content: its reference. */
  readonly subject: string;
  /** By tag or digest; undefined where there is no such manifest. */
  manifest(reference: string): Promise<SignatureDocument | undefined>;
  /** The indexes that list who refers to the digest; empty where nobody does. */
  referrers(digest: string): Promise<readonly SignatureDocument[]>;
  /**
   * Why somebody could not be asked, where others answered in his place: he may have what they do not.
   * It is the error where no signature counts.
   */
  unanswered?(): OciError | undefined;
  /** A line for each mirror that could not be asked, where the registry itself was. */
  unheard?(): readonly string[];
  /** Whole; undefined where there is no such blob. */
  blob(descriptor: Descriptor): Promise<Buffer | undefined>;
}

/** What may be a signature. */
export type Candidate =
  /** cosign's first format: the layer is the signed payload, its annotations hold the signature. */
  | {
      readonly kind: "layer";
      readonly place: string;
      readonly payload: Buffer;
      readonly annotations: Readonly<Record<string, string>>;
    }
  | { readonly kind: "bundle"; readonly place: string; readonly bytes: Buffer };

export type Find =
  | { readonly found: "candidate"; readonly candidate: Candidate }
  /** One that cannot be read. */
  | { readonly found: "reason"; readonly reason: Reason }
  /** One that could not be had, and may be good; what is wrong is wrong with it alone. */
  | { readonly found: "trouble"; readonly error: OciError }
  /** A place without any: a line for the error. */
  | { readonly found: "nothing"; readonly line: string };

/** Far more than any signature has. Bytes. */
const LARGEST_SIGNATURE = 1024 ** 2;

const SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGNATURE = "dev.cosignproject.cosign/signature";
const BUNDLE = "application/vnd.dev.sigstore.bundle";

/**
 * The bundles among the referrers, the likeliest first. What an index says of an entry's type orders
 * them and never decides: registries and older versions of cosign write others there, or none.
 */
export async function* findBundles(
  digest: string,
  source: SignatureSource,
  limits: Limits,
): AsyncGenerator<Find> {
  const pages = await source.referrers(digest);
  const entries = pages.flatMap((page) => entriesOf(page, source)).sort(byLikelihood);
  let [bundles, missing] = [0, 0];
  for (const [index, entry] of entries.entries()) {
    if (index >= limits.layers) throw tooMany(source, entries.length, limits);
    const found = await orTrouble(async () => {
      const document = await source.manifest(entry.digest);
      if (document === undefined) missing += 1;
      const layer = document === undefined ? undefined : bundleLayer(document, source, limits);
      return layer && (await readBundle(layer, `referrer ${entry.digest}`, source));
    });
    if (found === undefined) continue;
    bundles += 1;
    yield found;
  }
  if (bundles > 0) return;
  yield { found: "nothing", line: noBundles(entries.length, missing) };
}

function noBundles(entries: number, missing: number): string {
  if (entries === 0) return "it has no referrers";
  const gone = missing === 0 ? "" : ` (not in the registry: ${missing})`;
  const line = `none of its ${entries} referrers is a signature`;
  return `${entries === 1 ? "its only referrer is no signature" : line}${gone}`;
}

/** The layers under the tag of cosign's first format. */
export async function* findLayers(
  digest: string,
  source: SignatureSource,
  limits: Limits,
): AsyncGenerator<Find> {
  const tag = signatureTag(digest);
  // Longer ones cannot be tags: such a digest has its signatures among the referrers only.
  if (algorithmOf(digest) !== "sha256") return;
  const document = await source.manifest(tag);
  if (document === undefined) {
    yield { found: "nothing", line: `there is no tag ${tag}` };
    return;
  }
  const manifest = readManifest(document, source, limits);
  if (manifest === undefined) {
    const fact = "it is no manifest";
    yield { found: "reason", reason: { kind: "format", place: `tag ${tag}`, fact } };
    return;
  }
  const layers = [...manifest.layers.entries()].filter(
    // cosign does not ask for the type.
    ([, { mediaType, annotations }]) =>
      mediaType === SIMPLE_SIGNING || Object.hasOwn(annotations, SIGNATURE),
  );
  for (const [index, layer] of layers) {
    yield await orTrouble(() => readLayer(layer, `tag ${tag}, layer ${index}`, source));
  }
  if (layers.length > 0) return;
  yield { found: "nothing", line: `the tag ${tag} is there, and no layer in it is a signature` };
}

/** Where cosign's first format keeps the signatures of a digest. */
export function signatureTag(digest: string): string {
  return `${algorithmOf(digest)}-${hexOf(digest)}.sig`;
}

/**
 * One broken entry must not hide the others: anybody who may push can write one. An outage is no entry's
 * own, and is thrown.
 */
async function orTrouble<T extends Find | undefined>(
  read: () => Promise<T>,
): Promise<T | (Find & { readonly found: "trouble" })> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof OciError) || !OF_ONE_ENTRY.has(error.code)) throw error;
    return { found: "trouble", error };
  }
}

/** A wrong size, a damaged blob, a manifest with too much in it. */
const OF_ONE_ENTRY: ReadonlySet<ErrorCode> = new Set(["DIGEST_MISMATCH", "LIMIT_EXCEEDED"]);

/** Likewise of the entries of an index. */
function entriesOf({ bytes }: SignatureDocument, source: SignatureSource): readonly Descriptor[] {
  try {
    const entries = optionalArray(parseJsonObject(bytes), "manifests") ?? [];
    return entries.flatMap((entry) => descriptorOf(entry) ?? []);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw new OciError({
      code: "REGISTRY",
      verb: "list the referrers of",
      subject: source.subject,
      fact: `their index cannot be read: ${error.message}`,
      hint: "run again; if it stays so, tell the people who run the registry",
    });
  }
}

function descriptorOf(entry: unknown): Descriptor | undefined {
  try {
    return parseDescriptor(entry, "the entry");
  } catch (error) {
    if (error instanceof JsonProblem) return undefined;
    throw error;
  }
}

function byLikelihood(a: Descriptor, b: Descriptor): number {
  return likelihood(b) - likelihood(a);
}

function likelihood({ artifactType = "" }: Descriptor): number {
  if (artifactType.startsWith(BUNDLE)) return 2;
  return artifactType === "" || artifactType === "application/vnd.oci.empty.v1+json" ? 1 : 0;
}

/** The one layer of a manifest that holds a bundle. */
function bundleLayer(
  document: SignatureDocument,
  source: SignatureSource,
  limits: Limits,
): Descriptor | undefined {
  const [layer, ...others] = readManifest(document, source, limits)?.layers ?? [];
  return layer?.mediaType.startsWith(BUNDLE) === true && others.length === 0 ? layer : undefined;
}

/** Undefined for what cannot be read as a manifest with layers: others may be there. */
function readManifest(
  { bytes, mediaType }: SignatureDocument,
  { subject }: SignatureSource,
  limits: Limits,
): ImageManifest | undefined {
  let manifest: ImageManifest | ImageIndex;
  try {
    manifest = parseManifest(bytes, mediaType, subject, limits);
  } catch (error) {
    if (error instanceof OciError && error.code === "UNSUPPORTED_MANIFEST") return undefined;
    throw error;
  }
  return manifest.kind === "manifest" ? manifest : undefined;
}

async function readBundle(
  layer: Descriptor,
  place: string,
  source: SignatureSource,
): Promise<Find> {
  const bytes = await readBlob(layer, place, source);
  if (!Buffer.isBuffer(bytes)) return { found: "reason", reason: bytes };
  return { found: "candidate", candidate: { kind: "bundle", place, bytes } };
}

async function readLayer(layer: Descriptor, place: string, source: SignatureSource): Promise<Find> {
  const payload = await readBlob(layer, place, source);
  if (!Buffer.isBuffer(payload)) return { found: "reason", reason: payload };
  const { annotations } = layer;
  return { found: "candidate", candidate: { kind: "layer", place, payload, annotations } };
}

async function readBlob(
  descriptor: Descriptor,
  place: string,
  source: SignatureSource,
): Promise<Buffer | Reason> {
  const { digest, size } = descriptor;
  if (size > LARGEST_SIGNATURE) {
    const fact = `it has ${size} bytes, and a signature has ${LARGEST_SIGNATURE} at most`;
    return { kind: "format", place, fact };
  }
  const bytes = await source.blob(descriptor);
  if (bytes === undefined) {
    return { kind: "missing", place, fact: `its blob ${digest} is not in the registry` };
  }
  if (bytes.length === size && digestOf(bytes, algorithmOf(digest)) === digest) return bytes;
  throw new OciError({
    code: "DIGEST_MISMATCH",
    verb: VERIFY,
    subject: source.subject,
    fact: `${place}: the blob that came is not ${digest} of ${exactBytes(size)}`,
    hint: "run again; if it stays so, tell the people who run the registry",
  });
}

function tooMany({ subject }: SignatureSource, found: number, limits: Limits): OciError {
  return new OciError({
    code: "LIMIT_EXCEEDED",
    verb: VERIFY,
    subject,
    fact: `it has ${found} referrers, and no signature that counts is among the first ${limits.layers} (limit layers)`,
    hint: "if all of them are meant, raise limits.layers",
  });
}
