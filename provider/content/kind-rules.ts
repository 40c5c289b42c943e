/**
 * What each kind of artifact asks of a manifest, and how it changes what becomes of the layers. A named
 * kind is enforced; a recognized one whose rules do not hold is files like any other. Pure.
 */
import type { Descriptor, ImageManifest, LayerForm, Reference } from "../types";
import { type ChartFacts, chartFileName } from "./chart";
import { isPackedFolder, layerLine, titleOf } from "./choose-layers";
import type { Kind, NamedKind } from "./kinds";
import {
  bareMediaType,
  EMPTY_MEDIA_TYPE,
  isArchiveType,
  isImageConfig,
  isIndexType,
} from "./media-types";
import { mirrorForms } from "./provider-mirror";
import {
  isChart,
  isChartLayer,
  isFluxLayer,
  isProvenance,
  isZipLayer,
  MODULE_TYPE,
  recognize,
  TARGET_TYPE,
  ZIP_TYPE,
} from "./recognize";
import type { Selection } from "./selection";
import { isSideLayer } from "./side-layers";
import { wrongKind, type KindProblem } from "./wrong-kind";

/** Layers that Argo CD takes of an artifact. https://argo-cd.readthedocs.io/en/stable/user-guide/oci/ */
const MOST_ARGO_LAYERS = 10;

/** What is known of the artifact beside its manifest, for kinds whose files are called by it. */
export interface Told {
  readonly reference: Pick<Reference, "repository" | "layout">;
  /** By which it was named. */
  readonly tag?: string | undefined;
  /** Of a chart whose config could be read. */
  readonly chart?: ChartFacts | undefined;
}

/** What a kind changes of the rules for all layers; these by their positions. */
export interface KindRules {
  /** Left aside, unless the selection asks for layers. */
  readonly aside: ReadonlySet<number>;
  readonly forms: ReadonlyMap<number, LayerForm>;
}

/** What a kind judges by. */
interface Work extends Told {
  readonly manifest: ImageManifest;
  readonly selection: Selection;
  readonly subject: string;
}

type Verdict = KindRules | KindProblem;

const NONE: KindRules = { aside: new Set(), forms: new Map() };

/**
 * The rules for this manifest.
 * @throws OciError WRONG_KIND where a kind is named and does not hold; INVALID_INPUT for a provider
 * without an address or a version, UNSAFE_ARCHIVE for a chart whose name is no file name
 */
export function kindRules(
  manifest: ImageManifest,
  selection: Selection,
  told: Told,
  subject: string,
): KindRules {
  const found = recognize(manifest);
  const asked: Kind | undefined = selection.kind;
  const kind = asked ?? found;
  if (kind === "files") return NONE;
  const verdict = RULES[kind]({ ...told, manifest, selection, subject });
  if (!("fact" in verdict)) return verdict;
  if (asked === undefined) return NONE;
  const details = manifest.layers.map((descriptor, index) => layerLine({ descriptor, index }));
  throw wrongKind({ asked: kind, found, problem: verdict, details }, subject);
}

const RULES: Readonly<Record<NamedKind, (work: Work) => Verdict>> = {
  "opentofu-module": moduleRules,
  "opentofu-provider": providerRules,
  "helm-chart": chartRules,
  flux: fluxRules,
  argocd: argoRules,
  "image-layers": ({ manifest: { config } }) =>
    isImageConfig(config?.mediaType) ? NONE : { fact: `its config is ${typeOf(config)}` },
  wasm: ({ manifest }) =>
    recognize(manifest) === "wasm"
      ? NONE
      : { fact: `its config is ${typeOf(manifest.config)}, and not all of its layers are wasm` },
};

function moduleRules(work: Work): Verdict {
  const { artifactType, layers } = work.manifest;
  if (artifactType !== MODULE_TYPE) {
    return { fact: `its artifactType is ${artifactType ?? "absent"}, not ${MODULE_TYPE}` };
  }
  const { length } = layers.filter(isZipLayer);
  if (length !== 1) {
    return { fact: `it has ${length} layers of the type ${ZIP_TYPE}, and OpenTofu takes just one` };
  }
  // Of a module that is for other tools, too, another archive holds the same once more.
  const isBeside = (layer: Descriptor): boolean => isSideLayer(layer) || isArchive(layer);
  return { aside: asideOf(work, isZipLayer, isBeside), forms: unpacked(work, isZipLayer) };
}

