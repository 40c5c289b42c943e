/**
 * The shapes of artifacts whose content is one directory, as the tools that consume them ask for it.
 * It names types and writes configs; it packs nothing.
 */
import { MODULE_TYPE } from "../content/recognize";
import type { TreeEntry } from "../types";
import { blobOf, type PackedBlob } from "./artifact";
import { jsonBytes } from "./canonical";
import type { TreeKind } from "./request";

export const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip";

/** What ORAS says where nobody says anything. */
export const UNKNOWN_TYPE = "application/vnd.unknown.artifact.v1";

/** https://github.com/fluxcd/pkg/blob/oci/v0.48.0/oci/constants.go */
const FLUX_CONFIG_TYPE = "application/vnd.cncf.flux.config.v1+json";
const FLUX_LAYER_TYPE = "application/vnd.cncf.flux.content.v1.tar+gzip";

/** https://argo-cd.readthedocs.io/en/stable/proposals/native-oci-support/ */
const ARGO_CONFIG_TYPE = "application/vnd.cncf.argoproj.argocd.config.v1+json";

/** Go's zero time, which Flux's library writes for none. */
const NO_TIME = "0001-01-01T00:00:00Z";

/** What an artifact of a kind is made of. */
export interface TreeShape {
  /** Absent where the config says what it is. */
  readonly artifactType?: string;
  /** Whether it holds a zip. */
  readonly hasZip: boolean;
  /** Media type of its tar+gzip; absent without one. */
  readonly tarType?: string;
  /** Made of the digest of the tar, before it was compressed. Absent: the empty config. */
  readonly config?: (tarDigest: string) => PackedBlob;
  /** What becomes of symlinks where its tool unpacks it; absent where they are kept. */
  readonly withLinks?: string;
}

const ZIP_LINKS = "OpenTofu writes each symlink as a file that holds the link's target";

export const TREE_SHAPES: Readonly<Record<TreeKind, TreeShape>> = {
  "opentofu-module": { artifactType: MODULE_TYPE, hasZip: true, withLinks: ZIP_LINKS },
  // OpenTofu passes over layers that are no zip, and Argo CD over those that are no tar.
  "opentofu-argocd": {
    artifactType: MODULE_TYPE,
    hasZip: true,
    tarType: LAYER_TYPE,
    withLinks: ZIP_LINKS,
  },
  // The type of the config is that of the artifact.
  flux: {
    hasZip: false,
    tarType: FLUX_LAYER_TYPE,
    config: (tarDigest) => configOf(tarDigest, FLUX_CONFIG_TYPE),
    withLinks: "Flux leaves symlinks out",
  },
  // Argo CD asks for nothing but the layer; its config tells others whose it is.
  argocd: {
    hasZip: false,
    tarType: LAYER_TYPE,
    config: (tarDigest) => configOf(tarDigest, ARGO_CONFIG_TYPE),
  },
};

/** The config of an image that names the tar, as Flux's library writes it. */
function configOf(tarDigest: string, mediaType: string): PackedBlob {
  const bytes = jsonBytes({
    architecture: "",
    created: NO_TIME,
    history: [{ created: NO_TIME }],
    os: "",
    rootfs: { type: "layers", diff_ids: [tarDigest] },
    config: {},
  });
  return blobOf(bytes, mediaType);
}

/** What a tool does with links that the tree has, in one sentence that names some; none without. */
export function linkWarnings(
  entries: readonly TreeEntry[],
  withLinks: string | undefined,
): readonly string[] {
  const links = entries.flatMap(({ path, type }) => (type === "symlink" ? [path] : []));
  if (links.length === 0 || withLinks === undefined) return [];
  const shown = links.slice(0, 5).map((path) => JSON.stringify(path));
  const more = links.length - shown.length;
  return [`${withLinks}: ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`];
}
