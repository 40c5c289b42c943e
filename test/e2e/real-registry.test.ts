/**
 * The whole road against a real registry (CNCF distribution), filled by real pushes; the program is
 * TypeScript, as users write it.
 */
import * as assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { tarGz } from "../support/archives";
import { buildArtifact, type Artifact } from "../support/artifacts";
import { startDistribution, type Distribution } from "../support/distribution";
import { createProject, type Project } from "../support/engine";
import { FIRST, SECOND } from "../support/manifests";
import { pushOverHttp } from "../support/push-over-http";

const artifact = (files: Readonly<Record<string, string>>): Artifact =>
  buildArtifact({
    artifactType: "application/vnd.example.manifests.v1",
    layers: [
      { bytes: tarGz(files), mediaType: "application/vnd.oci.image.layer.v1.tar+gzip" },
      { bytes: "Apache-2.0\n", mediaType: "text/plain", title: "LICENSE" },
    ],
  });

const program = (host: string): string => `
  import * as pulumi from "@pulumi/pulumi";
  import { getOciArtifact, OciArtifact, type OciArtifactArgs } from "pulumi-oci-artifact";

  const args: OciArtifactArgs = { reference: "${host}/team/app:stable", plainHttp: true };
  const app = new OciArtifact("app", args);
  export const digest: pulumi.Output<string> = app.digest;
  export const license = app.file("LICENSE");
  export const sameDigest = getOciArtifact({ reference: "${host}/team/app:stable", plainHttp: true })
    .then((found) => found.digest);
`;

describe("against a real registry", () => {
  let registry: Distribution;
  let project: Project;
  before(async () => {
    registry = await startDistribution();
    project = await createProject({ program: program(registry.host), typescript: true });
  });
  after(async () => {
    await project.dispose();
    await registry.stop();
  });

  test("a TypeScript program pulls, follows the moved tag, and destroys", async () => {
    const first = await pushOverHttp(registry.host, "team/app", "stable", artifact(FIRST));
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const outputs = await project.stackOutputs();
    assert.equal(outputs["digest"], first.digest);
    assert.equal(outputs["sameDigest"], first.digest);
    const license = join(project.directory, String(outputs["license"]));
    assert.equal(await readFile(license, "utf8"), "Apache-2.0\n");

    const second = await pushOverHttp(registry.host, "team/app", "stable", artifact(SECOND));
    const preview = await project.preview({ diff: true });
    assert.match(preview.text, new RegExp(`~ digest *: "${first.digest}" => "${second.digest}"`));
    const moved = await project.up();
    assert.equal(moved.exitCode, 0, moved.text);
    assert.equal((await project.stackOutputs())["digest"], second.digest);
    assert.equal((await project.destroy()).exitCode, 0);
  });
});
