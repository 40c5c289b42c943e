/**
 * The hidden input by which the class tells the provider what it cannot know: whether this is a
 * preview, the resource's URN, the program's directory, and what was resolved ahead. It is taken
 * out first thing in check, so it is never stored and never a diff.
 */
import { createHash, randomBytes } from "node:crypto";
import type { OciErrorFacts } from "../errors";
import type { ChosenTag } from "../versions/chosen-tag";

/** Name of the hidden input; the engine does not show names that begin like this. */
export const RUN_KEY = "__run";

export interface RunOptions {
  readonly preview: boolean;
  readonly urn: string;
  /** The program's directory, where the trees lie; absolute. */
  readonly directory: string;
  /** Something else is awaited first: what was seen before it is no confirmation. */
  readonly dependsOn: boolean;
  /** What the program resolved for these very inputs, early and for all resources at once. */
  readonly ahead?: Ahead;
}

/** What came of asking early, and the inputs that it was asked for. */
export interface Ahead {
  readonly fingerprint: string;
  readonly digest?: string;
  /** What a range has come to with it. */
  readonly chosen?: ChosenTag;
  /** What the tag of a `tag@digest` points to. */
  readonly tagDigest?: string;
  /** What the tag points to was judged, and what there is to say of it stands on the row. */
  readonly isJudged?: boolean;
  /** Who has served, in the words for the row. */
  readonly served?: string;
  /** The registry is out of reach; nobody need wait for that again. */
  readonly outage?: OciErrorFacts;
}

/** The hidden input as it arrived; undefined where it is missing (another caller) or unknown. */
export function parseRunOptions(value: unknown): RunOptions | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { preview, urn, directory, dependsOn, ahead } = value as Partial<RunOptions>;
  if (typeof preview !== "boolean" || typeof urn !== "string") return undefined;
  if (typeof directory !== "string") return undefined;
  return {
    preview,
    urn,
    directory,
    dependsOn: dependsOn === true,
    ...(isAhead(ahead) ? { ahead } : {}),
  };
}

function isAhead(value: unknown): value is Ahead {
  if (typeof value !== "object" || value === null) return false;
  const { fingerprint, digest, outage } = value as Partial<Ahead>;
  if (typeof fingerprint !== "string") return false;
  return typeof digest === "string" || isRecord(outage);
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/**
 * A salted hash of all inputs. Whoever gets other inputs (a transform rewrote them) gets another
 * hash, and asks for itself.
 */
export function fingerprintOf(
  inputs: Readonly<Record<string, unknown>>,
  salt = randomBytes(8).toString("hex"),
): string {
  const text = JSON.stringify(sorted(inputs));
  return `${salt}:${createHash("sha256").update(salt).update(text).digest("hex")}`;
}

/** Whether the fingerprint was made of these inputs. */
export function isFingerprintOf(
  fingerprint: string,
  inputs: Readonly<Record<string, unknown>>,
): boolean {
  return fingerprintOf(inputs, fingerprint.slice(0, fingerprint.indexOf(":"))) === fingerprint;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined && item !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
