/**
 * Every shape in which content lies in registries, by whatever tool pushed it: each comes to exactly
 * these files, or to an error that says why not, with nothing set but the reference.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { globalHeader, gzip, tar, tarGz, tarOf } from "../support/archives";
import {
  buildArtifact,
  buildIndex,
  MEDIA_TYPES,
  type Artifact,
  type ArtifactContent,
} from "../support/artifacts";
import {
  ATTESTATION,
  chartContent,
  CHART_FILES,
  IMAGE,
  POLICY,
  SBOM,
  WASM,
} from "../support/kind-artifacts";
import { assertFailed, assertPulled, openSandbox, publishKnown } from "../support/pulling";
import { registryFor } from "../support/registry-for-test";
import type { FaultPlan } from "../support/registry-types";
import { orasFolder } from "../support/tool-shapes";
import { zip } from "../support/zips";
import { zstdFrame } from "../support/zstd";

const FILES = { "app/a.yaml": "a: 1\n", "b.yaml": "b: 2\n" };
const FLUX = "application/vnd.cncf.flux.content.v1.tar+gzip";
const { tarGzip, tar: plainTar, tarZstd } = MEDIA_TYPES;

type Files = Readonly<Record<string, string>>;

const one = (bytes: Buffer | string, mediaType: string, title?: string): ArtifactContent => ({
  layers: [{ bytes, mediaType, ...(title === undefined ? {} : { title }) }],
});
const folder = orasFolder("app", { "a.yaml": "a: 1\n" });
const index = buildIndex({
  manifests: [
    {
      artifact: buildArtifact(one(tarGz(FILES), tarGzip)),
      platform: { os: "linux", architecture: "amd64" },
    },
    {
      artifact: buildArtifact({ layers: [ATTESTATION] }),
      platform: { os: "unknown", architecture: "unknown" },
    },
  ],
});

const SHAPES: Readonly<Record<string, readonly [ArtifactContent | Artifact, Files]>> = {
  "what flux pushes": [one(tarGz(FILES), FLUX), FILES],
  "what flux pushes, with an attestation beside it": [
    { layers: [{ bytes: tarGz(FILES), mediaType: FLUX }, ATTESTATION] },
    FILES,
  ],
  "content for Argo CD in several layers": [
    {
      config: { bytes: "{}", mediaType: "application/vnd.cncf.argoproj.argocd.config.v1+json" },
      layers: [
        { bytes: tarGz({ "a.yaml": "a: 1\n" }), mediaType: tarGzip },
        ATTESTATION,
        { bytes: tarOf({ "b.yaml": "b: 2\n" }), mediaType: plainTar },
      ],
    },
    { "a.yaml": "a: 1\n", "b.yaml": "b: 2\n" },
  ],
  "a folder that oras has packed": [{ layers: [folder] }, { "app/a.yaml": "a: 1\n" }],
  "such a folder without entries for folders": [
    {
      layers: [{ ...folder, bytes: tarGz({ "app/a.yaml": "a: 1\n" }, { directories: false }) }],
    },
    { "app/a.yaml": "a: 1\n" },
  ],
  "files with titles": [
    {
      layers: [
        { bytes: "1", mediaType: "text/plain", title: "a.txt" },
        { bytes: "2", mediaType: "application/json", title: "deep/b.json" },
      ],
    },
    { "a.txt": "1", "deep/b.json": "2" },
  ],
  "JSON without a title": [one('{"a":1}', "application/json"), { "blob-0.json": '{"a":1}' }],
  "an archive with a title": [
    one("not looked into", tarGzip, "a.tgz"),
    { "a.tgz": "not looked into" },
  ],
  "a tar": [one(tarOf(FILES), plainTar), FILES],
  "a tar+gzip that calls itself a tar": [one(tarGz(FILES), plainTar), FILES],
  "a tar that calls itself tar+gzip": [one(tarOf(FILES), tarGzip), FILES],
  "a tar+zstd": [one(zstdFrame(tarOf(FILES)), tarZstd), FILES],
  "a tar+zstd as a packed folder": [
    {
      layers: [
        { ...folder, bytes: zstdFrame(tarOf({ "app/a.yaml": "a: 1\n" })), mediaType: tarZstd },
      ],
    },
    { "app/a.yaml": "a: 1\n" },
  ],
  "an OpenTofu module": [
    {
      ...one(zip([{ path: "main.tf", content: "# tf\n" }]), "archive/zip", "module.zip"),
      artifactType: "application/vnd.opentofu.modulepkg",
    },
    { "main.tf": "# tf\n" },
  ],
  "a Helm chart with its provenance": [
    chartContent({ provenance: "signed\n" }),
    { ...CHART_FILES, "web-1.2.3+b.tgz.prov": "signed\n" },
  ],
  "a Helm chart of old": [chartContent({ isLegacy: true }), CHART_FILES],
  "a container image with a whiteout": [IMAGE, { "app/a": "3\n" }],
  "links inside the tree": [
    one(
      gzip(
        tar([
          { path: "d/a", content: "1" },
          { path: "d/soft", type: "symlink", link: "a" },
          { path: "hard", type: "hardlink", link: "d/a" },
        ]),
      ),
      tarGzip,
    ),
    { "d/a": "1", "d/soft": " -> a", hard: "1" },
  ],
  "names with two dots": [
    one(tarGz({ "a..b.txt": "1", "x../y": "2" }), tarGzip),
    { "a..b.txt": "1", "x../y": "2" },
  ],
  "what git archive writes": [
    one(gzip(tar([globalHeader({ comment: "0123" }), { path: "a", content: "1" }])), tarGzip),
    { a: "1" },
  ],
  "an index of one platform and its attestation": [index, FILES],
  WebAssembly: [WASM, { "blob-0.wasm": "\0asm\u0001\0\0\0" }],
  "a policy bundle": [
    POLICY,
    { "policy/main.rego": "package main\ndeny := []\n", "data.json": "{}" },
  ],
  "a bill of materials": [SBOM, { "blob-0.json": '{"spdxVersion":"SPDX-2.3"}' }],
};

describe("the content of", () => {
  for (const [name, [content, files]] of Object.entries(SHAPES)) {
    test(name, async (t) => {
      const registry = await registryFor(t);
      publishKnown(registry, content);
      assertPulled(await openSandbox(t, registry).pull(), files);
    });
  }
});

describe("nothing is told from something:", () => {
  const empty = { bytes: "{}", mediaType: MEDIA_TYPES.emptyJson };
  for (const [name, layers] of [
    ["no layers", []],
    ["the empty layer alone", [empty]],
  ] as const) {
    test(name, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry, { layers });
      assertFailed(await sandbox.pull(), "NO_MATCHING_LAYER", /no layers with content/);
      assertPulled(await sandbox.pull({ inputs: { allowEmpty: true } }), {});
    });
  }

  test("an index of several platforms", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    const manifests = ["amd64", "arm64"].map((architecture) => ({
      artifact: buildArtifact(one(tarGz({ architecture }), tarGzip)),
      platform: { os: "linux", architecture },
    }));
    publishKnown(registry, buildIndex({ manifests }));
    assertFailed(await sandbox.pull(), "AMBIGUOUS_PLATFORM", /hint: set platform/);
    const inputs = { platform: "linux/arm64" };
    assertPulled(await sandbox.pull({ inputs }), { architecture: "arm64" });
  });
});

describe("the same content comes", () => {
  const content = one(tarGz(FILES), FLUX);
  const bad = (plan: Partial<FaultPlan>): FaultPlan => ({
    kind: "blob",
    then: { kind: "status", status: 503 },
    ...plan,
  });
  for (const [name, plan] of [
    ["over a connection that is cut", bad({ times: 1, then: { kind: "reset", afterBytes: 20 } })],
    ["after two answers of 503", bad({ times: 2 })],
    ["after four answers of 503", bad({ times: 4 })],
  ] as const) {
    test(name, async (t) => {
      const registry = await registryFor(t);
      publishKnown(registry, content);
      const fault = registry.fault(plan);
      assertPulled(await openSandbox(t, registry).pull(), FILES);
      assert.equal(fault.applied, plan.times);
    });
  }

  test("or none: bytes of the same length whose archive ends sooner, under a digest", async (t) => {
    const registry = await registryFor(t);
    const layer = tarOf(FILES, { trailing: Buffer.alloc(1_024) });
    const { digest } = publishKnown(registry, one(layer, plainTar));
    const forged = tarOf({ "app/a.yaml": "evil" });
    const bytes = Buffer.concat([forged, Buffer.alloc(layer.length - forged.length)]);
    registry.fault(bad({ then: { kind: "body", bytes } }));
    const reference = `${registry.host}/team/app@${digest}`;
    const pulled = await openSandbox(t, registry).pull({ reference });
    assertFailed(pulled, "DIGEST_MISMATCH", /sha256:/);
  });
});
