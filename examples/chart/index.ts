import { execFileSync } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";
import { OciArtifact } from "pulumi-oci-artifact";

const registry = new pulumi.Config().get("registry") ?? "localhost:5000";

// Published with:  helm package web && helm push web-1.2.3.tgz oci://localhost:5000/charts --plain-http
const chart = new OciArtifact("chart", {
  reference: `${registry}/charts/web:1.2.3`,
  plainHttp: true,
  kind: "helm-chart",
  stripComponents: 1,
});

// With a cluster, this is all:
//
//   new k8s.helm.v4.Chart("web", { chart: chart.path, values: { replicas: 3 } });
//
// Without one: what helm makes of it, in previews, too.
const manifests = chart.path.apply((folder) =>
  execFileSync("helm", ["template", "web", folder, "--set", "replicas=3"], { encoding: "utf8" }),
);

new pulumi.Stash("manifests", { input: manifests });
