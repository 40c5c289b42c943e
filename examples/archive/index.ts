import * as pulumi from "@pulumi/pulumi";
import { OciArtifact } from "pulumi-oci-artifact";

const registry = new pulumi.Config().get("registry") ?? "localhost:5000";

// Published with:  oras push localhost:5000/team/code:1 function/ schema.json
const code = new OciArtifact("code", { reference: `${registry}/team/code:1`, plainHttp: true });

// With a cloud:
//
//   new aws.lambda.Function("function", { code: code.fileArchive("function"), role, handler, runtime });
//   new aws.s3.BucketObjectv2("schema", { bucket, source: code.fileAsset("schema.json") });
//
// Without one, a resource of Pulumi's own: the engine hashes both in the preview.
new pulumi.Stash("function", { input: code.fileArchive("function") });
new pulumi.Stash("schema", { input: code.fileAsset("schema.json") });
