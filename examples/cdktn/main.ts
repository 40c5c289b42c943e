import {
  App,
  AssetType,
  TerraformAsset,
  TerraformHclModule,
  TerraformOutput,
  TerraformStack,
} from "cdktn";
import { getOciArtifact } from "pulumi-oci-artifact";

const registry = process.env["REGISTRY"] ?? "localhost:5000";

async function main(): Promise<void> {
  const { absolutePath } = await getOciArtifact({
    reference: `oci://${registry}/modules/network?tag=1.2.0`,
    plainHttp: true,
    kind: "opentofu-module",
  });

  const app = new App();
  const stack = new TerraformStack(app, "network");
  // The asset carries the module along in the output, for whoever applies it.
  const module = new TerraformAsset(stack, "module", {
    path: absolutePath,
    type: AssetType.DIRECTORY,
  });
  const network = new TerraformHclModule(stack, "network", {
    source: `./${module.path}`,
    skipAssetCreationFromLocalModules: true,
    variables: { cidr: "10.0.0.0/16" },
  });
  new TerraformOutput(stack, "subnets", { value: network.get("subnets") });
  app.synth();
}

void main();
