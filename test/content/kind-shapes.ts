/**
 * Manifests in the shapes of each kind, for tests of what kinds make of them, and words for what that is.
 */
import type { Told } from "../../provider/content/kind-rules";
import { planContent } from "../../provider/content/plan";
import { selectionOf, type GivenSelection } from "../../provider/content/selection";
import type { Descriptor, ImageManifest, Plan } from "../../provider/types";

export const OCI = "application/vnd.oci.image";
export const HELM = "application/vnd.cncf.helm";
export const FLUX = "application/vnd.cncf.flux";
export const ARGO = "application/vnd.cncf.argoproj.argocd";
export const SPDX = "application/spdx+json";
export const MODULE = "application/vnd.opentofu.modulepkg";
export const SUBJECT = "host/team/app:1";
export const CHART: Told = {
  reference: { repository: "charts/web" },
  chart: { name: "web", version: "1.2.3+b" },
};

export function layer(mediaType: string, title?: string): Descriptor {
  const annotations: Record<string, string> =
    title === undefined ? {} : { "org.opencontainers.image.title": title };
  return { mediaType, digest: `sha256:${"a".repeat(64)}`, size: 9, annotations };
}

export interface Shape {
  readonly artifactType?: string;
  readonly config?: string;
  readonly layers: readonly (string | Descriptor)[];
}

export function manifestOf({ artifactType, config, layers }: Shape): ImageManifest {
  return {
    kind: "manifest",
    mediaType: `${OCI}.manifest.v1+json`,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(config === undefined ? {} : { config: layer(config) }),
    layers: layers.map((each) => (typeof each === "string" ? layer(each) : each)),
    annotations: {},
  };
}

export const SHAPES = {
  module: { artifactType: MODULE, layers: [layer("archive/zip", "m.zip")] },
  target: { artifactType: "application/vnd.opentofu.provider-target", layers: ["archive/zip"] },
  chart: {
    config: `${HELM}.config.v1+json`,
    layers: [`${HELM}.chart.content.v1.tar+gzip`, `${HELM}.chart.provenance.v1.prov`],
  },
  oldChart: { config: `${HELM}.config.v1+json`, layers: ["application/tar+gzip"] },
  flux: { config: `${FLUX}.config.v1+json`, layers: [`${FLUX}.content.v1.tar+gzip`] },
  fluxByLayer: { layers: [`${FLUX}.content.v1.tar+gzip`] },
  argo: { config: `${ARGO}.config.v1+json`, layers: [`${OCI}.layer.v1.tar+gzip`] },
  argoByLayer: { layers: [`${ARGO}.content.v1.tar+gzip`] },
  image: { config: `${OCI}.config.v1+json`, layers: [`${OCI}.layer.v1.tar+gzip`] },
  dockerImage: {
    config: "application/vnd.docker.container.image.v1+json",
    layers: ["application/vnd.docker.image.rootfs.diff.tar.gzip"],
  },
  wasm: { config: "application/vnd.wasm.config.v0+json", layers: ["application/wasm"] },
  oldWasm: { layers: ["application/vnd.wasm.content.layer.v1+wasm"] },
  files: { layers: [layer("text/plain", "a.txt")] },
  tgz: { layers: [`${OCI}.layer.v1.tar+gzip`] },
  sbom: { artifactType: SPDX, layers: [SPDX] },
  nothing: { layers: [] },
} as const satisfies Readonly<Record<string, Shape>>;

const nameOf = (name: string): keyof typeof SHAPES => name as keyof typeof SHAPES;
/** Of all shapes. */
export const NAMES = Object.keys(SHAPES).map(nameOf);

export function plan(shape: Shape, given: GivenSelection = {}, told: Told = CHART): Plan {
  return planContent(manifestOf(shape), SUBJECT, undefined, selectionOf(given), told);
}

/** "0 at ./", "1 is web.prov". */
export function made(shape: Shape, given: GivenSelection = {}): readonly string[] {
  return plan(shape, given).layers.map(({ index, form }) =>
    form.kind === "archive" ? `${index} at ./${form.directory}` : `${index} is ${form.name}`,
  );
}
