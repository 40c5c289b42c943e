/**
 * A registry and one blob on its way there, for the tests of uploads. Asserts only that what failed has
 * failed as it should.
 */
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { TestContext } from "node:test";
import { digestOf } from "../../provider/digest";
import { OciError } from "../../provider/errors";
import type { BlobSource } from "../../provider/registry/push-source";
import type { RegistryOptions } from "../support/registry-types";
import {
  blobOf,
  openPushWorld,
  originAt,
  type PushWorldOptions,
  type TestBlob,
  trafficOf,
} from "./push-world";
import { REPOSITORY, serve } from "./world";

export const MIB = 1024 ** 2;
export const CONTENT = randomBytes(300_000);

/** Closes with the test. */
export async function open(
  t: TestContext,
  registryOptions: RegistryOptions = {},
  options: PushWorldOptions = {},
) {
  const registry = await serve(t, registryOptions);
  const world = openPushWorld(t, options);
  const origin = originAt(registry.host);
  return {
    ...world,
    registry,
    origin,
    push: (blob: BlobSource = blobOf(CONTENT)) =>
      world.writer.pushBlob(origin, blob, world.context),
    has: (blob: TestBlob) => world.writer.headBlob(origin, blob.descriptor, world.context),
    stored: (digest = digestOf(CONTENT)) => registry.repository(REPOSITORY).blob(digest),
    traffic: () => trafficOf(registry),
  };
}

/** The plan of a fault: the first request that sends a whole blob, or closes an upload. */
export const PUT = { kind: "upload", method: "PUT", times: 1 } as const;
/** The same of chunks. */
export const PATCH = { kind: "upload", method: "PATCH", times: 1 } as const;

/** What the work fails with. */
export async function failureOf(work: Promise<unknown>): Promise<OciError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof OciError, `an OciError, not ${String(error)}`);
  return error;
}
