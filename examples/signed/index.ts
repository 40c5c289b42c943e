import { OciArtifact } from "pulumi-oci-artifact";

// With a registry at localhost:5000, and a key pair of your own (whose cosign.pub replaces this one):
//
//   cosign generate-key-pair
//   oras push localhost:5000/team/policies:1 policy.rego
//   cosign sign --key cosign.key --use-signing-config=false --tlog-upload=false localhost:5000/team/policies:1
//
// Whatever else the tag comes to name fails the preview, until the key has signed that, too.
const policies = new OciArtifact("policies", {
  reference: "localhost:5000/team/policies:1",
  plainHttp: true,
  verify: { keys: ["cosign.pub"], ignoreTlog: true },
});

export const digest = policies.digest;
export const path = policies.path;
export const signers = policies.signers;
