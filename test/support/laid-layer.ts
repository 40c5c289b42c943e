/**
 * A layer in a folder of its own, beside an empty staging folder, to be unpacked by whom the test likes.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Plan } from "../../provider/types";
import { sha256 } from "./archives";

export interface LaidLayer {
  readonly plan: Plan;
  /** Where its bytes are. */
  readonly file: string;
  readonly staging: string;
}

/** Lays down the bytes of an archive, until the test ends. */
export async function layLayer(context: TestContext, bytes: Buffer): Promise<LaidLayer> {
  const folder = await mkdtemp(join(tmpdir(), "oci-artifact-test-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const descriptor = { mediaType: "a/b", digest: sha256(bytes), size: bytes.length };
  const form = { kind: "archive", directory: "" } as const;
  const layer = { descriptor: { ...descriptor, annotations: {} }, index: 0, form };
  const laid = { file: join(folder, "blob"), staging: join(folder, "staging") };
  await writeFile(laid.file, bytes);
  await mkdir(laid.staging);
  return { ...laid, plan: { layers: [layer], isImage: false } };
}
