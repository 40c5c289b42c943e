/**
 * What a reference is, without its content: the first half of the road. Reads manifests, and the config
 * of a chart.
 */
import { servingFirst } from "./ask";
import { atReferrer, findReferrer, wantsReferrer } from "./choose-referrer";
import { chooseVersion } from "./choose-version";
import type { ChartFacts } from "./content/chart";
import { parseManifest } from "./content/manifest";
import { chooseManifest } from "./content/choose-manifest";
import type { Kind } from "./content/kinds";
import { planContent } from "./content/plan";
import { isProviderWanted } from "./content/provider-targets";
import { recognize } from "./content/recognize";
import type { Selection } from "./content/selection";
import type { Context } from "./context";
import { OciError } from "./errors";
import { firstMeaning, type Meanings } from "./meanings";
import { readChart } from "./read-chart";
import { readTargets } from "./read-targets";
import { effectiveTag, formatReference } from "./reference/format";
import { findChild, findNamed, type ResolveRequest, type ResolveRooms } from "./resolve";
import type { ChosenTag } from "./versions/chosen-tag";
import { type InspectedReferrers, readReferrers } from "./read-referrers";
import { withinTotal } from "./within-total";
import type {
  Descriptor,
  Endpoint,
  ImageIndex,
  ImageManifest,
  LayerForm,
  Reference,
} from "./types";

export interface InspectRequest extends Meanings, ResolveRequest {
  /** Canonical, as `selectionOf` makes it. Default: all. */
  readonly selection?: Selection | undefined;
  /** Whether it is asked, too, who refers to what is found. Default false. */
  readonly withReferrers?: boolean | undefined;
  /** Milliseconds for all of it. Default: no bound. */
  readonly totalTimeout?: number | undefined;
}

/** A layer, and what a pull would make of it. */
export interface InspectedLayer {
  readonly descriptor: Descriptor;
  /** Whether a pull would fetch it: it has content, and the selection takes it. */
  readonly isChosen: boolean;
  /** Of a chosen one. */
  readonly form?: LayerForm;
}

export interface Inspection {
  /** In full: what a name without a registry came to. */
  readonly reference: Reference;
  /** Digest of what the reference names; for an index, the index's. */
  readonly digest: string;
  /** What a range of versions has come to. */
  readonly chosen?: ChosenTag;
  /** Of the artifact that it refers to, where a referrer was wanted. */
  readonly subjectDigest?: string;
  /** Who refers to it, where that was asked. */
  readonly referrers?: InspectedReferrers;
  readonly mediaType: string;
  /** What it is recognized as, whatever was asked for; of an index, what its manifest is. */
  readonly kind: Kind;
  /** What the config of a chart tells. */
  readonly chart?: ChartFacts;
  /** Of an index: what it lists. Its manifests may be of one platform each. */
  readonly index?: ImageIndex;
  /** The manifest; of an index, the one for the platform that was asked for, or the only one. */
  readonly manifest?: ImageManifest;
  readonly manifestDigest?: string;
  /** Of the manifest; of a provider, the archives of its packages. */
  readonly layers: readonly InspectedLayer[];
  /** Bytes of the chosen layers, as they travel. */
  readonly size: number;
  /** Why a pull would not work, where the manifest alone tells. */
  readonly problem?: OciError;
  readonly servedBy?: Endpoint;
}

/**
 * Looks at the reference. An index without a wanted platform is no error here: it is what there is.
 * @throws OciError of the registry, DIGEST_MISMATCH, UNSUPPORTED_MANIFEST, NO_PLATFORM.
 */
export async function inspect(
  request: InspectRequest,
  rooms: ResolveRooms,
  context: Context,
): Promise<Inspection> {
  const subject = formatReference(request.reference);
  return await withinTotal(request.totalTimeout, subject, context, (bounded) =>
    firstMeaning(request, rooms, (meant) =>
      chooseVersion(meant, rooms, bounded, async (wanted, chosen) => {
        const found = await lookBeside(wanted, rooms, bounded);
        return chosen === undefined ? found : Object.freeze({ ...found, chosen });
      }),
    ),
  );
}

/** At the referrer, where one is wanted; and at who refers to what was found, where that is asked. */
async function lookBeside(
  request: InspectRequest,
  rooms: ResolveRooms,
  context: Context,
): Promise<Inspection> {
  const { endpoints, reference } = request;
  const referrer = wantsReferrer(request)
    ? { request, found: await findReferrer(request, endpoints, rooms, context) }
    : undefined;
  const asked = referrer === undefined ? request : atReferrer(referrer.request, referrer.found);
  const found = await look(asked, rooms, context);
  const order = servingFirst(endpoints, found.servedBy);
  return Object.freeze({
    ...found,
    ...(referrer === undefined ? {} : { subjectDigest: referrer.found.subjectDigest }),
    ...(request.withReferrers === true
      ? { referrers: await readReferrers(reference, found.digest, order, rooms, context) }
      : {}),
  });
}

