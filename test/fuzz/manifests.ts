/**
 * Manifests and indexes, whole and changed at random, from their bytes to a plan: what is planned has legal
 * names, digests and sizes, and what was whole is planned as it was written.
 */
import * as assert from "node:assert/strict";
import { parseManifest } from "../../provider/content/manifest";
import { pathProblem } from "../../provider/content/path-rules";
import { planContent } from "../../provider/content/plan";
import { recognize } from "../../provider/content/recognize";
import { selectionOf } from "../../provider/content/selection";
import { isDigest } from "../../provider/digest";
import { limitsWith } from "../../provider/limits";
import type { ImageIndex, ImageManifest } from "../../provider/types";
import { buildArtifact, buildIndex, MEDIA_TYPES } from "../support/artifacts";
import type { Grammar } from "./grammar";
import { outcomeOf } from "./judge";
import { mutated, mutatedJson } from "./mutations";
import type { Random } from "./random";

const SUBJECT = "registry.example/team/app:1";
const LIMITS = limitsWith({ layers: 100 });

const ARTIFACT = buildArtifact({
  artifactType: "application/vnd.example.v1",
  annotations: { "org.opencontainers.image.source": "x" },
  layers: [
    { bytes: "a", title: "a/b.txt", mediaType: "text/plain" },
    { bytes: "b", title: "charts", unpack: true, mediaType: MEDIA_TYPES.tarGzip },
    { bytes: "c", mediaType: MEDIA_TYPES.tarZstd },
    { bytes: "d", mediaType: "application/vnd.example+json" },
  ],
});
const INDEX = buildIndex({
  manifests: ["amd64", "arm64"].map((architecture) => ({
    artifact: buildArtifact({ layers: [{ bytes: architecture, mediaType: "a/b" }] }),
    platform: { os: "linux", architecture },
  })),
});
const DOCUMENTS: readonly unknown[] = [
  ...[ARTIFACT, INDEX].map(({ manifest }) => JSON.parse(manifest.toString()) as unknown),
  ...["chart.content.v1.tar+gzip", "chart.provenance.v1.prov"].map((type) => ({
    schemaVersion: 2,
    config: descriptor("application/vnd.cncf.helm.config.v1+json"),
    layers: [descriptor(`application/vnd.cncf.helm.${type}`)],
  })),
  {
    schemaVersion: 2,
    artifactType: "application/vnd.opentofu.modulepkg",
    layers: [descriptor("archive/zip")],
  },
  {
    schemaVersion: 2,
    config: descriptor("application/vnd.cncf.flux.config.v1+json"),
    layers: [descriptor("application/vnd.cncf.flux.content.v1.tar+gzip")],
  },
];

/** Names of what every object has by itself: whoever looks something up by a served name finds them. */
const INHERITED = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"];

const SELECTIONS = [
  {},
  { extract: "always" },
  { extract: "never" },
  { kind: "helm-chart" },
  { kind: "flux" },
  { kind: "argocd" },
  { kind: "opentofu-module" },
  { titles: ["charts"] },
  { layers: [1], subPath: "a" },
  { mediaTypes: ["text/plain"], stripComponents: 1 },
] as const;

function descriptor(mediaType: string): object {
  return { mediaType, digest: `sha256:${"0a".repeat(32)}`, size: 3, annotations: {} };
}

/** The document as bytes: changed in its members, in its text, or in ways that only JSON has. */
function changed(random: Random): Buffer {
  const text = mutatedJson(random.pick(DOCUMENTS), random);
  switch (random.below(8)) {
    case 0:
      return mutated(Buffer.from(text), random, [ARTIFACT.manifest, INDEX.manifest]);
    case 1:
      return Buffer.from(text.replace(/"[^"]*\/[^"]*"/, JSON.stringify(random.pick(INHERITED))));
    case 2: {
      const depth = random.pick([60, 65, 200, 50_000]);
      return Buffer.from(text.replace("{", `{"x":${"[".repeat(depth)}${"]".repeat(depth)},`));
    }
    case 3:
      return Buffer.from(
        text.replace(/\d+/, random.pick(["1e999", "-0", "9007199254740993", "1.0"])),
      );
    case 4:
      return Buffer.from(text, random.pick(["latin1", "utf16le"]));
    default:
      return Buffer.from(text);
  }
}

function checkPlan(parsed: ImageManifest | ImageIndex, random: Random): void {
  assert.ok(Object.isFrozen(parsed));
  if (parsed.kind !== "manifest") {
    for (const { digest } of parsed.manifests) assert.ok(isDigest(digest));
    return;
  }
  recognize(parsed);
  const selection = selectionOf(random.pick(SELECTIONS));
  for (const { descriptor, form } of planContent(parsed, SUBJECT, LIMITS, selection).layers) {
    assert.ok(isDigest(descriptor.digest));
    assert.ok(Number.isSafeInteger(descriptor.size) && descriptor.size >= 0);
    const name = form.kind === "archive" ? form.directory : form.name;
    if (name !== "") assert.equal(pathProblem(name), undefined);
  }
}

function checkWhole(): string {
  const parsed = parseManifest(ARTIFACT.manifest, MEDIA_TYPES.manifest, SUBJECT, LIMITS);
  assert.equal(parsed.kind, "manifest");
  const { layers } = planContent(parsed, SUBJECT, LIMITS);
  assert.deepEqual(
    layers.map(({ descriptor: { digest, size } }) => ({ digest, size })),
    ARTIFACT.layers.map(({ digest, size }) => ({ digest, size })),
  );
  assert.deepEqual(
    layers.map(({ form }) => form.kind),
    ["file", "archive", "archive", "detect"],
  );
  return "whole";
}

export const manifests: Grammar = {
  name: "manifests",
  share: 6_000,
  reaches: ["whole", "done", "UNSUPPORTED_MANIFEST"],
  round({ random }) {
    if (random.oneIn(50)) return checkWhole();
    const bytes = changed(random);
    const type = random.pick([
      undefined,
      MEDIA_TYPES.manifest,
      MEDIA_TYPES.index,
      "text/html",
      ...INHERITED,
    ]);
    const outcome = outcomeOf(
      () => {
        checkPlan(parseManifest(bytes, type, SUBJECT, LIMITS), random);
      },
      { about: SUBJECT },
    );
    assert.equal(Object.keys(Object.prototype).length, 0);
    assert.equal(({} as { readonly title?: unknown }).title, undefined);
    return outcome;
  },
};
