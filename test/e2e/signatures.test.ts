/**
 * Signed content on the real engine: what is not signed by who has to have fails the preview, what is
 * passes and says by whom, and refresh and destroy look at no signature.
 */
import * as assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { tarGz } from "../support/archives";
import {
  buildArtifact,
  buildIndex,
  MEDIA_TYPES,
  publish,
  type Artifact,
} from "../support/artifacts";
import { createProject, type Operation, type Project } from "../support/engine";
import { FIRST, publishFiles, REPOSITORY_NAME, SECOND } from "../support/manifests";
import { projectFor } from "../support/project-for-test";
import { startRegistry, type TestRegistry } from "../support/registry";
import { registryFor } from "../support/registry-for-test";
import {
  putLayers,
  putReferrer,
  signedBundle,
  signedLayer,
  signingKey,
  type SigningKey,
} from "../support/sigstore-signing";

const KEY = signingKey();
const OTHER = signingKey();

/** One artifact, and the same by the function. */
function program(reference: string, more: object): string {
  const args = JSON.stringify({ reference, plainHttp: true, ...more });
  return `
    const { getOciArtifact, OciArtifact } = require("pulumi-oci-artifact");
    module.exports = async () => {
      const manifests = new OciArtifact("manifests", ${args});
      const { signers } = await getOciArtifact(${args});
      return { path: manifests.path, signers: manifests.signers, byFunction: signers };
    };`;
}

/** The program of somebody who trusts the keys: PEM texts, or paths. */
function signedProgram(registry: TestRegistry, keys: readonly string[]): string {
  const verify = { keys, ignoreTlog: true };
  return program(`${registry.host}/${REPOSITORY_NAME}:1`, { verify });
}

function signAs(
  key: SigningKey,
  registry: TestRegistry,
  { digest }: Artifact,
  repository = REPOSITORY_NAME,
): void {
  putReferrer(registry.repository(repository), digest, signedBundle(key, digest));
}

/** Names of the inputs, those that check has injected among them, that an update changes. */
function changedIn(operation: Operation): readonly string[] {
  const { inputs, oldInputs, operation: done } = operation.step("manifests");
  assert.equal(done, "update", operation.text);
  const names = Object.keys({ ...oldInputs, ...inputs });
  return names
    .filter((name) => JSON.stringify(oldInputs[name]) !== JSON.stringify(inputs[name]))
    .sort();
}

/** The names of what was pulled beside the program. */
function treesOf({ directory }: Project): readonly string[] {
  const folder = join(directory, ".oci-artifacts");
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith(".")) : [];
}

function deploymentIn({ directory }: Project, path: unknown): string {
  return readFileSync(join(directory, String(path), "deployment.yaml"), "utf8");
}

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
    assert.match(refused.text, /the signature that is kept there does not do/);
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

/** The artifact's inputs and outputs as the state holds them. */
async function stateOf(project: Project): Promise<{
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}> {
  const { resources = [] } = (await project.exportState()).deployment;
  const { inputs = {}, outputs = {} } =
    resources.find(({ type }) => type.endsWith(":OciArtifact")) ?? {};
  return { inputs, outputs };
}

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
  assert.match(refused.text, new RegExp(`${origin.host}.*connection refused`, "i"));
  assert.deepEqual(treesOf(project), []);

  signAs(KEY, mirror, artifact, `cache/${REPOSITORY_NAME}`);
  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);
  assert.match(String((await project.stackOutputs())["signers"]), /^key sha256:/);
});
