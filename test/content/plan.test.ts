/** What each kind of layer becomes. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { planContent } from "../../provider/content/plan";
import { DEFAULT_LIMITS } from "../../provider/limits";
import type { Descriptor, ImageManifest, LayerForm } from "../../provider/types";

const TITLE = "org.opencontainers.image.title";
const UNPACK = "io.deis.oras.content.unpack";
const EMPTY = "application/vnd.oci.empty.v1+json";

function descriptor(mediaType: string, annotations: Record<string, string> = {}): Descriptor {
  return { mediaType, digest: `sha256:${"a".repeat(64)}`, size: 9, annotations };
}

function manifest(layers: readonly Descriptor[], configType = EMPTY): ImageManifest {
  return {
    kind: "manifest",
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: descriptor(configType),
    layers,
    annotations: {},
  };
}

function formOf(layer: Descriptor): LayerForm | undefined {
  return planContent(manifest([layer]), "x").layers[0]?.form;
}

describe("forms", () => {
  test("title and unpack: an archive under the title", () => {
    const layer = descriptor("any/thing", { [TITLE]: "./charts/app/", [UNPACK]: "true" });
    assert.deepEqual(formOf(layer), { kind: "archive", directory: "charts/app" });
    const root = descriptor("any/thing", { [TITLE]: ".", [UNPACK]: "true" });
    assert.deepEqual(formOf(root), { kind: "archive", directory: "" });
  });

  test("title: a file", () => {
    const type = "application/vnd.oci.image.layer.v1.tar+gzip";
    const layer = descriptor(type, { [TITLE]: "dir/a..b.tgz", [UNPACK]: "false" });
    assert.deepEqual(formOf(layer), { kind: "file", name: "dir/a..b.tgz" });
  });

  for (const type of [
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.cncf.flux.content.v1.tar+gzip",
    "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
    "application/x-tar",
    "archive/zip",
    "application/zip; x=y",
  ]) {
    test(`no title, ${type}: an archive at the root`, () => {
      assert.deepEqual(formOf(descriptor(type)), { kind: "archive", directory: "" });
    });
  }

  for (const [type, name] of [
    ["application/json", "blob-0.json"],
    ["application/vnd.example.v1+json", "blob-0.json"],
    ["application/vnd.cncf.helm.chart.provenance.v1.prov", "blob-0.prov"],
    ["application/wasm", "blob-0.wasm"],
    ["application/yaml", "blob-0.yaml"],
    ["text/plain; charset=utf-8", "blob-0.txt"],
    ["application/vnd.example.target.v1", "blob-0"],
    ["../../etc/passwd", "blob-0"],
  ] as const) {
    test(`no title, ${type}: detected, else ${name}`, () => {
      assert.deepEqual(formOf(descriptor(type)), { kind: "detect", name });
    });
  }

  test("indexes are those of the manifest; the empty descriptor is skipped", () => {
    const layers = [descriptor(EMPTY), descriptor("a/b"), descriptor("a/c")];
    const plan = planContent(manifest(layers), "x");
    assert.deepEqual(
      plan.layers.map(({ index }) => index),
      [1, 2],
    );
    assert.deepEqual(plan.layers[0]?.form, { kind: "detect", name: "blob-1" });
  });
});

test("only the config of an image makes an image", () => {
  const layers = [descriptor("a/b")];
  for (const type of [
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
  ]) {
    assert.equal(planContent(manifest(layers, type), "x").isImage, true);
  }
  assert.equal(planContent(manifest(layers), "x").isImage, false);
  const bare: ImageManifest = { kind: "manifest", mediaType: "m/t", layers, annotations: {} };
  assert.equal(planContent(bare, "x").isImage, false);
});

describe("refusals", () => {
  test("nothing to unpack", () => {
    for (const layers of [[], [descriptor(EMPTY)]]) {
      assert.throws(() => planContent(manifest(layers), "host/r:1"), {
        code: "NO_MATCHING_LAYER",
        subject: "host/r:1",
        message: /\nhint: .*set allowEmpty: true$/,
      });
      const plan = planContent(manifest(layers), "x", undefined, { allowEmpty: true });
      assert.deepEqual(plan.layers, []);
    }
  });

  test("two layers of one file name", () => {
    const layers = ["a/b.txt", "x", "./a//b.txt"].map((title) =>
      descriptor("a/b", { [TITLE]: title }),
    );
    assert.throws(() => planContent(manifest(layers), "x"), {
      code: "BAD_ARCHIVE",
      message: /layers 0 and 2 both are the file "a\/b\.txt"\nhint: set allowOverwrite: true/,
    });
    const allowed = planContent(manifest(layers), "x", undefined, { allowOverwrite: true });
    assert.equal(allowed.layers.length, 3);
    const image = manifest(layers, "application/vnd.oci.image.config.v1+json");
    assert.equal(planContent(image, "x").layers.length, 3);
  });

  for (const title of [
    "../x",
    "a/../x",
    "..",
    "/etc/passwd",
    "C:\\x",
    "c:x",
    "a\\b",
    "a\0b",
    "\ufffd",
  ]) {
    for (const unpack of ["true", "false"]) {
      test(`the title ${JSON.stringify(title)}, unpack ${unpack}`, () => {
        const layers = [descriptor("a/b"), descriptor("a/b", { [TITLE]: title, [UNPACK]: unpack })];
        assert.throws(
          () => planContent(manifest(layers), "x"),
          (error: Error & { code?: string }) => {
            assert.equal(error.code, "UNSAFE_ARCHIVE");
            assert.ok(error.message.includes("of layer 1"), error.message);
            return true;
          },
        );
      });
    }
  }

  test("a file in place of the root", () => {
    const layer = descriptor("a/b", { [TITLE]: "./" });
    assert.throws(() => planContent(manifest([layer]), "x"), { code: "UNSAFE_ARCHIVE" });
  });

  test("limits", () => {
    const blob = { ...DEFAULT_LIMITS, blobBytes: 8 };
    assert.throws(() => planContent(manifest([descriptor("a/b")]), "x", blob), {
      code: "LIMIT_EXCEEDED",
      message: /layer 0 of x: limit blobBytes of 8 .*: 9/,
    });
    const title = descriptor("a/b", { [TITLE]: "t".repeat(256) });
    assert.throws(() => planContent(manifest([title]), "x"), {
      code: "LIMIT_EXCEEDED",
      message: /limit componentBytes of 255 .*: 256/,
    });
  });
});
