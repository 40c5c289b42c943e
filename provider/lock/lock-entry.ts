/**
 * One entry of a lock file, and the one form in which the inputs of two of them are compared. Pure.
 */
import type { JsonObject } from "../content/json";

/** Digest of a content, and of what it was made. */
export interface LockedContent {
  /** The digest whose content it is; another one than the entry's where only that was changed since. */
  readonly of: string;
  /** As the output `contentDigest`. */
  readonly digest: string;
}

/** One artifact. */
export interface LockEntry {
  /** As the user wrote it. */
  readonly reference: string;
  /** The tag that a range of versions has chosen; absent without a range. */
  readonly tag?: string;
  readonly digest: string;
  readonly content?: LockedContent;
  /** Inputs that say what is taken of it, by name: for the caller to judge. */
  readonly inputs: JsonObject;
  /** Folder for `oci-artifact vendor`, relative to the lock file's, with "/". */
  readonly destination?: string;
}

/** Inputs that belong to the reference, and stand beside it. */
export const RANGE_NAMES = ["semver", "tagPrefix", "semverFilter", "prereleases"] as const;

/** The value with the keys of its objects in order. Lists stay as they are. */
export function inSortedForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSortedForm);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => inOrder(a, b)).map(([key, item]) => [key, inSortedForm(item)]),
  );
}

/** For sorting: by code units, which no locale changes. */
export function inOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
