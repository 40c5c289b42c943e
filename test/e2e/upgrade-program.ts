/**
 * What the programs of the upgrade test declare, one resource of every kind, and the content that they
 * pull: the same bytes for ever, so nothing in it is compressed. No assertions, and no engine.
 */
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { tarOf } from "../support/archives";
import { buildArtifact, buildIndex, MEDIA_TYPES, publish } from "../support/artifacts";
import { layoutIn } from "../support/layouts";
import type { TestRegistry } from "../support/registry-types";
import { serveLayout, sigstoreText } from "../support/sigstore-layouts";
import { zip } from "../support/zips";

/** What is at `team/app:1`, and in the copies of it. */
const APP = {
  "charts/values.yaml": "replicas: 1\n",
  "charts/notes.md": "",
  "main.tf": "",
};
const LICENSE = "Apache-2.0\n";
const SPDX = "application/spdx+json";
const CHART = {
  "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: v7\n",
  "web/values.yaml": "replicas: 1\n",
};

/** Each resource by its name; `HOST` and `PIN` stand for what a run has. */
export const DECLARATIONS: Readonly<Record<string, string>> = {
  tagged: `const tagged = declare("tagged", "HOST/team/app:1");`,
  selected: `declare("selected", "HOST/team/app:1", { subPath: "charts", include: ["*.yaml"], extract: "always" });`,
  indexed: `declare("indexed", "HOST/team/index:1", { platform: "linux/arm64" });`,
  pinned: `declare("pinned", "HOST/team/app", { digest: "PIN" });`,
  folder: `declare("folder", "oci://HOST/team/app//charts?tag=1");`,
  secretive: `declare("secretive", "HOST/team/app:1", {}, { additionalSecretOutputs: ["annotations"] });`,
  bundle: `
    class Bundle extends pulumi.ComponentResource {
      constructor(name, args) { super("example:index:Bundle", name, args); }
    }
    new Bundle("bundle", {
      content: tagged.fileArchive(),
      values: tagged.fileAsset("charts/values.yaml"),
      digest: tagged.digest,
    });`,
  placed: `declare("placed", "HOST/team/app:1", { destination: "vendor/app", onLocalChange: "error" });`,
  zipped: `declare("zipped", "HOST/team/module:1");`,
  mirrored: `declare("mirrored", "upstream.example/team/app:1", {
    plainHttp: undefined,
    mirrors: [{ location: "HOST", plainHttp: true }],
  });`,
  signed: `declare("signed", "HOST/team/signed:v1", { verify: { keys: ["cosign.pub"], ignoreTlog: true } });`,
  ranged: `declare("ranged", "HOST/team/app", { semver: "^1.2", semverFilter: "^1" });`,
  locked: `declare("locked", "HOST/team/app:1", { lockFile: "oci-artifact.lock.json" });`,
  attached: `declare("attached", "HOST/team/app:1", { referrer: { artifactType: "${SPDX}" } });`,
  charted: `declare("charted", "HOST/team/chart:1", { kind: "helm-chart" });`,
  provider: `declare("provider", "HOST/team/provider:1.0.0", {
    kind: "opentofu-provider",
    providerSource: "registry.example/team/empty",
  });`,
  layout: `declare("layout", "oci-layout://./layout:1", { plainHttp: undefined });`,
  pushed: `
    new OciArtifactPush("pushed", {
      source: "notes.md",
      reference: "HOST/team/pushed:1",
      tags: ["latest"],
      plainHttp: true,
    });`,
};

/** A program that declares these, in their order. */
export function programOf(names: readonly string[], host: string, pin: string): string {
  const declared = Object.entries(DECLARATIONS).filter(([name]) => names.includes(name));
  const source = declared.map(([, text]) => text).join("\n");
  return `
    const pulumi = require("@pulumi/pulumi");
    const { OciArtifact, OciArtifactPush } = require("pulumi-oci-artifact");
    const declare = (name, reference, more = {}, options = {}) =>
      new OciArtifact(name, { reference, plainHttp: true, ...more }, options);
    ${source.replaceAll("HOST", host).replaceAll("PIN", pin)}
  `;
}

