/**
 * The verbs of the distribution spec that change a repository, over the connections and with the
 * patience of the client that shares its way to ask. Each is asked of one registry, never of a mirror.
 *
 * Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push
 */
import type { Descriptor, Endpoint } from "../types";
import type { Asking } from "./asking";
import type { AskContext } from "./exchange";
import type { BlobArrival, BlobOptions } from "./push-blob";
import type { ManifestBytes, PutManifest } from "./push-manifest";
import type { ReferrerEntry } from "./push-referrer";
import type { BlobSource } from "./push-source";

/** The registry itself. What is written to a mirror, its origin never sees. */
export type Origin = Endpoint & { readonly role: "origin" };

export interface RegistryWriter {
  /** Whether the repository has the blob, as far as a HEAD tells. */
  headBlob(origin: Origin, descriptor: Descriptor, context: AskContext): Promise<boolean>;
  /**
   * Mounts or uploads the blob. Resumed where a connection breaks, begun anew where the registry has
   * lost the upload.
   * @throws OciError NOT_FOUND, FORBIDDEN, NO_ROOM, DIGEST_MISMATCH, STORE and all of transport.
   */
  pushBlob(
    origin: Origin,
    blob: BlobSource,
    context: AskContext,
    options?: BlobOptions,
  ): Promise<BlobArrival>;
  /**
   * The digest of what the repository has under a tag or a digest, or undefined.
   * @throws OciError as a pull does.
   */
  findDigest(origin: Origin, reference: string, context: AskContext): Promise<string | undefined>;
  /**
   * Puts the manifest under a tag or its digest, and says whether the registry lists it as a referrer.
   * @throws OciError TAG_EXISTS, UNSUPPORTED_MANIFEST, FORBIDDEN, DIGEST_MISMATCH and all of transport.
   */
  putManifest(
    origin: Origin,
    reference: string,
    manifest: ManifestBytes,
    context: AskContext,
  ): Promise<PutManifest>;
  /**
   * Adds the entry to the index under the fallback tag, where it is not yet.
   * @param subject - Digest of what is referred to.
   */
  listReferrer(
    origin: Origin,
    subject: string,
    entry: ReferrerEntry,
    context: AskContext,
  ): Promise<void>;
  /** Takes the referrer out of that index, where it is in it. The same otherwise. */
  unlistReferrer(
    origin: Origin,
    subject: string,
    referrer: string,
    context: AskContext,
  ): Promise<void>;
  /**
   * Deletes the manifest, and with it all its tags.
   * @returns Whether there was one.
   * @throws OciError FORBIDDEN where nothing is deleted there, and all of transport.
   */
  deleteManifest(origin: Origin, digest: string, context: AskContext): Promise<boolean>;
  /** Deletes the tag, and leaves the manifest. The same otherwise. */
  deleteTag(origin: Origin, tag: string, context: AskContext): Promise<boolean>;
}

/** The writer that asks that way. It ends with it. */
export function createRegistryWriter(asking: Pick<Asking, "ask" | "wait">): RegistryWriter {
  const remove: RegistryWriter["deleteTag"] = (origin, reference, context) =>
    manifests().deleteReference(asking, context, origin, reference);
  return Object.freeze({
    headBlob: (origin, descriptor, context) => blobs().hasBlob(asking, context, origin, descriptor),
    pushBlob: (origin, blob, context, options) =>
      blobs().pushBlob(asking, context, origin, blob, options),
    findDigest: (origin, reference, context) =>
      manifests().findDigest(asking, context, origin, reference),
    putManifest: (origin, reference, manifest, context) =>
      manifests().putManifest(asking, context, origin, reference, manifest),
    listReferrer: (origin, subject, entry, context) =>
      referrers().listReferrer(asking, context, origin, subject, entry),
    unlistReferrer: (origin, subject, referrer, context) =>
      referrers().unlistReferrer(asking, context, origin, subject, referrer),
    deleteManifest: remove,
    deleteTag: remove,
  } satisfies RegistryWriter);
}

// Loaded by who writes: each world has a writer, and most only pull.
/* eslint-disable @typescript-eslint/no-require-imports */
const blobs = (): typeof import("./push-blob") =>
  require("./push-blob") as typeof import("./push-blob");
const manifests = (): typeof import("./push-manifest") =>
  require("./push-manifest") as typeof import("./push-manifest");
const referrers = (): typeof import("./push-referrer") =>
  require("./push-referrer") as typeof import("./push-referrer");
/* eslint-enable @typescript-eslint/no-require-imports */
