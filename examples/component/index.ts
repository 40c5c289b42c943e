import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { getOciArtifact } from "pulumi-oci-artifact";

const registry = new pulumi.Config().get("registry") ?? "localhost:5000";

/** What the package has to have. It shares this program's @pulumi/pulumi, which it finds above itself. */
interface SitePackage {
  readonly Site: new (
    name: string,
    args: { readonly title: pulumi.Input<string> },
  ) => pulumi.ComponentResource & { readonly page: pulumi.Output<string> };
}

export = async () => {
  // Published with:  npm pack && oras push localhost:5000/components/site:1.0.0 site-1.0.0.tgz
  const { absolutePath } = await getOciArtifact({
    reference: `${registry}/components/site:1.0.0`,
    plainHttp: true,
    extract: "always",
    stripComponents: 1,
  });

  const { Site } = (await import(join(absolutePath, "index.js"))) as SitePackage;
  const site = new Site("docs", { title: "Documents" });
  return { page: site.page };
};
