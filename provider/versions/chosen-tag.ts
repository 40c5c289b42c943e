/**
 * What a range has come to: a tag, and the version in it. Read back from where it was written down, as
 * data of which nothing is believed. Pure.
 */
import { tagProblem } from "../reference/grammar";

export interface ChosenTag {
  /** As the registry has it. */
  readonly tag: string;
  /** The version as the tag writes it; absent where the tag is called like a range: "1.x". */
  readonly version?: string;
}

/** The chosen tag that a value of a record or of a state is; undefined where it is none. */
export function readChosenTag(value: unknown): ChosenTag | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { tag, version } = value as Readonly<Record<string, unknown>>;
  if (typeof tag !== "string" || tagProblem(tag) !== undefined) return undefined;
  return Object.freeze({ tag, ...(typeof version === "string" ? { version } : {}) });
}
