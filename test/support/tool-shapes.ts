/**
 * Artifacts in the shapes that the tools of the field give them, for tests of what these tools and
 * their users then do with the content. Builds and publishes; never asks a tool.
 */
import { tarGz } from "./archives";
import { buildArtifact, buildIndex, publish, type Artifact, type LayerContent } from "./artifacts";
import type { TestRegistry } from "./registry-types";
import { zip } from "./zips";

type Files = Readonly<Record<string, string>>;

/** Where to. */
export interface Target {
  readonly registry: Pick<TestRegistry, "repository">;
  readonly repository: string;
  readonly tag: string;
}

const MODULE = "application/vnd.opentofu.modulepkg";
const PROVIDER = "application/vnd.opentofu.provider";
const PROVIDER_TARGET = "application/vnd.opentofu.provider-target";
const ZIP = "archive/zip";

/** `oras push REF FILE[:TYPE] …`: each file a layer of its own, by its name. */
export function orasPush(
  { registry, repository, tag }: Target,
  files: Readonly<Record<string, string | Buffer>>,
  mediaType = "application/vnd.oci.image.layer.v1.tar",
): Artifact {
  const layers = Object.entries(files).map(([title, bytes]) => ({ bytes, mediaType, title }));
  return publish(registry, repository, tag, { layers, annotations: CREATED });
}

/** A layer as `oras push REF FOLDER/` makes one: the folder itself is in the archive. */
export function orasFolder(folder: string, files: Files): LayerContent {
  const inside = Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text] as const);
  return {
    bytes: tarGz(Object.fromEntries(inside)),
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    title: folder,
    unpack: true,
  };
}

/** `flux push artifact oci://REF --path=. --source=… --revision=…` */
export function fluxPush({ registry, repository, tag }: Target, files: Files): Artifact {
  return publish(registry, repository, tag, {
    config: { bytes: "{}", mediaType: "application/vnd.cncf.flux.config.v1+json" },
    layers: [{ bytes: tarGz(files), mediaType: "application/vnd.cncf.flux.content.v1.tar+gzip" }],
    annotations: {
      ...CREATED,
      "org.opencontainers.image.revision": "main@sha1:0123456789abcdef0123456789abcdef01234567",
      "org.opencontainers.image.source": "https://git.example/team/manifests",
    },
  });
}

/** `oras push --artifact-type application/vnd.opentofu.modulepkg REF module.zip:archive/zip` */
export function modulePush({ registry, repository, tag }: Target, files: Files): Artifact {
  const members = Object.entries(files).map(([path, content]) => ({ path, content }));
  return publish(registry, repository, tag, {
    artifactType: MODULE,
    layers: [{ bytes: zip(members), mediaType: ZIP, title: "module.zip" }],
    annotations: CREATED,
  });
}

/**
 * A provider as OpenTofu's documentation publishes it: an index with one zip for each platform
 * (`linux_amd64`), in which lies an executable that does nothing.
 */
export function providerPush(
  { registry, repository, tag }: Target,
  name: string,
  platforms: readonly string[],
): Artifact {
  const manifests = platforms.map((platform) => {
    const [os = "", architecture = ""] = platform.split("_");
    const path = `terraform-provider-${name}_v${tag}`;
    const content = `#!/bin/sh\necho ${platform} >&2\nexit 1\n`;
    const bytes = zip([{ path, content, mode: 0o100755 }]);
    const title = `terraform-provider-${name}_${tag}_${platform}.zip`;
    return {
      artifact: buildArtifact({
        artifactType: PROVIDER_TARGET,
        layers: [{ bytes, mediaType: ZIP, title }],
      }),
      platform: { os, architecture },
    };
  });
  return publish(registry, repository, tag, buildIndex({ artifactType: PROVIDER, manifests }));
}

const CREATED = { "org.opencontainers.image.created": "2026-01-02T03:04:05Z" };

/** A module that needs no provider, so that `tofu init` needs no network. */
export const NETWORK_MODULE: Files = {
  "main.tf": [
    'variable "cidr" { type = string }',
    'output "subnets" { value = [for number in range(2) : cidrsubnet(var.cidr, 8, number)] }',
    "",
  ].join("\n"),
};
