/**
 * The entries of referrers lists as descriptors, each once. It believes nothing of what they say: that is
 * for whoever takes one. Pure.
 */
import { parseManifest } from "./content/manifest";
import { OciError } from "./errors";
import { limitExceeded, type Limits } from "./limits";
import type { ReferrersPage } from "./registry/referrers";
import type { Descriptor } from "./types";

/**
 * What the pages list, in their order.
 *
 * @param subject - What errors call the artifact.
 * @throws OciError REGISTRY for a page that is no index, LIMIT_EXCEEDED beyond `limits.entries`.
 */
export function referrerEntries(
  pages: readonly ReferrersPage[],
  subject: string,
  limits: Limits,
): readonly Descriptor[] {
  const entries = new Map<string, Descriptor>();
  for (const { bytes, mediaType } of pages) {
    for (const entry of manifestsOf(bytes, mediaType, subject, limits)) {
      if (!entries.has(entry.digest)) entries.set(entry.digest, entry);
    }
    if (entries.size > limits.entries) throw limitExceeded(limits, "entries", { verb, subject });
  }
  return Object.freeze([...entries.values()]);
}

const verb = "list the referrers of";

function manifestsOf(
  bytes: Buffer,
  mediaType: string | undefined,
  subject: string,
  limits: Limits,
): readonly Descriptor[] {
  try {
    const index = parseManifest(bytes, mediaType, subject, limits);
    if (index.kind === "index") return index.manifests;
    throw noIndex(subject, "it is a manifest");
  } catch (error) {
    if (!(error instanceof OciError) || error.code !== "UNSUPPORTED_MANIFEST") throw error;
    throw noIndex(subject, error.fact);
  }
}

function noIndex(subject: string, reason: string): OciError {
  return new OciError({
    code: "REGISTRY",
    verb,
    subject,
    fact: `the list is no index: ${reason}`,
    hint: "tell the people who run the registry, or name another one",
  });
}
