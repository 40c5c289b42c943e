/**
 * What a reference is, without its content: the first half of the road. Reads manifests only.
 */
import { servingFirst } from "./ask";
import { parseManifest } from "./content/manifest";
import { chooseManifest } from "./content/choose-manifest";
import { planContent } from "./content/plan";
import type { Selection } from "./content/selection";
import type { Context } from "./context";
import { OciError } from "./errors";
import { firstMeaning, type Meanings } from "./meanings";
import { formatReference } from "./reference/format";
import { findDigest, findNamed, type ResolveRequest, type ResolveRooms } from "./resolve";
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
  readonly mediaType: string;
  /** Of an index: what it lists. Its manifests may be of one platform each. */
  readonly index?: ImageIndex;
  /** The manifest; of an index, the one for the platform that was asked for, or the only one. */
  readonly manifest?: ImageManifest;
  readonly manifestDigest?: string;
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
    firstMeaning(request, rooms, (meant) => look(meant, rooms, bounded)),
  );
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
  if (top.kind === "manifest") {
    return Object.freeze({
      ...head,
      manifest: top,
      manifestDigest: document.digest,
      ...layersOf(top, subject, request, context),
    });
  }
  const chosen = chosenOf(top, request, subject);
  if (chosen === undefined) return Object.freeze({ ...head, index: top, layers: [], size: 0 });
  const rest = servingFirst(endpoints, servedBy);
  const child = await findDigest(chosen.digest, request, rest, rooms, context);
  const manifest = parseManifest(
    child.document.bytes,
    child.document.mediaType,
    subject,
    context.limits,
  );
  return Object.freeze({
    ...head,
    index: top,
    ...(manifest.kind === "index"
      ? { layers: [], size: 0 }
      : {
          manifest,
          manifestDigest: chosen.digest,
          ...layersOf(manifest, subject, request, context),
        }),
  });
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

function layersOf(
  manifest: ImageManifest,
  subject: string,
  { selection }: InspectRequest,
  context: Context,
): Pick<Inspection, "layers" | "size" | "problem"> {
  try {
    const plan = planContent(manifest, subject, context.limits, selection);
    const forms = new Map(plan.layers.map(({ index, form }) => [index, form]));
    const layers = manifest.layers.map((descriptor, index) => {
      const form = forms.get(index);
      return form === undefined
        ? { descriptor, isChosen: false }
        : { descriptor, isChosen: true, form };
    });
    const size = plan.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    return { layers, size };
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    const layers = manifest.layers.map((descriptor) => ({ descriptor, isChosen: false }));
    return { layers, size: 0, problem: error };
  }
}
