/**
 * Artifacts of the kinds that tool-shapes.ts does not have: charts as helm pushes them, WebAssembly,
 * policies, bills of materials. Builds only; deterministic.
 */
import { tarGz } from "./archives";
import { MEDIA_TYPES, type ArtifactContent, type LayerContent } from "./artifacts";

/** Files of a chart, as they lie in its archive. */
export const CHART_FILES: Readonly<Record<string, string>> = {
  "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3+b\nappVersion: v7\n",
  "web/values.yaml": "replicas: 1\n",
  "web/templates/service.yaml": "kind: Service\nmetadata:\n  name: {{ .Chart.Name }}\n",
};

/** What its config says. */
export const CHART_FACTS = { name: "web", version: "1.2.3+b", appVersion: "v7" } as const;

export interface ChartOptions {
  /** Bytes of the provenance file; without them there is none. */
  readonly provenance?: string;
  /** Default: the facts. */
  readonly config?: string;
  /** As Helm before 3.7 called the archive. */
  readonly isLegacy?: boolean;
  /** Default: of the files. */
  readonly archive?: Buffer;
  /** Beside the others. */
  readonly more?: readonly LayerContent[];
}

/** A chart as `helm push` makes one: without `mediaType`, and with the provenance in any position. */
export function chartContent(options: ChartOptions = {}): ArtifactContent {
  const { provenance, isLegacy, config, archive, more = [] } = options;
  const content = {
    bytes: archive ?? tarGz(CHART_FILES),
    mediaType:
      isLegacy === true
        ? "application/tar+gzip"
        : "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
  };
  const prov = { mediaType: "application/vnd.cncf.helm.chart.provenance.v1.prov" };
  return {
    omitMediaType: true,
    config: {
      bytes: config ?? JSON.stringify({ apiVersion: "v2", ...CHART_FACTS, type: "application" }),
      mediaType: "application/vnd.cncf.helm.config.v1+json",
    },
    layers: [
      ...(provenance === undefined ? [] : [{ ...prov, bytes: provenance }]),
      content,
      ...more,
    ],
    annotations: { "org.opencontainers.image.title": "web" },
  };
}

/** A WebAssembly module, or component, by the CNCF's rules. */
export const WASM: ArtifactContent = {
  config: { bytes: "{}", mediaType: "application/vnd.wasm.config.v0+json" },
  layers: [{ bytes: "\0asm\u0001\0\0\0", mediaType: "application/wasm" }],
};

/** A policy bundle as `oras push` and policy tools make it: an archive, and data beside it. */
export const POLICY: ArtifactContent = {
  config: { bytes: "{}", mediaType: "application/vnd.cncf.openpolicyagent.config.v1+json" },
  layers: [
    {
      bytes: "package main\ndeny := []\n",
      mediaType: "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego",
      title: "policy/main.rego",
    },
    {
      bytes: "{}",
      mediaType: "application/vnd.cncf.openpolicyagent.data.layer.v1+json",
      title: "data.json",
    },
  ],
};

/** A bill of materials, alone. */
export const SBOM: ArtifactContent = {
  artifactType: "application/spdx+json",
  layers: [{ bytes: '{"spdxVersion":"SPDX-2.3"}', mediaType: "application/spdx+json" }],
};

/** An attestation that some builders put beside content. */
export const ATTESTATION: LayerContent = {
  bytes: '{"_type":"https://in-toto.io/Statement/v1"}',
  mediaType: "application/vnd.in-toto+json",
};

/** A container image of two layers; the second removes a file of the first. */
export const IMAGE: ArtifactContent = {
  config: { bytes: "{}", mediaType: MEDIA_TYPES.imageConfig },
  layers: [
    { bytes: tarGz({ "app/a": "1\n", "app/b": "2\n" }), mediaType: MEDIA_TYPES.tarGzip },
    { bytes: tarGz({ "app/a": "3\n", "app/.wh.b": "" }), mediaType: MEDIA_TYPES.tarGzip },
  ],
};
