/**
 * Packs a directory as an artifact of a kind that has one content: as zip, as tar+gzip, or as both.
 */
import { ZIP_TYPE } from "../content/recognize";
import { contentDigest } from "../content-digest";
import { artifactOf, spooledBlob, type PackedArtifact } from "./artifact";
import { packTar } from "./pack-tar";
import { packZip } from "./pack-zip";
import type { PackOptions } from "./packed-tree";
import { changedMeanwhile } from "./problems";
import type { TreeRequest } from "./request";
import { linkWarnings, TREE_SHAPES } from "./tree-shapes";

/** @throws OciError INVALID_INPUT where a file is not what it was when it was listed; STORE, CANCELLED */
export async function packTree(
  request: TreeRequest,
  options: PackOptions,
): Promise<PackedArtifact> {
  const { kind, source, annotations = {}, subject } = request;
  const { artifactType, hasZip, tarType, config, withLinks } = TREE_SHAPES[kind];
  const zip = hasZip ? await packZip(source, options) : undefined;
  const tar = tarType === undefined ? undefined : await packTar(source, options);
  const [digest = "", other = digest] = [zip, tar].flatMap((packed) =>
    packed === undefined ? [] : [contentDigest(packed.entries)],
  );
  // Each has read the files for itself.
  if (digest !== other) throw changedMeanwhile(source.directory);
  const entries = (zip ?? tar)?.entries ?? [];
  return artifactOf({
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(config === undefined || tar === undefined ? {} : { config: config(tar.tarDigest) }),
    layers: [
      ...(zip === undefined ? [] : [spooledBlob(zip.blob, ZIP_TYPE)]),
      ...(tar === undefined ? [] : [spooledBlob(tar.blob, tarType ?? "")]),
    ],
    annotations,
    ...(subject === undefined ? {} : { subject }),
    contentDigest: digest,
    entries,
    warnings: linkWarnings(entries, withLinks),
  });
}
