/**
 * The manifest that a new artifact refers to, as its descriptor has to name it. It may be one that is
 * only about to be pushed.
 */
import { parseManifest } from "../content/manifest";
import type { Context } from "../context";
import { isDigest } from "../digest";
import { formatReference, pinnedReference } from "../reference/format";
import type { RegistryClient } from "../registry/client";
import type { Descriptor } from "../types";
import type { PublishRequest } from "./request";

/**
 * The descriptor of the subject; undefined where none is wanted.
 *
 * @param planned - Manifests that are about to be pushed, by their pinned names
 * @throws OciError NOT_FOUND, UNSUPPORTED_MANIFEST and all of transport
 */
export async function subjectOf(
  { endpoint, reference, subject }: PublishRequest,
  planned: ReadonlyMap<string, Descriptor> = new Map(),
  { client }: { readonly client: Pick<RegistryClient, "getManifest"> },
  context: Context,
): Promise<Descriptor | undefined> {
  if (subject === undefined) return undefined;
  if (isDigest(subject)) {
    const known = planned.get(pinnedReference(reference, subject));
    if (known !== undefined) return bare(known);
  }
  if (endpoint.unusable !== undefined) throw endpoint.unusable;
  const found = await client.getManifest(endpoint, subject, context);
  const { registry, repository } = reference;
  const named = isDigest(subject) ? { digest: subject } : { tag: subject };
  const name = formatReference({ registry, repository, ...named });
  const { mediaType } = parseManifest(found.bytes, found.mediaType, name, context.limits);
  return bare({ mediaType, digest: found.digest, size: found.bytes.length });
}

/** Alike wherever it is known from: the new manifest is made of it. */
function bare({
  mediaType,
  digest,
  size,
}: Pick<Descriptor, "mediaType" | "digest" | "size">): Descriptor {
  return { mediaType, digest, size, annotations: {} };
}
