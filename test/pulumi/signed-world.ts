/**
 * What the tests of signatures in the life of a resource share: content, who signs it, and what is asked.
 */
import * as assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Artifact } from "../support/artifacts";
import type { CleanUp } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";
import { putLayers, signedLayer, signingKey, type SigningKey } from "../support/sigstore-signing";
import { lifecycleWorld, type HostProcess, type LifecycleWorld } from "./lifecycle-world";

/** The content. */
export const FILES = { "a.txt": "a" };
/** Who signs unless a test says otherwise. */
export const KEY = signingKey();
export const OTHER = signingKey();

/** Content under the tag 1, which nobody has signed yet. */
export interface SignedWorld extends LifecycleWorld {
  readonly artifact: Artifact;
  readonly sign: (key?: SigningKey, registry?: TestRegistry) => void;
  /** What a program gives that trusts the key. */
  readonly inputs: (key?: SigningKey) => Readonly<Record<string, unknown>>;
}

/** Closes with the test. */
export async function signedWorld(
  context: CleanUp & { after(work: () => void): void },
): Promise<SignedWorld> {
  const world = await lifecycleWorld(context);
  const artifact = world.publish(FILES);
  return {
    ...world,
    artifact,
    sign(key = KEY, registry = world.registry) {
      const { digest } = artifact;
      putLayers(registry.repository("team/app"), digest, [signedLayer(key, digest)]);
    },
    inputs: ({ publicKey } = KEY) => ({
      reference: world.reference,
      plainHttp: true,
      verify: { keys: [publicKey], ignoreTlog: true },
    }),
  };
}

/** The error of a check that fails. */
export async function refused(
  host: HostProcess,
  inputs: Readonly<Record<string, unknown>>,
  olds: Readonly<Record<string, unknown>> = {},
): Promise<Error & { readonly code?: unknown }> {
  const error: unknown = await host.check(inputs, {}, olds).then(
    ({ failures }) => new Error(failures.join("\n")),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Error);
  return error;
}

/** "manifest", "blob", by arrival. */
export function kindsOf({ requests }: TestRegistry): readonly string[] {
  return requests.map(({ kind }) => kind);
}

/** The names of what was pulled beside the program. */
export function treesIn({ project }: LifecycleWorld): readonly string[] {
  const folder = join(project, ".oci-artifacts");
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith(".")) : [];
}
