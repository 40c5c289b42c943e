import * as pulumi from "@pulumi/pulumi";
import { OciArtifactPush } from "pulumi-oci-artifact";

const registry = new pulumi.Config().get("registry") ?? "localhost:5000";

const policies = new OciArtifactPush("policies", {
  source: "./policies",
  reference: `${registry}/team/policies:1`,
  tags: ["latest"],
  plainHttp: true,
});

// For the stack of consumer/: not a tag, which may move, but this very content.
export const pinned = policies.pinned;
