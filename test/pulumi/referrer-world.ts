/**
 * What the tests of referrers share: an artifact, and things of all types that refer to it.
 */
import * as assert from "node:assert/strict";
import { OciError, type ErrorCode } from "../../provider/errors";
import { type Artifact, MEDIA_TYPES, publish } from "../support/artifacts";
import type { RegistryOptions } from "../support/registry";
import type { CleanUp } from "../support/registry-for-test";
import { lifecycleWorld, type HostProcess, type LifecycleWorld } from "./lifecycle-world";

export const SPDX = "application/spdx+json";
export const REPOSITORY = "team/app";

/** Who refers, and as what. */
export interface Attached {
  readonly artifactType?: string;
  readonly content?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ReferrerWorld extends LifecycleWorld {
  readonly artifact: Artifact;
  /** Attaches something to the artifact, or to another one: an SBOM, unless it says otherwise. */
  readonly attach: (what?: Attached, to?: Artifact) => Artifact;
  /** What a program gives that wants the SBOM. */
  readonly inputs: {
    readonly reference: string;
    readonly plainHttp: true;
    readonly referrer: { readonly artifactType: string };
  };
}

/** An artifact under the tag 1, to which nothing refers yet. */
export async function referrerWorld(
  context: CleanUp & { after(work: () => void): void },
  options: RegistryOptions = {},
): Promise<ReferrerWorld> {
  const world = await lifecycleWorld(context, options);
  const artifact = world.publish({ "a.txt": "a" });
  return {
    ...world,
    artifact,
    attach({ artifactType = SPDX, content = "{}", annotations = {} } = {}, to = artifact) {
      return publish(world.registry, REPOSITORY, undefined, {
        artifactType,
        annotations,
        layers: [{ bytes: content, mediaType: artifactType, title: "sbom.json" }],
        subject: { ...to.descriptor, mediaType: MEDIA_TYPES.manifest },
      });
    },
    inputs: {
      reference: world.reference,
      plainHttp: true,
      referrer: { artifactType: SPDX },
    },
  };
}

/** The error of a check that fails. */
export async function refused(
  host: HostProcess,
  inputs: object,
  code: ErrorCode,
  olds: Readonly<Record<string, unknown>> = {},
): Promise<OciError> {
  const error: unknown = await host.check({ ...inputs }, {}, olds).then(
    ({ failures }) => new Error(failures.join("\n")),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OciError, String(error));
  assert.equal(error.code, code, error.message);
  return error;
}
