/**
 * What the tests of broken layouts share: an honest one to break, and how it is refused.
 */
import * as assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import { OciError, type ErrorCode } from "../../provider/errors";
import { pullInputs } from "../../provider/pulumi/session";
import type { Artifact } from "../support/artifacts";
import { artifactOf, layoutIn, type LayoutFolder, REF_NAME } from "../support/layouts";
import { programsFor, type ProgramForTest } from "../support/session-for-test";

export const PROGRAMS = programsFor({ after });

/** An honest layout with the tag 1, beside a program. */
export interface Honest extends ProgramForTest {
  readonly layout: LayoutFolder;
  readonly artifact: Artifact;
  /** Name of the blob of the only layer. */
  readonly layer: string;
}

/** Makes one. */
export function honest(): Honest {
  const program = PROGRAMS.next();
  const layout = layoutIn(join(program.directory, "bundle"));
  const artifact = layout.put(artifactOf(), { [REF_NAME]: "1" });
  return { ...program, layout, artifact, layer: layout.blobName(artifact.layers[0]?.digest ?? "") };
}

/** The error of a pull that fails with the code, in words that match; nothing has become visible. */
export async function refused(
  { directory, inputs }: ProgramForTest,
  code: ErrorCode,
  words: RegExp,
  reference = "oci-layout://bundle:1",
  more: object = {},
): Promise<OciError> {
  const error: unknown = await pullInputs({ ...inputs, ...more, reference }, { directory }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OciError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, words);
  assert.ok(error.hint !== undefined, error.message);
  const trees = join(directory, ".oci-artifacts");
  const names = existsSync(trees) ? readdirSync(trees) : [];
  assert.deepEqual(
    names.filter((name) => !name.startsWith(".")),
    [],
  );
  return error;
}
