/**
 * The line on a resource's row when another digest comes: which, and which files. Pure.
 */
import type { TreeEntry } from "../types";
import { changedFiles, filesOf } from "./outputs";

/** So many names are read with profit; the rest is a number. */
const SHOWN_FILES = 20;

/** Hex digits of a digest that tell two of them apart on a line. */
const SHOWN_DIGITS = 12;

export interface Move {
  /** The reference as it is now. */
  readonly subject: string;
  /** Whether the same reference was recorded before: then its tag has moved. */
  readonly isSameReference: boolean;
  readonly before: string;
  readonly after: string;
  /** Entries of the old tree where it is still here, else the old output `files`, if any. */
  readonly oldFiles: unknown;
  /** Undefined where the new content has not been pulled. */
  readonly newFiles: readonly TreeEntry[] | undefined;
}

/** "ghcr.io/team/app:1 moved: sha256:4bf0… => sha256:9a7c…; files: ~ ./main.tf, + ./new.tf". */
export function movedMessage(move: Move): string {
  const verb = move.isSameReference ? "moved" : "is another digest";
  const head = `${move.subject} ${verb}: ${short(move.before)} => ${short(move.after)}`;
  const before = filesBefore(move.oldFiles);
  if (before === undefined || move.newFiles === undefined) return head;
  const changes = changedFiles(before, filesOf(move.newFiles));
  if (changes.length === 0) return `${head}; no file differs`;
  const rest = changes.length - SHOWN_FILES;
  const names = changes.slice(0, SHOWN_FILES).join(", ");
  return `${head}; files: ${names}${rest > 0 ? `, and ${rest} more` : ""}`;
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
