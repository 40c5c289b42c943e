/**
 * Packs builds of an OpenTofu provider as the index that its mirrors are made of: one manifest for each
 * platform, with the zip as it is, so that its digest stays the one that lock files know.
 *
 * Shape: https://opentofu.org/docs/cli/oci_registries/provider-mirror/
 */
import { open } from "node:fs/promises";
import { TARGET_TYPE, ZIP_TYPE } from "../content/recognize";
import { formatPlatform } from "../reference/platform";
import { containerOf } from "../unpack/containers";
import { artifactOf, indexOf, spooledBlob, type PackedArtifact } from "./artifact";
import { unpackable } from "./problems";
import type { PackContext, ProviderBuild, ProviderRequest } from "./request";
import { spoolFile } from "./spool-file";

const PROVIDER_TYPE = "application/vnd.opentofu.provider";

/**
 * The builds in the order of their platforms' names.
 *
 * @throws OciError INVALID_INPUT for no builds, two of one platform, and what is no zip; LIMIT_EXCEEDED,
 * STORE, CANCELLED
 */
export async function packProvider(
  { builds, annotations = {}, subject }: ProviderRequest,
  context: PackContext,
): Promise<PackedArtifact> {
  const subjectOfErrors = "an OpenTofu provider";
  if (builds.length === 0) {
    throw unpackable(subjectOfErrors, "there are no builds", "give the zip of each platform");
  }
  const byName = new Map(builds.map((build) => [formatPlatform(build.platform), build]));
  if (byName.size < builds.length) {
    const hint = "give one zip for each platform";
    throw unpackable(subjectOfErrors, "two builds are for the same platform", hint);
  }
  const children = [];
  for (const name of [...byName.keys()].sort()) {
    const build = byName.get(name);
    if (build === undefined) continue;
    children.push({ platform: build.platform, artifact: await packBuild(build, context) });
  }
  const parts = { artifactType: PROVIDER_TYPE, annotations, ...(subject && { subject }) };
  return indexOf(children, parts);
}

async function packBuild(
  { archive }: ProviderBuild,
  context: PackContext,
): Promise<PackedArtifact> {
  const blob = await spoolFile(archive, context.staging, context);
  if (!(await isZip(blob.path))) {
    throw unpackable(archive, "it is no zip archive", "give the zip of the provider's release");
  }
  const layers = [spooledBlob(blob, ZIP_TYPE)];
  return artifactOf({ artifactType: TARGET_TYPE, layers, annotations: {} });
}

async function isZip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return containerOf(buffer.subarray(0, bytesRead)) === "zip";
  } finally {
    await file.close();
  }
}