function providerRules({ manifest, selection, subject, ...told }: Work): Verdict {
  if (isIndexType(manifest.mediaType)) {
    return { ...NONE, forms: mirrorForms(manifest, { ...selection, ...told }, subject) };
  }
  return manifest.artifactType === TARGET_TYPE
    ? {
        fact: "it is the package for one platform, not the index of all",
        hint: "name the index, usually by the tag of the version; platform chooses one package of it",
      }
    : { fact: "it is a manifest, not an index of packages for platforms" };
}

function chartRules(work: Work): Verdict {
  const { manifest, selection, chart, subject } = work;
  if (!isChart(manifest))
    return { fact: `its config is ${typeOf(manifest.config)}, not a chart's` };
  const { length } = manifest.layers.filter(isChartLayer);
  if (length !== 1) return { fact: `it has ${length} layers that are a chart, not one` };
  if (chart === undefined) return { fact: "its config tells neither name nor version" };
  const forms = new Map(unpacked(work, isChartLayer));
  manifest.layers.forEach((layer, index) => {
    if (isProvenance(layer)) {
      forms.set(index, { kind: "file", name: `${chartFileName(chart, subject)}.prov` });
    } else if (isChartLayer(layer) && selection.extract === "never") {
      forms.set(index, { kind: "file", name: chartFileName(chart, subject) });
    }
  });
  return { aside: asideOf(work, (layer) => isChartLayer(layer) || isProvenance(layer)), forms };
}

function fluxRules(work: Work): Verdict {
  const { manifest } = work;
  const isContent = manifest.layers.some(isFluxLayer) ? isFluxLayer : isTarLayer;
  if (recognize(manifest) !== "flux" || !manifest.layers.some(isContent)) {
    return { fact: "none of its layers is Flux content, nor is its config" };
  }
  return { aside: asideOf(work, (layer) => !isSideLayer(layer)), forms: unpacked(work, isContent) };
}

/** Its artifactType does not matter to Argo CD, and that its layers are several does not to us. */
function argoRules(work: Work): Verdict {
  const { layers } = work.manifest;
  const isContent = isChart(work.manifest) ? isChartLayer : isTarLayer;
  if (layers.length > MOST_ARGO_LAYERS) {
    return {
      fact: `it has ${layers.length} layers, and Argo CD takes at most ${MOST_ARGO_LAYERS}`,
    };
  }
  if (!layers.some(isContent)) {
    return { fact: "none of its layers is tar or tar+gzip, and Argo CD unpacks nothing else" };
  }
  return { aside: asideOf(work, isContent), forms: unpacked(work, isContent) };
}

function isArchive({ mediaType }: Descriptor): boolean {
  return isArchiveType(mediaType);
}

/** As Argo CD tells content: by the end of its media type. */
function isTarLayer({ mediaType }: Descriptor): boolean {
  return /(tar\+gzip|tar\.gzip|tar)$/.test(bareMediaType(mediaType));
}

/**
 * Positions of the layers that are not the kind's: all others of a kind that was asked for, of one that
 * was recognized only those beside it, which are at least those that speak about the content.
 */
function asideOf(
  { manifest, selection }: Work,
  isContent: (layer: Descriptor) => boolean,
  isBeside: (layer: Descriptor) => boolean = isSideLayer,
): ReadonlySet<number> {
  const isAside = (layer: Descriptor): boolean =>
    !isContent(layer) &&
    layer.mediaType !== EMPTY_MEDIA_TYPE &&
    (selection.kind !== undefined || isBeside(layer));
  return new Set(manifest.layers.flatMap((layer, index) => (isAside(layer) ? [index] : [])));
}

/** Content with a title would be a file, and the kind's tool unpacks it all the same. */
function unpacked(
  { manifest, selection }: Work,
  isContent: (layer: Descriptor) => boolean,
): ReadonlyMap<number, LayerForm> {
  const forms = new Map<number, LayerForm>();
  manifest.layers.forEach((layer, index) => {
    const isFile = titleOf(layer) !== "" && !isPackedFolder(layer);
    if (isFile && isContent(layer) && selection.extract !== "never") {
      forms.set(index, { kind: "archive", directory: "" });
    }
  });
  return forms;
}

function typeOf(config: Descriptor | undefined): string {
  return config === undefined ? "absent" : `of the type ${config.mediaType}`;
}
