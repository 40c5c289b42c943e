/** Where the packages of an OpenTofu provider go: by its address, its version and the platform. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  mirrorForms,
  providerSourceProblem,
  type ProviderNames,
} from "../../provider/content/provider-mirror";
import { parsePlatform } from "../../provider/reference/platform";
import type { Descriptor, ImageManifest } from "../../provider/types";

const TITLE = "org.opencontainers.image.title";
const SUBJECT = "host/hashicorp/random:1";

function zipFor(platform: string, title?: string): Descriptor {
  return {
    mediaType: "archive/zip",
    digest: `sha256:${"a".repeat(64)}`,
    size: 9,
    platform: parsePlatform(platform),
    annotations: title === undefined ? {} : { [TITLE]: title },
  };
}

function merged(
  layers: readonly Descriptor[],
  annotations: Readonly<Record<string, string>>,
): ImageManifest {
  const mediaType = "application/vnd.oci.image.index.v1+json";
  return { kind: "manifest", mediaType, layers, annotations };
}

describe("a package goes", () => {
  const archives = [zipFor("linux/amd64"), zipFor("darwin/arm64")];
  const names: ProviderNames = {
    reference: { repository: "mirror/hashicorp/random" },
    tag: "3.7.2",
  };

  function formsOf(
    given: Partial<ProviderNames>,
    layers: readonly Descriptor[] = archives,
    annotations: Readonly<Record<string, string>> = {},
  ): readonly string[] {
    const manifest = merged(layers, annotations);
    return [...mirrorForms(manifest, { ...names, ...given }, SUBJECT).values()].map((form) =>
      form.kind === "archive" ? `${form.directory}/` : form.name,
    );
  }
  const only = (given: Partial<ProviderNames>, title?: string, annotation?: string) =>
    formsOf(
      given,
      [zipFor("linux/amd64", title)],
      annotation === undefined ? {} : { "org.opencontainers.image.version": annotation },
    )[0];
  const ROOT = "registry.opentofu.org/hashicorp/random";

  test("by the repository, the tag and the platform", () => {
    assert.deepEqual(formsOf({}), [
      `${ROOT}/terraform-provider-random_3.7.2_linux_amd64.zip`,
      `${ROOT}/terraform-provider-random_3.7.2_darwin_arm64.zip`,
    ]);
    assert.deepEqual(formsOf({ extract: "never" }), formsOf({}));
    assert.deepEqual(formsOf({ extract: "always" }), [
      `${ROOT}/3.7.2/linux_amd64/`,
      `${ROOT}/3.7.2/darwin_arm64/`,
    ]);
    const reference = { repository: "acme/terraform-provider-random" };
    assert.equal(only({ reference }), only({ providerSource: "acme/random" }));
  });

  test("by the address that is given", () => {
    const file = "terraform-provider-b_3.7.2_linux_amd64.zip";
    for (const [providerSource, folder] of [
      ["a/b", "registry.opentofu.org/a/b"],
      ["tf.example/a/b", "tf.example/a/b"],
      ["tf.example:8443/a/b", "tf.example:8443/a/b"],
    ] as const) {
      assert.equal(only({ providerSource }), `${folder}/${file}`);
    }
  });

  test("by its version: of the tag, else as the publisher has noted it", () => {
    const versionFor = (...given: Parameters<typeof only>): string | undefined =>
      /_(.+)_linux_amd64\.zip$/.exec(only(...given) ?? "")?.[1];
    const title = "dist/terraform-provider-random_3.0.0_linux_amd64.zip";
    assert.equal(versionFor({ tag: "v3.7.2" }), "3.7.2");
    assert.equal(versionFor({ tag: "3.7.2-rc.1_build.5" }), "3.7.2-rc.1+build.5");
    assert.equal(versionFor({ tag: "3.7.2" }, title, "9.9.9"), "3.7.2");
    for (const tag of ["latest", "3", "3.7", "03.7.2", "3.7.2.1", "3.7.2-", undefined]) {
      assert.equal(versionFor({ tag }, title, "v9.9.9"), "9.9.9", tag);
      assert.equal(versionFor({ tag }, title), "3.0.0", tag);
      assert.equal(versionFor({ tag }, title, "newest"), "3.0.0", tag);
    }
  });

  test("nowhere, where its version is told nowhere", () => {
    const unknown = {
      code: "INVALID_INPUT",
      message: /version of the provider is not known[^]*hint: name it by a tag/,
    };
    assert.throws(() => only({ tag: "latest" }), unknown);
    assert.throws(() => only({ tag: undefined }, "random.zip", "../../x"), unknown);
    const titles = ["1.0.0", "2.0.0"].map((version) =>
      zipFor("linux/amd64", `terraform-provider-random_${version}_linux_amd64.zip`),
    );
    assert.throws(() => formsOf({ tag: undefined }, titles), unknown);
  });

  test("nowhere, where its address is told nowhere", () => {
    const unknown = {
      code: "INVALID_INPUT",
      message: /source address[^]*hint: set providerSource/,
    };
    for (const repository of ["random", "acme/random.io", "my_team/random"]) {
      assert.throws(() => only({ reference: { repository } }), unknown, repository);
    }
    const layout = { repository: "vendor/hashicorp/random", layout: "vendor/hashicorp/random" };
    assert.throws(() => only({ reference: layout }), unknown);
  });
});

test("source addresses", () => {
  for (const source of ["a/b", "hashicorp/google-beta", "tf.example:8443/a/b", "localhost/a/b"]) {
    assert.equal(providerSourceProblem(source), undefined, source);
  }
  for (const [source, words] of [
    ["", /not \[host\/\]namespace\/type/],
    ["random", /not \[host\/\]namespace\/type/],
    ["a/b/c/d", /not \[host\/\]namespace\/type/],
    ["../../etc", /host/],
    ["a/..", /type is not/],
    ["../b", /namespace is not/],
    ["Acme/b", /namespace is not/],
    ["a/b--c", /type is not/],
    ["a/terraform-provider-b", /begins with terraform-provider-/],
    ["host name/a/b", /host/],
  ] as const) {
    assert.match(providerSourceProblem(source) ?? "none", words, source);
  }
});
