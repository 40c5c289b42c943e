/**
 * Image layouts and referrers on the real engine: preview and up out of a folder that was carried in, and
 * another referrer as a diff of the digest.
 */
import * as assert from "node:assert/strict";
import { readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Project } from "../support/engine";
import { artifactOf, layoutIn, REF_NAME } from "../support/layouts";
import { putReferrer } from "../support/sigstore-signing";
import { stateOf } from "./signed-program";

const SPDX = "application/spdx+json";

const PROGRAM = `
import { OciArtifact } from "pulumi-oci-artifact";
const reference = "oci-layout://./media:1";
const manifests = new OciArtifact("manifests", { reference });
const sbom = new OciArtifact("sbom", { reference, referrer: { artifactType: "${SPDX}" } });
export const { path, digest, pinned } = manifests;
export const sbomPath = sbom.path;
export const sbomDigest = sbom.digest;
export const subjectDigest = sbom.subjectDigest;
`;

describe("a layout in the program's folder", () => {
  let project: Project;
  /** Fills it anew. */
  const carry = (text: string): { readonly digest: string; readonly sbom: string } => {
    const folder = join(project.directory, "media");
    rmSync(folder, { recursive: true, force: true });
    const layout = layoutIn(folder);
    const { digest } = layout.put(artifactOf({ "a.txt": "a" }), { [REF_NAME]: "1" });
    return { digest, sbom: putReferrer(layout, digest, text, SPDX) };
  };
  before(async () => {
    project = await createProject({ program: PROGRAM });
  });
  after(async () => {
    await project.dispose();
  });

  test("preview shows both digests, and up applies them", async () => {
    const { digest, sbom } = carry("one");
    const preview = await project.preview({ args: ["--diff"] });
    assert.equal(preview.exitCode, 0, preview.text);
    assert.ok(preview.text.includes(digest) && preview.text.includes(sbom), preview.text);
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const outputs = await project.stackOutputs();
    assert.equal(outputs["pinned"], `oci-layout://./media@${digest}`);
    assert.equal(outputs["sbomDigest"], sbom);
    assert.equal(outputs["subjectDigest"], digest);
    const file = join(project.directory, String(outputs["path"]), "a.txt");
    assert.equal(readFileSync(file, "utf8"), "a");
    const { inputs } = await stateOf(project);
    assert.equal(inputs["reference"], "oci-layout://./media:1");
    assert.ok(!JSON.stringify(inputs).includes(project.directory), "no path of this machine");
  });

  test("with the medium away nothing changes, and a warning says so", async () => {
    const folder = join(project.directory, "media");
    renameSync(folder, `${folder}.away`);
    const preview = await project.preview({ args: ["--expect-no-changes"] });
    renameSync(`${folder}.away`, folder);
    assert.equal(preview.exitCode, 0, preview.text);
    assert.match(preview.text, /the image layout cannot be asked whether 1 has moved/);
    assert.match(preview.text, /the image layout cannot be asked what refers to/);
  });

  test("another referrer is a diff of its digest, and the artifact stays", async () => {
    const { digest, sbom } = carry("two");
    const preview = await project.preview({ args: ["--diff"] });
    assert.equal(preview.exitCode, 0, preview.text);
    assert.ok(preview.text.includes(sbom), preview.text);
    assert.match(preview.text, /~ 1 to update/);
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const outputs = await project.stackOutputs();
    assert.deepEqual([outputs["digest"], outputs["sbomDigest"]], [digest, sbom]);
  });

  test("refresh and destroy need no medium", async () => {
    rmSync(join(project.directory, "media"), { recursive: true });
    const destroy = await project.destroy();
    assert.equal(destroy.exitCode, 0, destroy.text);
  });
});
