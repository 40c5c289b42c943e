/**
 * Layers that speak about the content beside them: signatures, attestations, bills of materials, the
 * provenance of a chart. A table of media types; whether one is left aside is for kind-rules.ts. Pure.
 */
import type { Descriptor } from "../types";
import { bareMediaType } from "./media-types";

const SIDE_TYPES: readonly RegExp[] = [
  // Attestations and their envelopes.
  /^application\/vnd\.in-toto(\.|\+|$)/,
  /^application\/vnd\.dsse\.envelope\./,
  // Signatures: cosign, Sigstore bundles, Notary.
  /^application\/vnd\.dev\.(cosign|sigstore)\./,
  /^application\/vnd\.cncf\.notary\./,
  /^application\/(cose|jose\+json)$/,
  // Bills of materials: SPDX, CycloneDX, Syft.
  /^(application|text)\/spdx(\+|$)/,
  /^application\/vnd\.(cyclonedx|syft)(\.|\+|$)/,
  // What helm verify reads.
  /^application\/vnd\.cncf\.helm\.chart\.provenance\./,
];

/** Whether the layer is about content, by its media type. */
export function isSideLayer({ mediaType }: Descriptor): boolean {
  const bare = bareMediaType(mediaType);
  return SIDE_TYPES.some((pattern) => pattern.test(bare));
}
