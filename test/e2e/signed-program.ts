/**
 * What the tests of signatures on the engine share: a program that asks for a signature, whoever signs,
 * and what is left in the state and on disk. Runs nothing.
 */
import * as assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Artifact } from "../support/artifacts";
import type { Operation, Project } from "../support/engine";
import { REPOSITORY_NAME } from "../support/manifests";
import type { TestRegistry } from "../support/registry";
import { putReferrer, signedBundle, type SigningKey } from "../support/sigstore-signing";

/** One artifact, and the same by the function. */
export function program(reference: string, more: object): string {
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
export function signedProgram(registry: TestRegistry, keys: readonly string[]): string {
  const verify = { keys, ignoreTlog: true };
  return program(`${registry.host}/${REPOSITORY_NAME}:1`, { verify });
}

/** Signs the artifact in a bundle. */
export function signAs(
  key: SigningKey,
  registry: TestRegistry,
  { digest }: Artifact,
  repository = REPOSITORY_NAME,
): void {
  putReferrer(registry.repository(repository), digest, signedBundle(key, digest));
}

/** Names of the inputs, those that check has injected among them, that an update changes. */
export function changedIn(operation: Operation): readonly string[] {
  const { inputs, oldInputs, operation: done } = operation.step("manifests");
  assert.equal(done, "update", operation.text);
  const names = Object.keys({ ...oldInputs, ...inputs });
  return names
    .filter((name) => JSON.stringify(oldInputs[name]) !== JSON.stringify(inputs[name]))
    .sort();
}

/** The names of what was pulled beside the program. */
export function treesOf({ directory }: Project): readonly string[] {
  const folder = join(directory, ".oci-artifacts");
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith(".")) : [];
}

/** Text of the deployment in the content at that path. */
export function deploymentIn({ directory }: Project, path: unknown): string {
  return readFileSync(join(directory, String(path), "deployment.yaml"), "utf8");
}

/** The artifact's inputs and outputs as the state holds them. */
export async function stateOf(project: Project): Promise<{
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}> {
  const { resources = [] } = (await project.exportState()).deployment;
  const { inputs = {}, outputs = {} } =
    resources.find(({ type }) => type.endsWith(":OciArtifact")) ?? {};
  return { inputs, outputs };
}
