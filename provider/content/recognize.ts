/**
 * Tells what kind of artifact a manifest or an index is, by its own types and those of its layers,
 * in one table. It judges no more than that: whether the kind's rules hold is for kind-rules.ts. Pure.
 */
import type { Descriptor, ImageIndex, ImageManifest } from "../types";
import type { Kind, NamedKind } from "./kinds";
import { bareMediaType, EMPTY_MEDIA_TYPE, isImageConfig, isIndexType } from "./media-types";

/** https://opentofu.org/docs/cli/oci_registries/module-package/ */
export const MODULE_TYPE = "application/vnd.opentofu.modulepkg";

/** https://opentofu.org/docs/cli/oci_registries/provider-mirror/ */
const PROVIDER_TYPE = "application/vnd.opentofu.provider";

/** The same page: one platform's package of a provider. */
export const TARGET_TYPE = "application/vnd.opentofu.provider-target";

/** Of modules and of each platform's provider. */
export const ZIP_TYPE = "archive/zip";

/** https://helm.sh/docs/topics/registries/#oci-feature-deprecation-and-behavior-changes-with-v380 */
const CHART_CONFIG = "application/vnd.cncf.helm.config.v1+json";

/** Of the chart's archive; the second is how Helm before 3.7 called it. */
const CHART_TYPES: ReadonlySet<string> = new Set([
  "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
  "application/tar+gzip",
]);

/** Of the file that `helm verify` reads. */
const PROVENANCE_TYPE = "application/vnd.cncf.helm.chart.provenance.v1.prov";

/** https://fluxcd.io/flux/cheatsheets/oci-artifacts/ */
const FLUX_TYPE = "application/vnd.cncf.flux.content.v1.tar+gzip";
const FLUX_CONFIG = "application/vnd.cncf.flux.config.v1+json";

/** https://argo-cd.readthedocs.io/en/stable/proposals/native-oci-support/ */
const ARGO_TYPE = "application/vnd.cncf.argoproj.argocd.content.v1.tar+gzip";
const ARGO_CONFIG = "application/vnd.cncf.argoproj.argocd.config.v1+json";

/** https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/, and its forerunner. */
const WASM_CONFIG = /^application\/vnd\.wasm\.config\.v[0-9]+\+json$/;

/** The first that fits; the sequence matters where an artifact wears the types of two. */
const TABLE: readonly (readonly [NamedKind, (manifest: ImageManifest) => boolean])[] = [
  ["opentofu-module", ({ artifactType }) => artifactType === MODULE_TYPE],
  ["opentofu-provider", isProvider],
  ["helm-chart", isChart],
  ["flux", ({ config, layers }) => isOf(config, FLUX_CONFIG) || layers.some(isFluxLayer)],
  [
    "argocd",
    ({ config, layers }) =>
      isOf(config, ARGO_CONFIG) || layers.some((layer) => isOf(layer, ARGO_TYPE)),
  ],
  ["wasm", isWasm],
  ["image-layers", ({ config }) => isImageConfig(config?.mediaType)],
];

/** What the document is; "files" where it is none of those that are known. */
export function recognize(document: ImageManifest | ImageIndex): Kind {
  if (document.kind === "index") return isProviderIndex(document) ? "opentofu-provider" : "files";
  return TABLE.find(([, is]) => is(document))?.[0] ?? "files";
}

/** Whether the index lists the packages of an OpenTofu provider. */
function isProviderIndex({ artifactType, manifests }: ImageIndex): boolean {
  return artifactType === PROVIDER_TYPE || manifests.some(isTarget);
}

/** Whether an index's child is the package of a provider for one platform. */
export function isTarget({ artifactType }: Descriptor): boolean {
  return artifactType === TARGET_TYPE;
}

/** Whether the layer is the archive of a chart. */
export function isChartLayer({ mediaType }: Descriptor): boolean {
  return CHART_TYPES.has(bareMediaType(mediaType));
}

/** Whether the layer is what signs the chart beside it. */
export function isProvenance(layer: Descriptor): boolean {
  return isOf(layer, PROVENANCE_TYPE);
}

/** Whether the layer is an archive for OpenTofu. */
export function isZipLayer({ mediaType }: Descriptor): boolean {
  return mediaType === ZIP_TYPE;
}

/** Whether the config is a chart's. */
export function isChart({ config }: Pick<ImageManifest, "config">): boolean {
  return isOf(config, CHART_CONFIG);
}

/** A single package, or the packages of all platforms as one manifest (provider-targets.ts). */
function isProvider({ artifactType, mediaType }: ImageManifest): boolean {
  return artifactType === PROVIDER_TYPE || artifactType === TARGET_TYPE || isIndexType(mediaType);
}

/** Whether the layer is what `flux push artifact` makes. */
export function isFluxLayer(layer: Descriptor): boolean {
  return isOf(layer, FLUX_TYPE);
}

function isWasm({ config, layers }: ImageManifest): boolean {
  if (config !== undefined && WASM_CONFIG.test(bareMediaType(config.mediaType))) return true;
  const content = layers.filter((layer) => !isOf(layer, EMPTY_MEDIA_TYPE));
  return (
    content.length > 0 &&
    content.every((layer) => /[/+.]wasm$/.test(bareMediaType(layer.mediaType)))
  );
}

function isOf(descriptor: Descriptor | undefined, mediaType: string): boolean {
  return descriptor !== undefined && bareMediaType(descriptor.mediaType) === mediaType;
}
