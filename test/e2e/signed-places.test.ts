/**
 * Signed content that is there already, behind an index, or at a mirror: on the real engine.
 */
import * as assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { tarGz } from "../support/archives";
import { buildArtifact, buildIndex, MEDIA_TYPES, publish } from "../support/artifacts";
import type { Project } from "../support/engine";
import { FIRST, publishFiles, REPOSITORY_NAME } from "../support/manifests";
import { projectFor } from "../support/project-for-test";
import { registryFor } from "../support/registry-for-test";
import { signingKey } from "../support/sigstore-signing";
import {
  changedIn,
  deploymentIn,
  program,
  signAs,
  signedProgram,
  stateOf,
  treesOf,
} from "./signed-program";

const KEY = signingKey();

/** A project that trusts the key, for what the registry serves as `team/manifests:1`. */
async function trusting(t: TestContext, reference: string, more: object = {}): Promise<Project> {
  const verify = { keys: [KEY.publicKey], ignoreTlog: true };
  return await projectFor(t, { program: program(reference, { verify, ...more }) });
}

test("verify comes to a resource that is there: a diff of what it asks and who has signed", async (t) => {
  const registry = await registryFor(t);
  const artifact = publishFiles(registry, FIRST);
  const reference = `${registry.host}/${REPOSITORY_NAME}:1`;
  const project = await projectFor(t, { program: program(reference, {}) });
  assert.equal((await project.up()).exitCode, 0);
  assert.equal("signers" in (await stateOf(project)).outputs, false);

  // What is in the cache and in place without a signature is not taken for signed.
  await project.writeProgram(signedProgram(registry, [KEY.publicKey]));
  const refused = await project.preview();
  assert.notEqual(refused.exitCode, 0);
  assert.match(refused.text, /there is no signature of it/);

  signAs(KEY, registry, artifact);
  registry.clearRequests();
  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);
  assert.deepEqual(changedIn(up), ["signers", "verify"]);
  // Its content is here already.
  assert.equal(registry.count({ reference: artifact.layers[0]?.digest ?? "" }), 0);

  await project.writeProgram(program(reference, {}));
  assert.deepEqual(changedIn(await project.up()), ["signers", "verify"]);
});

test("an index that is signed vouches for the platform that is pulled", async (t) => {
  const registry = await registryFor(t);
  const child = buildArtifact({
    layers: [{ bytes: tarGz(FIRST), mediaType: MEDIA_TYPES.tarGzip }],
  });
  const platform = { os: "linux", architecture: "arm64" };
  const index = buildIndex({ manifests: [{ artifact: child, platform }] });
  publish(registry, REPOSITORY_NAME, "1", index);
  signAs(KEY, registry, index);
  const reference = `${registry.host}/${REPOSITORY_NAME}:1`;
  const project = await trusting(t, reference, { platform: "linux/arm64" });
  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);
  const { outputs } = await stateOf(project);
  assert.deepEqual([outputs["digest"], outputs["manifestDigest"]], [index.digest, child.digest]);
  assert.equal(deploymentIn(project, outputs["path"]), FIRST["deployment.yaml"]);

  // The child by its own digest needs a signature of its own.
  const verify = { keys: [KEY.publicKey], ignoreTlog: true };
  await project.writeProgram(program(reference.replace(":1", `@${child.digest}`), { verify }));
  const preview = await project.preview();
  assert.notEqual(preview.exitCode, 0);
  assert.match(preview.text, /there is no signature of it/);
});

test("a mirror serves signatures as it serves content, and is not taken for the registry", async (t) => {
  const [mirror, origin] = [await registryFor(t), await registryFor(t)];
  const artifact = publishFiles(mirror, FIRST, "1", `cache/${REPOSITORY_NAME}`);
  await origin.stop();
  const mirrors = [{ location: `${mirror.host}/cache`, plainHttp: true }];
  const reference = `${origin.host}/${REPOSITORY_NAME}:1`;
  const project = await trusting(t, reference, { mirrors });

  // Where the registry cannot be asked, nobody knows that it is unsigned.
  const refused = await project.preview();
  assert.notEqual(refused.exitCode, 0);
  assert.doesNotMatch(refused.text, /there is no signature of it/);
  assert.match(refused.text, /no signature of it is kept in the cache, and none can be asked for/);
  assert.match(refused.text, new RegExp(`connect ECONNREFUSED ${origin.host}`));
  assert.deepEqual(treesOf(project), []);

  signAs(KEY, mirror, artifact, `cache/${REPOSITORY_NAME}`);
  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);
  assert.match(String((await project.stackOutputs())["signers"]), /^key sha256:/);
});
