/**
 * Pulls hostile artifacts over the whole road, each into a sandbox of its own that is checked for
 * everything outside of the tree. It makes no archive, and judges no result but by `refuses` and `keeps`.
 */
import * as assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { ErrorCode } from "../../provider/errors";
import { gzip, tar, type TarMember } from "../support/archives";
import { MEDIA_TYPES, type ArtifactContent, type LayerContent } from "../support/artifacts";
import {
  assertFailed,
  assertPulled,
  openSandbox,
  publishKnown,
  trafficOf,
  type PullOptions,
  type PullResult,
} from "../support/pulling";
import { registryFor } from "../support/registry-for-test";

/** A layer as short as a table wants it: members of a tar, the bytes of an archive, or all of it. */
export type Layer = readonly TarMember[] | Buffer | LayerContent;

/** A symlink in a tar. */
export function symlink(path: string, link: string): TarMember {
  return { path, type: "symlink", link };
}

/** A hard link in a tar. */
export function hardlink(path: string, link: string): TarMember {
  return { path, type: "hardlink", link };
}

/** A file of an artifact that has one layer a file, as ORAS pushes it. */
export function titled(title: string, bytes: string | Buffer = "dead"): LayerContent {
  return { bytes, title, mediaType: "application/vnd.example.file.v1" };
}

/** A directory as ORAS packs one. */
export function titledDirectory(title: string, members: readonly TarMember[]): LayerContent {
  return { bytes: gzip(tar(members)), title, unpack: true, mediaType: MEDIA_TYPES.tarGzip };
}

/** The layers as an artifact; what is a tar is compressed. */
export function artifactOf(layers: readonly Layer[]): ArtifactContent {
  return {
    layers: layers.map((layer) => {
      if ("mediaType" in layer) return layer;
      const bytes = Buffer.isBuffer(layer) ? layer : gzip(tar(layer));
      return { bytes, mediaType: MEDIA_TYPES.tarGzip };
    }),
  };
}

/**
 * Pulls an artifact, or with the configuration of one an image, of these layers. One manifest and each blob is asked
 * for once, and no more.
 */
export async function pullArtifact(
  t: TestContext,
  layers: readonly Layer[],
  options: PullOptions = {},
  config?: ArtifactContent["config"],
): Promise<PullResult> {
  const registry = await registryFor(t);
  const sandbox = openSandbox(t, registry);
  const content = { ...artifactOf(layers), ...(config === undefined ? {} : { config }) };
  const { blobs } = publishKnown(registry, content);
  const result = await sandbox.pull({ ...options, mostRequests: blobs.size });
  // A blob less than there are: nobody asks for the configuration, which is empty.
  const [manifest, ...rest] = trafficOf(registry, ({ kind, status }) => `${kind} ${status ?? "-"}`);
  assert.equal(manifest, "manifest 200");
  for (const line of rest) assert.match(line, /^blob 200( x\d+)?$/);
  return result;
}

/** Cases of artifacts that must be refused. */
export type RefusedCases = Readonly<
  Record<string, readonly [code: ErrorCode, words: RegExp, ...layers: Layer[]]>
>;

/** One test a case: the pull fails with the code, in such words. */
export function refuses(
  cases: RefusedCases,
  options: PullOptions = {},
  config?: ArtifactContent["config"],
): void {
  for (const [name, [code, words, ...layers]] of Object.entries(cases)) {
    test(`${name} is refused`, async (t) => {
      assertFailed(await pullArtifact(t, layers, options, config), code, words);
    });
  }
}

/** Cases of artifacts that must become exactly a tree: path → content, " -> target" of symlinks. */
export type KeptCases = Readonly<
  Record<string, readonly [tree: Readonly<Record<string, string>>, ...layers: Layer[]]>
>;

/** One test a case: the pull comes to exactly this tree. */
export function keeps(cases: KeptCases, options: PullOptions = {}): void {
  for (const [name, [tree, ...layers]] of Object.entries(cases)) {
    test(`${name} becomes its tree`, async (t) => {
      assertPulled(await pullArtifact(t, layers, options), tree);
    });
  }
}
