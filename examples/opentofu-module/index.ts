import { writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { getOciArtifact } from "pulumi-oci-artifact";

const registry = new pulumi.Config().get("registry") ?? "localhost:5000";

export = async () => {
  // Published with:
  //   oras push --artifact-type application/vnd.opentofu.modulepkg localhost:5000/modules/network:1.2.0 network.zip:archive/zip
  const network = await getOciArtifact({
    reference: `oci://${registry}/modules/network?tag=1.2.0`,
    plainHttp: true,
    kind: "opentofu-module",
  });

  // A module's source is a plain string: here of a root module for `tofu init && tofu validate`.
  const root = {
    module: { network: { source: `./${network.path}`, cidr: "10.0.0.0/16" } },
    output: { subnets: { value: "${module.network.subnets}" } },
  };
  writeFileSync("main.tf.json", `${JSON.stringify(root, undefined, 2)}\n`);

  return { digest: network.digest, source: root.module.network.source };
};
