/**
 * Packs a directory as one layer of any type, whose content lies at the root wherever it is unpacked:
 * its title is ".", so that ORAS takes it as well. It reads no meaning into the type.
 */
import { contentDigest } from "../content-digest";
import { artifactOf, spooledBlob, type PackedArtifact } from "./artifact";
import { TAR_DIGEST, TITLE, UNPACK } from "./pack-files";
import { packTar } from "./pack-tar";
import type { PackOptions } from "./packed-tree";
import type { FolderRequest } from "./request";
import { LAYER_TYPE, UNKNOWN_TYPE } from "./tree-shapes";

/** @throws OciError INVALID_INPUT where a file is not what it was when it was listed; STORE, CANCELLED */
export async function packFolder(
  request: FolderRequest,
  options: PackOptions,
): Promise<PackedArtifact> {
  const { source, artifactType = UNKNOWN_TYPE, mediaType = LAYER_TYPE } = request;
  const { annotations = {}, subject } = request;
  const tar = await packTar(source, options);
  const own = { [TITLE]: ".", [UNPACK]: "true", [TAR_DIGEST]: tar.tarDigest };
  return artifactOf({
    artifactType,
    layers: [spooledBlob(tar.blob, mediaType, own)],
    annotations,
    ...(subject === undefined ? {} : { subject }),
    contentDigest: contentDigest(tar.entries),
    entries: tar.entries,
  });
}
