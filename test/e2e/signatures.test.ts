/**
 * Signed content on the real engine: what is not signed by who has to have fails the preview, what is
 * passes and says by whom, and refresh and destroy look at no signature.
 */
import * as assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Artifact } from "../support/artifacts";
import { createProject, type Project } from "../support/engine";
import { FIRST, publishFiles, REPOSITORY_NAME, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";
import { putLayers, signedLayer, signingKey } from "../support/sigstore-signing";
import { changedIn, deploymentIn, signAs, signedProgram, stateOf, treesOf } from "./signed-program";

const KEY = signingKey();
const OTHER = signingKey();

describe("verify, from the first preview to destroy", () => {
  let registry: TestRegistry;
  let project: Project;
  let first: Artifact;
  before(async () => {
    registry = await startRegistry();
    first = publishFiles(registry, FIRST);
    project = await createProject({
      program: signedProgram(registry, ["cosign.pub"]),
      files: { "cosign.pub": KEY.publicKey },
    });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("what nobody has signed fails the preview, and nothing is fetched or written", async () => {
    const preview = await project.preview();
    assert.notEqual(preview.exitCode, 0);
    assert.match(preview.text, /cannot verify .*team\/manifests:1: there is no signature of it/);
    assert.match(preview.text, /hint: have it signed/);
    assert.equal(registry.count({ kind: "blob" }), 0);
    assert.equal(existsSync(join(project.directory, ".oci-artifacts")), false);
  });

  test("what is signed passes, its signature before its content, and the state says by whom", async () => {
    signAs(KEY, registry, first);
    registry.clearRequests();
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const content = first.layers[0]?.digest;
    const blobs = registry.matching({ kind: "blob" }).map(({ reference }) => reference);
    assert.equal(blobs.at(-1), content);
    assert.equal(blobs.filter((digest) => digest === content).length, 1);
    assert.ok(blobs.length > 1, "the signature is a blob as well");
    const { path, signers, byFunction } = await project.stackOutputs();
    assert.match(String(signers), /^key sha256:[0-9a-f]{64}$/);
    assert.deepEqual(byFunction, signers);
    assert.equal(deploymentIn(project, path), FIRST["deployment.yaml"]);
    const { inputs, outputs } = await stateOf(project);
    for (const properties of [inputs, outputs]) {
      assert.deepEqual(properties["signers"], signers);
      assert.deepEqual(properties["verify"], { keys: ["cosign.pub"], ignoreTlog: true });
    }
  });

  test("on another machine the same is no diff, and is verified there", async () => {
    const other = await project.elsewhere();
    try {
      registry.clearRequests();
      const preview = await other.preview({ args: ["--expect-no-changes"] });
      assert.equal(preview.exitCode, 0, preview.text);
      assert.ok(registry.count({ kind: "referrers" }) > 0);
    } finally {
      await other.dispose();
    }
  });

  test("one more key that is trusted is a diff of verify, and of nothing else", async () => {
    await project.writeProgram(signedProgram(registry, ["cosign.pub", OTHER.publicKey]));
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.deepEqual(changedIn(up), ["verify"]);
  });

  test("a key that has not signed it fails the preview, and takes nothing away", async () => {
    const before = treesOf(project);
    const state = await stateOf(project);
    await project.writeProgram(signedProgram(registry, [OTHER.publicKey]));
    const up = await project.up();
    assert.notEqual(up.exitCode, 0);
    assert.match(up.text, /the signature does not hold with the key/);
    assert.match(up.text, /hint: check that verify\.keys holds the public key/);
    assert.deepEqual(treesOf(project), before);
    assert.deepEqual(await stateOf(project), state);
  });

  test("where it has, the diff is of verify and of who has signed", async () => {
    signAs(OTHER, registry, first);
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.deepEqual(changedIn(up), ["signers", "verify"]);
    await project.writeProgram(signedProgram(registry, ["cosign.pub"]));
    assert.deepEqual(changedIn(await project.up()), ["signers", "verify"]);
  });

  test("a tag that moves to what nobody has signed fails, and the content of before stays", async () => {
    const before = treesOf(project);
    const second = publishFiles(registry, SECOND);
    const preview = await project.preview();
    assert.notEqual(preview.exitCode, 0);
    assert.match(preview.text, /there is no signature of it/);
    assert.deepEqual(treesOf(project), before);
    putLayers(registry.repository(REPOSITORY_NAME), second.digest, [
      signedLayer(KEY, second.digest),
    ]);
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(
      deploymentIn(project, (await project.stackOutputs())["path"]),
      SECOND["deployment.yaml"],
    );
  });

  test("with the registry down, up goes on by what is kept, and not for another key", async () => {
    await registry.stop();
    // The function has no state that says what the tag was.
    const alone = `
      const { OciArtifact } = require("pulumi-oci-artifact");
      const verify = (keys) => ({ keys, ignoreTlog: true });
      const args = { reference: "${registry.host}/${REPOSITORY_NAME}:1", plainHttp: true };
    `;
    await project.writeProgram(`${alone}
      new OciArtifact("manifests", { ...args, verify: verify(["cosign.pub"]) });`);
    const up = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
    assert.match(up.text, /warning: the registry cannot be asked whether 1 has moved/);
    await project.writeProgram(`${alone}
      new OciArtifact("manifests", { ...args, verify: verify([${JSON.stringify(OTHER.publicKey)}]) });`);
    const refused = await project.up();
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.text, /the signature of it that is kept in the cache does not do/);
    assert.match(refused.text, /hint: run again when the registry can be reached/);
  });

  test("refresh and destroy need neither the registry, nor the key, nor what is kept", async () => {
    rmSync(join(project.directory, "cosign.pub"));
    rmSync(project.cache, { recursive: true });
    const refreshed = await project.refresh();
    assert.equal(refreshed.exitCode, 0, refreshed.text);
    const destroyed = await project.destroy();
    assert.equal(destroyed.exitCode, 0, destroyed.text);
    assert.equal(destroyed.step("manifests").operation, "delete");
  });
});
