import { OciArtifact } from "pulumi-oci-artifact";

// The reference names the registry that the content comes from; registries.conf, who is asked for it.
const manifests = new OciArtifact("manifests", {
  reference: "registry.example/team/manifests:1",
  registriesConf: "registries.conf",
});

export const digest = manifests.digest;
export const path = manifests.path;
