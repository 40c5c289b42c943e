/**
 * Unpacks layers that a test made, into a folder that has a canary beside it. It plans and unpacks
 * with the real parts; what they answer is for the test to judge.
 */
import { mkdtemp, mkdir, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import * as assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { planContent } from "../../provider/content/plan";
import type { Allowances } from "../../provider/content/selection";
import { SILENT } from "../../provider/context";
import { OciError, type ErrorCode } from "../../provider/errors";
import { DEFAULT_LIMITS, type Limits } from "../../provider/limits";
import type { Plan, TreeEntry } from "../../provider/types";
import type { BlobFile } from "../../provider/unpack/blob";
import { unpack } from "../../provider/unpack/unpack";
import { sha256 } from "./archives";

export const SUBJECT = "registry.example/team/app:1";
export const TAR = "application/vnd.oci.image.layer.v1.tar";
export const TAR_GZIP = `${TAR}+gzip`;

export interface TestLayer {
  readonly bytes: Buffer;
  /** Default: tar+gzip. */
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What the descriptor says in place of the truth. */
  readonly digest?: string;
  readonly size?: number;
}

export interface UnpackOptions {
  readonly isImage?: boolean;
  /** What the user lets pass. */
  readonly allowances?: Allowances;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

export interface Unpacked {
  readonly entries: readonly TreeEntry[];
  /** Absolute. */
  readonly staging: string;
}

/** Annotations of a directory as ORAS packs one. */
export function directoryTitle(title: string): Readonly<Record<string, string>> {
  return { "org.opencontainers.image.title": title, "io.deis.oras.content.unpack": "true" };
}

/** The tree that the layers come to; its folder goes when the test does. */
export async function unpackLayers(
  context: TestContext,
  layers: readonly (TestLayer | Buffer)[],
  options: UnpackOptions = {},
): Promise<Unpacked> {
  const world = await mkdtemp(join(tmpdir(), "unpack-"));
  context.after(() => rm(world, { recursive: true, force: true }));
  const staging = join(world, "staging");
  await mkdir(staging);
  await mkdir(join(world, "canary"));
  await writeFile(join(world, "canary", "song"), "alive");
  const made = layers.map((layer) => (Buffer.isBuffer(layer) ? { bytes: layer } : layer));
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const signal = options.signal ?? new AbortController().signal;
  for (const [index, { bytes }] of made.entries()) {
    await writeFile(join(world, `blob-${index}`), bytes);
  }
  try {
    const plan = planOf(made, limits, options);
    const files = new Map(
      plan.layers.map(({ descriptor, index }) => [descriptor, join(world, `blob-${index}`)]),
    );
    const work = { limits, signal, report: SILENT };
    const fileOf = (descriptor: Plan["layers"][number]["descriptor"]): BlobFile => ({
      path: files.get(descriptor) ?? "",
    });
    return { entries: await unpack(plan, fileOf, staging, work, SUBJECT), staging };
  } finally {
    await assertUntouched(world, made.length);
  }
}

/** Asserts that the layers are refused with the code, in words that match, and nothing outside. */
export async function assertRefused(
  context: TestContext,
  layers: readonly (TestLayer | Buffer)[],
  code: ErrorCode,
  words: RegExp,
  options: UnpackOptions = {},
): Promise<OciError> {
  let error: unknown;
  try {
    await unpackLayers(context, layers, options);
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof OciError, `refused with an OciError, not ${String(error)}`);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, words);
  assert.match(error.message, /registry\.example\/team\/app:1/);
  return error;
}

/** path → content, or " -> target" of symlinks, or "/" of directories. */
export async function contentOf({ entries, staging }: Unpacked): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for (const { path, type } of entries) {
    const name = join(staging, path);
    if (type === "file") content[path] = await readFile(name, "utf8");
    else content[path] = type === "symlink" ? `-> ${await readlink(name)}` : "/";
  }
  return content;
}

function planOf(
  layers: readonly TestLayer[],
  limits: Limits,
  { isImage, allowances }: UnpackOptions,
): Plan {
  const mediaType =
    isImage === true
      ? "application/vnd.oci.image.config.v1+json"
      : "application/vnd.oci.empty.v1+json";
  return planContent(
    {
      kind: "manifest",
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { mediaType, digest: sha256("{}"), size: 2, annotations: {} },
      annotations: {},
      layers: layers.map(({ bytes, mediaType, digest, size, annotations }) => ({
        mediaType: mediaType ?? TAR_GZIP,
        digest: digest ?? sha256(bytes),
        size: size ?? bytes.length,
        annotations: annotations ?? {},
      })),
    },
    SUBJECT,
    limits,
    allowances,
  );
}

/** Whatever the archive wanted: beside the staging folder all is as it was. */
async function assertUntouched(world: string, blobs: number): Promise<void> {
  const names = Array.from({ length: blobs }, (_, index) => `blob-${index}`);
  assert.deepEqual((await readdir(world)).sort(), [...names, "canary", "staging"].sort());
  assert.deepEqual(await readdir(join(world, "canary")), ["song"]);
  assert.equal(await readFile(join(world, "canary", "song"), "utf8"), "alive");
}
