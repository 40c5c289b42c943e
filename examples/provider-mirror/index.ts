import * as pulumi from "@pulumi/pulumi";
import { OciArtifact } from "pulumi-oci-artifact";

const registry = new pulumi.Config().get("registry") ?? "localhost:5000";

// All platforms of the provider, laid out as a mirror in the folder that tofu.tfrc names. Then:
//
//   TF_CLI_CONFIG_FILE=tofu.tfrc tofu init
const greeting = new OciArtifact("greeting", {
  reference: `${registry}/providers/greeting:2.1.0`,
  plainHttp: true,
  kind: "opentofu-provider",
  providerSource: "registry.opentofu.org/example/greeting",
  destination: "providers",
});

export const digest = greeting.digest;
export const mirror = greeting.placedAt;