async function look(
  request: InspectRequest,
  rooms: ResolveRooms,
  context: Context,
): Promise<Inspection> {
  const subject = formatReference(request.reference);
  const { endpoints } = request;
  const { document, servedBy } = await findNamed(request, endpoints, rooms, context);
  const top = parseManifest(document.bytes, document.mediaType, subject, context.limits);
  const head = {
    reference: request.reference,
    digest: document.digest,
    mediaType: top.mediaType,
    ...(servedBy === undefined ? {} : { servedBy }),
  };
  const work = { request, rooms, context, subject };
  if (top.kind === "index") {
    const order = servingFirst(endpoints, servedBy);
    return Object.freeze({ ...head, index: top, ...(await inIndex(top, order, work)) });
  }
  const manifestDigest = document.digest;
  return Object.freeze({
    ...head,
    manifest: top,
    manifestDigest,
    ...(await inManifest(top, work)),
  });
}

/** What all parts of one look share. */
interface Work {
  readonly request: InspectRequest;
  readonly rooms: ResolveRooms;
  readonly context: Context;
  readonly subject: string;
}

type Contents = Pick<Inspection, "kind" | "chart" | "layers" | "size" | "problem">;

/** What an index comes to: the packages of a provider, or the one manifest that is wanted. */
async function inIndex(
  index: ImageIndex,
  endpoints: readonly Endpoint[],
  work: Work,
): Promise<Contents & Pick<Inspection, "manifest" | "manifestDigest">> {
  const { request, rooms, context, subject } = work;
  const { platform, selection = {} } = request;
  const nothing = { kind: recognize(index), layers: [], size: 0 };
  const read = async (child: Descriptor): Promise<ImageManifest | ImageIndex> => {
    const { document } = await findChild(child, request, endpoints, rooms, context);
    return parseManifest(document.bytes, document.mediaType, subject, context.limits);
  };
  try {
    if (isProviderWanted(index, selection, subject)) {
      return await inManifest(
        await readTargets(index, platform, subject, read, context.limits),
        work,
      );
    }
  } catch (error) {
    if (!(error instanceof OciError) || !isAboutIndex(error, request)) throw error;
    return { ...nothing, problem: error };
  }
  const chosen = chosenOf(index, request, subject);
  if (chosen === undefined) return nothing;
  const manifest = await read(chosen);
  if (manifest.kind === "index") return nothing;
  const manifestDigest = chosen.digest;
  return { manifest, manifestDigest, ...(await inManifest(manifest, work)) };
}

/** Whether what was found stands in the way, and not what was asked for or who was asked. */
function isAboutIndex({ code }: OciError, { platform }: InspectRequest): boolean {
  if (code === "NO_PLATFORM") return platform === undefined;
  return ["WRONG_KIND", "AMBIGUOUS_PLATFORM", "UNSUPPORTED_MANIFEST"].includes(code);
}

/** Undefined where several fit and none was asked for. */
function chosenOf(
  index: ImageIndex,
  { platform }: InspectRequest,
  subject: string,
): Descriptor | undefined {
  try {
    return chooseManifest(index, platform, subject);
  } catch (error) {
    if (platform === undefined && error instanceof OciError) return undefined;
    throw error;
  }
}

async function inManifest(
  manifest: ImageManifest,
  { request, rooms, context, subject }: Work,
): Promise<Contents> {
  const { reference, endpoints, selection = {} } = request;
  const kind = recognize(manifest);
  try {
    const chart = await readChart({ reference, endpoints, manifest }, selection, rooms, context);
    const told = { reference, tag: effectiveTag(reference), chart };
    const plan = planContent(manifest, subject, context.limits, selection, told);
    const forms = new Map(plan.layers.map(({ index, form }) => [index, form]));
    const layers = manifest.layers.map((descriptor, index) => {
      const form = forms.get(index);
      return form === undefined
        ? { descriptor, isChosen: false }
        : { descriptor, isChosen: true, form };
    });
    const size = plan.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    return { kind, ...(chart === undefined ? {} : { chart }), layers, size };
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    const layers = manifest.layers.map((descriptor) => ({ descriptor, isChosen: false }));
    return { kind, layers, size: 0, problem: error };
  }
}
