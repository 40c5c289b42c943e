/**
 * The artifact that the end-to-end tests live with: a few manifests in one tar+gzip layer, in two
 * versions that differ by a changed, an added and a removed file; and the program that uses it.
 */
import { publish, type Artifact } from "./artifacts";
import { tarGz } from "./archives";
import type { TestRegistry } from "./registry";

export const REPOSITORY_NAME = "team/manifests";

/** Files of the first version. */
export const FIRST: Readonly<Record<string, string>> = {
  "deployment.yaml": "kind: Deployment\nreplicas: 1\n",
  "service.yaml": "kind: Service\n",
  "crds/widget.yaml": "kind: CustomResourceDefinition\n",
};

/** Files of the second: deployment.yaml changed, ingress.yaml added, service.yaml removed. */
export const SECOND: Readonly<Record<string, string>> = {
  "deployment.yaml": "kind: Deployment\nreplicas: 3\n",
  "ingress.yaml": "kind: Ingress\n",
  "crds/widget.yaml": "kind: CustomResourceDefinition\n",
};

/** Publishes the files as one layer under the tag. */
export function publishFiles(
  registry: Pick<TestRegistry, "repository">,
  files: Readonly<Record<string, string>>,
  tag = "1",
  repository = REPOSITORY_NAME,
): Artifact {
  return publish(registry, repository, tag, {
    artifactType: "application/vnd.example.manifests.v1",
    annotations: { "org.opencontainers.image.source": "https://git.example/team/manifests" },
    layers: [{ bytes: tarGz(files), mediaType: "application/vnd.oci.image.layer.v1.tar+gzip" }],
  });
}

/** A program with one artifact, and a dependent that reads its content already in the preview. */
export function program(args: string, options = "{}"): string {
  return `
    const pulumi = require("@pulumi/pulumi");
    const { OciArtifact } = require("pulumi-oci-artifact");
    const manifests = new OciArtifact("manifests", ${args}, ${options});
    class Bundle extends pulumi.ComponentResource {
      constructor(name, args) { super("example:index:Bundle", name, args); }
    }
    new Bundle("bundle", {
      content: manifests.path.apply((path) => new pulumi.asset.FileArchive(path)),
      digest: manifests.digest,
    });
    exports.digest = manifests.digest;
    exports.path = manifests.path;
    exports.files = manifests.files;
  `;
}

/** `{ reference: "127.0.0.1:4711/team/manifests:1", plainHttp: true }`, and more if given. */
export function plainArgs(registry: Pick<TestRegistry, "host">, more = ""): string {
  return `{ reference: "${registry.host}/${REPOSITORY_NAME}:1", plainHttp: true, ${more} }`;
}
