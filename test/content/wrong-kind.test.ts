/** What a named kind enforces, and the error of an artifact that is another one. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Told } from "../../provider/content/kind-rules";
import { KINDS, type NamedKind } from "../../provider/content/kinds";
import { OciError } from "../../provider/errors";
import {
  CHART,
  FLUX,
  HELM,
  made,
  MODULE,
  NAMES,
  OCI,
  plan,
  SHAPES,
  SUBJECT,
  type Shape,
} from "./kind-shapes";

function refusal(shape: Shape, kind: NamedKind, told: Told = CHART): OciError {
  try {
    plan(shape, { kind }, told);
  } catch (error) {
    assert.ok(error instanceof OciError, String(error));
    return error;
  }
  assert.fail("it is let pass");
}

describe("a named kind lets pass", () => {
  const allowed: Readonly<Record<NamedKind, readonly (keyof typeof SHAPES)[]>> = {
    "opentofu-module": ["module"],
    "opentofu-provider": [],
    "helm-chart": ["chart", "oldChart"],
    flux: ["flux", "fluxByLayer"],
    argocd: [
      "chart",
      "oldChart",
      "flux",
      "fluxByLayer",
      "argo",
      "argoByLayer",
      "image",
      "dockerImage",
      "tgz",
    ],
    "image-layers": ["image", "dockerImage"],
    wasm: ["wasm", "oldWasm"],
  };
  for (const kind of KINDS) {
    if (kind === "files") continue;
    test(`${kind}: ${allowed[kind].join(", ")}`, () => {
      const passed = NAMES.filter((name) => {
        try {
          return plan(SHAPES[name], { kind, allowEmpty: true }).layers.length > 0;
        } catch (error) {
          assert.ok(error instanceof OciError && error.code === "WRONG_KIND", String(error));
          return false;
        }
      });
      assert.deepEqual(passed.toSorted(), allowed[kind].toSorted());
    });
  }
});

describe("the error of a wrong kind", () => {
  const chartLine = `layer 0: ${HELM}.chart.content.v1.tar+gzip, no title`;
  const asIs = "or leave kind out: then it is taken for what it is";
  const texts: readonly (readonly [NamedKind, Shape, string])[] = [
    [
      "opentofu-module",
      SHAPES.oldChart,
      `an OpenTofu module: it is a Helm chart
  layer 0: application/tar+gzip, no title
hint: set kind: "helm-chart", ${asIs}`,
    ],
    [
      "opentofu-module",
      SHAPES.image,
      `an OpenTofu module: it is a container image
  layer 0: ${OCI}.layer.v1.tar+gzip, no title
hint: set kind: "image-layers", ${asIs}`,
    ],
    [
      "opentofu-module",
      SHAPES.target,
      `an OpenTofu module: it is an OpenTofu provider
  layer 0: archive/zip, no title
hint: set kind: "opentofu-provider", ${asIs}`,
    ],
    [
      "opentofu-module",
      SHAPES.tgz,
      `an OpenTofu module: its artifactType is absent, not ${MODULE}
  layer 0: ${OCI}.layer.v1.tar+gzip, no title
hint: check the reference, or have it pushed again (oras push --artifact-type ${MODULE} REFERENCE module.zip:archive/zip); kind: "files" takes any artifact by its layers`,
    ],
    [
      "opentofu-module",
      { artifactType: MODULE, layers: ["archive/zip", "archive/zip"] },
      `an OpenTofu module: it has 2 layers of the type archive/zip, and OpenTofu takes just one
  layer 0: archive/zip, no title
  layer 1: archive/zip, no title
hint: check the reference, or have it pushed again (oras push --artifact-type ${MODULE} REFERENCE module.zip:archive/zip); kind: "files" takes any artifact by its layers`,
    ],
    [
      "opentofu-provider",
      SHAPES.target,
      `an OpenTofu provider: it is the package for one platform, not the index of all
  layer 0: archive/zip, no title
hint: name the index, usually by the tag of the version; platform chooses one package of it`,
    ],
    [
      "opentofu-provider",
      SHAPES.module,
      `an OpenTofu provider: it is an OpenTofu module
  layer 0: archive/zip, title "m.zip"
hint: set kind: "opentofu-module", ${asIs}`,
    ],
    [
      "helm-chart",
      SHAPES.flux,
      `a Helm chart: it is Flux content
  layer 0: ${FLUX}.content.v1.tar+gzip, no title
hint: set kind: "flux", ${asIs}`,
    ],
    [
      "flux",
      { ...SHAPES.chart, layers: [SHAPES.chart.layers[0]] },
      `Flux content: it is a Helm chart
  ${chartLine}
hint: set kind: "helm-chart", ${asIs}`,
    ],
    [
      "wasm",
      SHAPES.files,
      `a WebAssembly module: its config is absent, and not all of its layers are wasm
  layer 0: text/plain, title "a.txt"
hint: check the reference, or have it pushed again (wkg oci push); kind: "files" takes any artifact by its layers`,
    ],
  ];
  for (const [kind, shape, text] of texts) {
    test(text.split("\n", 1).join(), () => {
      assert.equal(refusal(shape, kind).message, `cannot use ${SUBJECT} as ${text}`);
    });
  }

  test("names the bound of Argo CD, and what it unpacks", () => {
    const eleven = { layers: Array.from({ length: 11 }, () => `${OCI}.layer.v1.tar`) };
    assert.match(refusal(eleven, "argocd").message, /11 layers, and Argo CD takes at most 10/);
    const zstd = { layers: [`${OCI}.layer.v1.tar+zstd`] };
    assert.match(refusal(zstd, "argocd").message, /none of its layers is tar or tar\+gzip/);
  });

  test("says what a chart lacks", () => {
    const two = { ...SHAPES.chart, layers: [SHAPES.chart.layers[0], "application/tar+gzip"] };
    assert.match(refusal(two, "helm-chart").message, /2 layers that are a chart, not one/);
    const none: Told = { reference: { repository: "r" } };
    assert.match(refusal(SHAPES.chart, "helm-chart", none).message, /neither name nor version/);
    assert.deepEqual(made(two), ["0 at ./", "1 at ./"]);
  });
});
