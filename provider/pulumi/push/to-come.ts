/**
 * What a preview cannot read yet, because a resource of the same program is about to push it. Decides by
 * names alone.
 */
import { OciError } from "../../errors";
import { effectiveTag, formatReference } from "../../reference/format";
import type { Reference } from "../../types";
import type { Host } from "../lifecycle";

/** The answers of registries about what is not there; some tell nobody but pushers that it is not. */
const MISSING: ReadonlySet<string> = new Set(["NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN"]);

/** Whether it is missing only because its push is yet to come. */
export function isToCome(
  error: unknown,
  reference: Reference,
  { planned }: Pick<Host, "planned">,
): boolean {
  if (!(error instanceof OciError) || !MISSING.has(error.code)) return false;
  return planned?.has(nameToCome(reference)) === true;
}

/** What a planned push is kept by: the digest where the reference names one, else the tag. */
export function nameToCome(reference: Reference): string {
  const { registry, repository, digest } = reference;
  if (digest !== undefined) return formatReference({ registry, repository, digest });
  const tag = effectiveTag(reference);
  return formatReference({ registry, repository, ...(tag === undefined ? {} : { tag }) });
}
