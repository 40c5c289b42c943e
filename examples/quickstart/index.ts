import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { OciArtifact } from "pulumi-oci-artifact";

const registry = new pulumi.Config().get("registry") ?? "localhost:5000";

const manifests = new OciArtifact("manifests", {
  reference: `${registry}/team/manifests:1`,
  plainHttp: true,
});

export const digest = manifests.digest;
export const path = manifests.path;
export const deployment = manifests
  .file("deployment.yaml")
  .apply((file) => readFileSync(file, "utf8"));
