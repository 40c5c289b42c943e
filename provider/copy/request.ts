/**
 * What can be asked of a copy, and what comes of one. Types only.
 */
import type { Origin } from "../registry/writer";
import type { SignedPlace } from "../signature-source";
import type { Endpoint, Reference } from "../types";

export interface CopyRequest {
  /** What is copied, and who is asked for it: mirrors among them. */
  readonly source: SignedPlace;
  /** Where it goes: a repository, or an image layout. Its tag is the one that is set. */
  readonly reference: Reference;
  /** How that is reached: the registry itself, or the endpoint of the layout. */
  readonly target: { readonly origin: Origin } | { readonly layout: Endpoint };
  /** Whether what refers to it goes along. */
  readonly withReferrers: boolean;
  /** A tag that names other content is an error, and is left alone. */
  readonly immutableTags: boolean;
  /** Milliseconds for all of it. Default: no bound. */
  readonly totalTimeout?: number | undefined;
}

/** What was not there before. */
export interface Arrived {
  /** Digests of the blobs that were sent or written. */
  readonly uploaded: readonly string[];
  /** Those that the registry took from another repository of its own. */
  readonly mounted: readonly string[];
  /** Tags that were set: those that named the right thing already are left out. */
  readonly tagged: readonly string[];
}

export interface Copied extends Arrived {
  readonly digest: string;
  readonly mediaType: string;
  /** `registry/repository@digest`, of the copy. */
  readonly pinned: string;
  /** The tag that names the copy; absent where it has none. */
  readonly tag?: string;
  /** Manifests and indexes of the artifact itself. */
  readonly manifests: number;
  /** Signatures, SBOMs and whatever else belongs to it. */
  readonly referrers: number;
  /** All blobs of all of it, and the bytes of those that were sent or written. */
  readonly blobs: number;
  readonly sentBytes: number;
}
