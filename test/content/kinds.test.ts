/** What an artifact is recognized as, and what each kind makes of the layers. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KIND_WORDS, KINDS, type Kind } from "../../provider/content/kinds";
import { recognize } from "../../provider/content/recognize";
import { isSideLayer } from "../../provider/content/side-layers";
import { selectionOf, type GivenSelection } from "../../provider/content/selection";
import { treeKey } from "../../provider/tree-key";
import {
  ARGO,
  FLUX,
  HELM,
  layer,
  made,
  manifestOf,
  MODULE,
  NAMES,
  OCI,
  plan,
  SHAPES,
  SPDX,
  type Shape,
} from "./kind-shapes";

const RECOGNIZED: Readonly<Record<keyof typeof SHAPES, Kind>> = {
  module: "opentofu-module",
  target: "opentofu-provider",
  chart: "helm-chart",
  oldChart: "helm-chart",
  flux: "flux",
  fluxByLayer: "flux",
  argo: "argocd",
  argoByLayer: "argocd",
  image: "image-layers",
  dockerImage: "image-layers",
  wasm: "wasm",
  oldWasm: "wasm",
  files: "files",
  tgz: "files",
  sbom: "files",
  nothing: "files",
};

/** The name of the tree that these come to. */
function tree(shape: Shape, given: GivenSelection = {}): string {
  const digest = `sha256:${"b".repeat(64)}`;
  return treeKey("app", digest, selectionOf(given), plan(shape, given).layout).name;
}

describe("recognized", () => {
  for (const name of NAMES) {
    test(`${name} is ${RECOGNIZED[name]}`, () => {
      assert.equal(recognize(manifestOf(SHAPES[name])), RECOGNIZED[name]);
    });
  }

  test("types may have parameters and capitals", () => {
    const config = "application/vnd.cncf.Helm.config.v1+json; charset=utf-8";
    assert.equal(recognize(manifestOf({ config, layers: [] })), "helm-chart");
  });

  test("each kind but files is in the table of words", () => {
    assert.deepEqual(
      Object.keys(KIND_WORDS).toSorted(),
      KINDS.filter((kind) => kind !== "files").toSorted(),
    );
  });
});

describe("layers that speak about content", () => {
  for (const type of [
    "application/vnd.in-toto+json",
    "application/vnd.in-toto.provenance+dsse",
    "application/vnd.dsse.envelope.v1+json",
    "application/vnd.dev.cosign.simplesigning.v1+json",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.cncf.notary.signature",
    "application/jose+json",
    "application/cose",
    "application/spdx+json",
    "text/spdx",
    "application/vnd.cyclonedx+json",
    "application/vnd.cyclonedx",
    "application/vnd.syft+json",
    `${HELM}.chart.provenance.v1.prov`,
  ]) {
    test(type, () => {
      assert.equal(isSideLayer(layer(type)), true);
    });
  }
  for (const type of [
    "application/json",
    "application/vnd.in-total+json",
    "application/spdxish+json",
    `${HELM}.chart.content.v1.tar+gzip`,
    "text/plain",
  ]) {
    test(`not ${type}`, () => {
      assert.equal(isSideLayer(layer(type)), false);
    });
  }
});

