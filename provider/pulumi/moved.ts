/**
 * The line on a resource's row when another digest comes: which, and which files. Pure.
 */
import { inOneLine } from "../redact";
import { formatReference } from "../reference/format";
import type { Reference, TreeEntry } from "../types";
import { changedFiles, filesOf } from "./outputs";

/** So many names are read with profit; the rest is a number. */
const SHOWN_FILES = 20;

/** Hex digits of a digest that tell two of them apart on a line. */
const SHOWN_DIGITS = 12;

/** A digest, and the tag that a range has chosen, where that is on record. */
interface Named {
  readonly digest: string;
  readonly tag: string | undefined;
}

export interface Move {
  /** As it is now. */
  readonly reference: Reference;
  /** Whether the same was asked for before: then a tag has moved, or a range chooses another. */
  readonly isSameReference: boolean;
  readonly before: Named;
  readonly after: Named;
  /** Entries of the old tree where it is still here, else the old output `files`, if any. */
  readonly oldFiles: unknown;
  /** Undefined where the new content has not been pulled. */
  readonly newFiles: readonly TreeEntry[] | undefined;
}

/**
 * "ghcr.io/team/app:1 moved: sha256:4bf0… => sha256:9a7c…; files: ~ ./main.tf, + ./new.tf"; of a range
 * "ghcr.io/team/app moved: 1.2.3 => 1.3.0, sha256:4bf0… => …".
 */
export function movedMessage(move: Move): string {
  const head = headOf(move);
  const before = filesBefore(move.oldFiles);
  if (before === undefined || move.newFiles === undefined) return head;
  const changes = changedFiles(before, filesOf(move.newFiles));
  if (changes.length === 0) return `${head}; no file differs`;
  const rest = changes.length - SHOWN_FILES;
  const names = changes.slice(0, SHOWN_FILES).map(inOneLine).join(", ");
  return `${head}; files: ${names}${rest > 0 ? `, and ${rest} more` : ""}`;
}

function headOf({ reference, isSameReference, before, after }: Move): string {
  const digests = `${short(before.digest)} => ${short(after.digest)}`;
  const isOther = before.tag !== undefined && after.tag !== undefined && before.tag !== after.tag;
  if (isSameReference && isOther) {
    const { registry, repository } = reference;
    const subject = formatReference({ registry, repository });
    return `${subject} moved: ${before.tag} => ${after.tag}, ${digests}`;
  }
  const verb = isSameReference ? "moved" : "is another digest";
  return `${formatReference(reference)} ${verb}: ${digests}`;
}

/** The whole digests stand in the diff below the row. */
function short(digest: string): string {
  return digest.slice(0, digest.indexOf(":") + 1 + SHOWN_DIGITS);
}

function filesBefore(value: unknown): Readonly<Record<string, string>> | undefined {
  if (Array.isArray(value)) return filesOf(value as readonly TreeEntry[]);
  if (typeof value !== "object" || value === null) return undefined;
  return value as Readonly<Record<string, string>>;
}
