/** An OpenTofu provider's index: when it is read as one, and which packages are taken of it. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KINDS, type Kind } from "../../provider/content/kinds";
import {
  archiveOf,
  chooseTargets,
  isProviderWanted,
} from "../../provider/content/provider-targets";
import { OciError } from "../../provider/errors";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { parsePlatform } from "../../provider/reference/platform";
import type { Descriptor, ImageIndex, ImageManifest, Platform } from "../../provider/types";

const PROVIDER = "application/vnd.opentofu.provider";
const TARGET = "application/vnd.opentofu.provider-target";
const SUBJECT = "host/hashicorp/random:1";

let count = 0;

function descriptor(mediaType: string, more: Partial<Descriptor> = {}): Descriptor {
  count += 1;
  const digest = `sha256:${String(count).padStart(64, "0")}`;
  return { mediaType, digest, size: 9, annotations: {}, ...more };
}

function child(platform: string | Platform | undefined, artifactType = TARGET): Descriptor {
  const parsed = typeof platform === "string" ? parsePlatform(platform) : platform;
  return descriptor("application/vnd.oci.image.manifest.v1+json", {
    artifactType,
    ...(parsed === undefined ? {} : { platform: parsed }),
  });
}

function indexOf(manifests: readonly Descriptor[], more: Partial<ImageIndex> = {}): ImageIndex {
  return {
    kind: "index",
    mediaType: "application/vnd.oci.image.index.v1+json",
    artifactType: PROVIDER,
    manifests,
    annotations: {},
    ...more,
  };
}

function packageOf(layers: readonly Descriptor[], artifactType = TARGET): ImageManifest {
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  return { kind: "manifest", mediaType, artifactType, layers, annotations: {} };
}

const namesOf = (
  index: ImageIndex,
  platform?: string,
  limits = DEFAULT_LIMITS,
): readonly string[] =>
  chooseTargets(
    index,
    platform === undefined ? undefined : parsePlatform(platform),
    SUBJECT,
    limits,
  ).map(({ platform: { os, architecture } }) => `${os}/${architecture}`);

describe("packages", () => {
  const index = indexOf([
    child("linux/amd64"),
    child("darwin/arm64"),
    child({ os: "windows", architecture: "amd64", osVersion: "10.0" }),
    child("linux/arm64", "application/vnd.example.sbom"),
    child(undefined),
    child({ os: "../x", architecture: "amd64" }),
    child({ os: "linux", architecture: "a/b" }),
  ]);

  test("all for a platform, and nothing else", () => {
    assert.deepEqual(namesOf(index), ["linux/amd64", "darwin/arm64"]);
  });

  test("one for the platform that is asked for", () => {
    assert.deepEqual(namesOf(index, "darwin/arm64"), ["darwin/arm64"]);
  });

  test("none is an error that lists what there is", () => {
    assert.throws(() => namesOf(index, "windows/amd64"), {
      code: "NO_PLATFORM",
      message: /no package for windows\/amd64\n {2}linux\/amd64 sha256:[^]*hint: set platform/,
    });
    assert.throws(() => namesOf(indexOf([])), { code: "NO_PLATFORM", message: /any platform$/ });
  });

  test("none at all: what an entry lacks is told, for it looks as if it were one", () => {
    const osVersion = { os: "windows", architecture: "amd64", osVersion: "10.0" };
    for (const other of [child("linux/amd64", "x/y"), child(osVersion), child(undefined)]) {
      assert.throws(() => namesOf(indexOf([other])), {
        code: "NO_PLATFORM",
        message: /hint: have the index pushed again: .*provider-target, and a platform without os/,
      });
    }
  });

  test("two for one platform are an error", () => {
    const twice = indexOf([child("linux/arm/v6"), child("linux/arm/v7"), child("linux/amd64")]);
    assert.throws(() => namesOf(twice), {
      code: "AMBIGUOUS_PLATFORM",
      message: /several packages for linux\/arm,/,
    });
    assert.deepEqual(namesOf(twice, "linux/arm/v7"), ["linux/arm"]);
    assert.deepEqual(namesOf(twice, "linux/amd64"), ["linux/amd64"]);
  });

  test("are bounded like layers", () => {
    const limits = { ...DEFAULT_LIMITS, layers: 1 };
    assert.throws(() => namesOf(index, undefined, limits), {
      code: "LIMIT_EXCEEDED",
      message: /limits\.layers/,
    });
  });

  test("hold one archive each", () => {
    const [target] = chooseTargets(index, undefined, SUBJECT, DEFAULT_LIMITS);
    assert.ok(target !== undefined);
    const zip = descriptor("archive/zip");
    const found = archiveOf(target, packageOf([descriptor("a/b"), zip]), SUBJECT);
    assert.deepEqual(found, { ...zip, platform: target.platform });
    for (const [manifest, words] of [
      [
        packageOf([]),
        /package for linux\/amd64, sha256:\S+, has 0 layers of the type archive\/zip/,
      ],
      [packageOf([zip, zip]), /has 2 layers/],
      [packageOf([zip], "x/y"), /is no manifest of the type \S+provider-target/],
      [index, /is no manifest of the type/],
    ] as const) {
      assert.throws(() => archiveOf(target, manifest, SUBJECT), {
        code: "UNSUPPORTED_MANIFEST",
        message: words,
      });
    }
  });
});

describe("an index is read as a provider's", () => {
  const provider = indexOf([child("linux/amd64")]);
  const byChildren = indexOf([child("linux/amd64")], { artifactType: "x/y" });
  const image = indexOf([child("linux/amd64", "x/y")], { artifactType: "x/y" });

  function judged(index: ImageIndex, kind?: Kind): boolean | string {
    try {
      return isProviderWanted(index, kind === undefined ? {} : { kind }, SUBJECT);
    } catch (error) {
      assert.ok(error instanceof OciError && error.code === "WRONG_KIND", String(error));
      return error.message;
    }
  }

  test("where it is one and nothing else is asked for", () => {
    for (const kind of [undefined, "opentofu-provider"] as const) {
      assert.equal(judged(provider, kind), true);
      assert.equal(judged(byChildren, kind), true);
    }
    assert.equal(judged(provider, "files"), false);
    assert.equal(judged(image), false);
  });

  test("and is nothing that another kind can be", () => {
    for (const kind of KINDS) {
      if (kind === "files" || kind === "opentofu-provider") continue;
      assert.match(
        String(judged(provider, kind)),
        /: it is an OpenTofu provider\n {2}linux\/amd64 sha256:[^]*hint: set kind: "opentofu-provider"/,
      );
    }
  });

  test("any other index is neither a provider nor a module", () => {
    assert.match(
      String(judged(image, "opentofu-provider")),
      /as an OpenTofu provider: none of the 1 manifests of its index is a \S+provider-target\n/,
    );
    assert.match(
      String(judged(image, "opentofu-module")),
      /as an OpenTofu module: it is an index, and OpenTofu takes a module from a manifest only\n[^]*by its digest/,
    );
    for (const kind of ["helm-chart", "flux", "argocd", "image-layers", "wasm"] as const) {
      assert.equal(judged(image, kind), false);
    }
  });
});
