import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { OciArtifact } from "pulumi-oci-artifact";
import { parseAllDocuments } from "yaml";

const registry = new pulumi.Config().get("registry") ?? "localhost:5000";

// Published with:  flux push artifact oci://localhost:5000/team/manifests:1 --path=. --insecure-registry …
const manifests = new OciArtifact("manifests", {
  reference: `${registry}/team/manifests:1`,
  plainHttp: true,
  include: ["*.yaml"],
});

// With a cluster, this is all:
//
//   new k8s.yaml.v2.ConfigGroup("app", { files: [pulumi.interpolate`${manifests.path}/*.yaml`] });
//
// Without one: the objects. Every preview knows them, because it has the files.
new pulumi.Stash("objects", { input: manifests.path.apply(objectsIn) });

function objectsIn(folder: string): unknown[] {
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .flatMap((text) => parseAllDocuments(text))
    .map((document): unknown => document.toJS());
}