describe("what becomes of a recognized", () => {
  const zip = layer("archive/zip", "m.zip");
  test("module: the zip is unpacked, whatever its title", () => {
    assert.deepEqual(made(SHAPES.module), ["0 at ./"]);
    const more = { artifactType: MODULE, layers: [SPDX, layer("a/b", "README.md"), zip] };
    assert.deepEqual(made(more), ["1 is README.md", "2 at ./"]);
    assert.deepEqual(made(more, { kind: "opentofu-module" }), ["2 at ./"]);
    assert.deepEqual(made(more, { kind: "files" }), [
      "0 is blob-0.json",
      "1 is README.md",
      "2 is m.zip",
    ]);
  });

  test("module for Argo CD, too: the zip alone, and for Argo CD the other archive alone", () => {
    const tgz = layer(`${OCI}.layer.v1.tar+gzip`, "m.tgz");
    for (const other of [tgz, layer(`${OCI}.layer.v1.tar+gzip`), layer("application/zip")]) {
      const both = { artifactType: MODULE, layers: [other, zip, layer("a/b", "README.md")] };
      assert.deepEqual(made(both), ["1 at ./", "2 is README.md"]);
      assert.deepEqual(made(both, { layers: [0] }).length, 1);
    }
    const both = { artifactType: MODULE, layers: [zip, tgz] };
    assert.deepEqual(made(both, { kind: "argocd" }), ["1 at ./"]);
    assert.deepEqual(made(both, { kind: "files" }), ["0 is m.zip", "1 is m.tgz"]);
    const twice = { artifactType: MODULE, layers: [zip, layer("archive/zip"), tgz] };
    assert.deepEqual(made(twice), ["0 is m.zip", "1 at ./", "2 is m.tgz"]);
  });

  test("chart: unpacked, with the provenance beside it, by the names that helm gives them", () => {
    assert.deepEqual(made(SHAPES.chart), ["0 at ./", "1 is web-1.2.3+b.tgz.prov"]);
    assert.deepEqual(made(SHAPES.chart, { extract: "always" }), made(SHAPES.chart));
    const files = ["0 is web-1.2.3+b.tgz", "1 is web-1.2.3+b.tgz.prov"];
    assert.deepEqual(made(SHAPES.chart, { extract: "never" }), files);
    assert.deepEqual(made(SHAPES.oldChart, { kind: "helm-chart" }), ["0 at ./"]);
    const types = [`${HELM}.chart.provenance.v1.prov`];
    assert.deepEqual(made(SHAPES.chart, { mediaTypes: types }), ["1 is web-1.2.3+b.tgz.prov"]);
  });

  test("chart whose config tells nothing: its layers, as they are", () => {
    const { layers } = plan(SHAPES.chart, {}, { reference: { repository: "r" } });
    assert.deepEqual(
      layers.map(({ form }) => form),
      [
        { kind: "archive", directory: "" },
        { kind: "detect", name: "blob-1.prov" },
      ],
    );
  });

  for (const kind of ["flux", "argocd"] as const) {
    const type = kind === "flux" ? `${FLUX}.content.v1.tar+gzip` : `${ARGO}.content.v1.tar+gzip`;
    const shape = { layers: [type, SPDX, layer(type, "more.tgz"), "application/vnd.in-toto+json"] };
    test(`${kind}: all content is unpacked, what speaks about it left aside`, () => {
      assert.deepEqual(made(shape), ["0 at ./", "2 at ./"]);
      assert.deepEqual(made(shape, { kind }), ["0 at ./", "2 at ./"]);
    });

    test(`${kind}: whoever names layers gets them`, () => {
      assert.deepEqual(made(shape, { layers: [1, 2] }), ["1 is blob-1.json", "2 at ./"]);
      assert.deepEqual(made(shape, { mediaTypes: [SPDX] }), ["1 is blob-1.json"]);
      assert.deepEqual(made(shape, { titles: ["more.tgz"] }), ["2 at ./"]);
    });

    test(`${kind}: with extract: "never", files by their titles`, () => {
      const names = ["0 is blob-0.tar.gz", "2 is more.tgz"];
      assert.deepEqual(made(shape, { extract: "never" }), names);
    });
  }

  test("argocd, named: tar content of any artifact, and nothing else", () => {
    const shape = {
      layers: [SPDX, "text/plain", `${OCI}.layer.v1.tar`, `${OCI}.layer.v1.tar+gzip`],
    };
    assert.deepEqual(made(shape, { kind: "argocd" }), ["2 at ./", "3 at ./"]);
    assert.deepEqual(made(SHAPES.chart, { kind: "argocd" }), ["0 at ./"]);
  });

  test("artifact of nothing but such layers: they are the content", () => {
    assert.deepEqual(made(SHAPES.sbom), ["0 is blob-0.json"]);
    assert.deepEqual(made({ layers: [SPDX, "application/vnd.in-toto+json"] }).length, 2);
  });

  test("anything else: as its layers are", () => {
    for (const name of [
      "image",
      "dockerImage",
      "wasm",
      "oldWasm",
      "files",
      "tgz",
      "target",
    ] as const) {
      assert.deepEqual(made(SHAPES[name]), made(SHAPES[name], { kind: "files" }), name);
      assert.equal(plan(SHAPES[name]).layout, undefined, name);
    }
    assert.deepEqual(made(SHAPES.wasm, { kind: "wasm" }), ["0 is blob-0.wasm"]);
  });
});

describe("the tree", () => {
  test("is the same, however its kind was asked for, where the content is", () => {
    assert.equal(tree(SHAPES.flux), tree(SHAPES.flux, { kind: "flux" }));
    assert.equal(tree(SHAPES.flux), tree(SHAPES.flux, { kind: "files" }));
    assert.equal(tree(SHAPES.flux), "app-bbbbbbbbbbbbbbbb");
    assert.equal(tree(SHAPES.module), tree(SHAPES.module, { kind: "opentofu-module" }));
    assert.equal(tree(SHAPES.chart), tree(SHAPES.chart, { kind: "helm-chart" }));
  });

  test("is another one, where the content is", () => {
    const shape = { artifactType: MODULE, layers: [layer("archive/zip", "m.zip"), SPDX, "a/b"] };
    const given: readonly GivenSelection[] = [
      {},
      { kind: "files" },
      { kind: "opentofu-module" },
      { extract: "never" },
      { layers: [0] },
    ];
    assert.equal(new Set(given.map((each) => tree(shape, each))).size, given.length);
    const never = { extract: "never" } as const;
    assert.notEqual(tree(SHAPES.chart, never), tree(SHAPES.chart, { ...never, kind: "files" }));
  });
});