/** What a checkout of the program has beside it: a key, a lock file, a copy that was committed. */
export function filesOf(host: string, pin: string): Readonly<Record<string, string>> {
  const copy = Object.entries({ ...APP, LICENSE }).map(([name, text]) => [
    `vendor/app/${name}`,
    text,
  ]);
  const artifacts = [{ reference: `${host}/team/app:1`, digest: pin }];
  return {
    "cosign.pub": sigstoreText("keys/k1.pub"),
    "oci-artifact.lock.json": JSON.stringify({ lockfileVersion: 1, artifacts }),
    "notes.md": "# Notes\n",
    ...(Object.fromEntries(copy) as Record<string, string>),
  };
}

const ARTIFACT = buildArtifact({
  artifactType: "application/vnd.example.app.v1",
  annotations: { "org.opencontainers.image.source": "https://git.example/team/app" },
  layers: [
    { bytes: tarOf(APP), mediaType: MEDIA_TYPES.tar },
    { bytes: LICENSE, mediaType: "text/plain", title: "LICENSE" },
  ],
});

/** Publishes all that the programs pull. Returns the digest of `team/app:1`. */
export function publishAll(registry: TestRegistry): string {
  for (const tag of ["1", "1.2.3", "1.2.10"]) publish(registry, "team/app", tag, ARTIFACT);
  publish(registry, "team/app", undefined, {
    artifactType: SPDX,
    layers: [{ bytes: '{"spdxVersion":"SPDX-2.3"}', mediaType: SPDX, title: "sbom.json" }],
    subject: ARTIFACT.descriptor,
  });
  const platforms = ["arm64", "amd64"].map((architecture) => ({ os: "linux", architecture }));
  publish(
    registry,
    "team/index",
    "1",
    buildIndex({
      manifests: platforms.map((platform) => ({ artifact: ARTIFACT, platform })),
    }),
  );
  publish(registry, "team/module", "1", {
    artifactType: "application/vnd.opentofu.modulepkg",
    layers: [{ bytes: stored({ "main.tf": "# empty\n" }), mediaType: ZIP, title: "module.zip" }],
  });
  publish(registry, "team/chart", "1", {
    config: {
      bytes: JSON.stringify({ name: "web", version: "1.2.3", appVersion: "v7" }),
      mediaType: "application/vnd.cncf.helm.config.v1+json",
    },
    layers: [
      {
        bytes: storedGzip(tarOf(CHART)),
        mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
      },
    ],
  });
  publish(registry, "team/provider", "1.0.0", providerOf("linux", "amd64"));
  serveLayout(registry.repository("team/signed"), "layouts/keyed-bundle-fallback-tag-ok.tar.gz");
  return ARTIFACT.digest;
}

/** Writes the image layout of a program's folder. */
export function writeLayout(directory: string): void {
  const layout = layoutIn(join(directory, "layout"));
  layout.put(ARTIFACT, { "org.opencontainers.image.ref.name": "1" });
}

const ZIP = "archive/zip";

function stored(files: Readonly<Record<string, string>>): Buffer {
  return zip(Object.entries(files).map(([path, content]) => ({ path, content, isStored: true })));
}

function providerOf(os: string, architecture: string) {
  const title = `terraform-provider-empty_1.0.0_${os}_${architecture}.zip`;
  const bytes = stored({ "terraform-provider-empty_v1.0.0": "#!/bin/sh\nexit 1\n" });
  const artifact = buildArtifact({
    artifactType: "application/vnd.opentofu.provider-target",
    layers: [{ bytes, mediaType: ZIP, title }],
  });
  return buildIndex({
    artifactType: "application/vnd.opentofu.provider",
    manifests: [{ artifact, platform: { os, architecture } }],
  });
}

/** Gzip of one block that is not compressed: what compresses may change with Node. */
function storedGzip(content: Buffer): Buffer {
  const head = Buffer.from("1f8b080000000000000301", "hex");
  const lengths = Buffer.alloc(4);
  lengths.writeUInt16LE(content.length);
  lengths.writeUInt16LE(0xffff - content.length, 2);
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc32(content));
  end.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, lengths, content, end]);
}
