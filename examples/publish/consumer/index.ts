import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { OciArtifact } from "pulumi-oci-artifact";

const stack = new pulumi.Config().get("publisher") ?? "organization/oci-artifact-publish/dev";

// The stack of the folder above: what it has pushed, whatever its tags name by now.
const publisher = new pulumi.StackReference(stack);

const policies = new OciArtifact("policies", {
  reference: publisher.requireOutput("pinned"),
  plainHttp: true,
});

const regions = policies.file("regions.json").apply((file) => readFileSync(file, "utf8"));

new pulumi.Stash("regions", { input: regions.apply((text): unknown => JSON.parse(text)) });
