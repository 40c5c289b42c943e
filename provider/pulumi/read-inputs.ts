/**
 * From values as they arrive to inputs and a reference that hold together, or to the list of all
 * that is wrong with them. Pure.
 */
import { digestProblem } from "../digest";
import { OciError } from "../errors";
import type { Locked } from "../lock/judge";
import { parseReference } from "../reference/parse";
import { platformProblem } from "../reference/platform";
import type { Reference } from "../types";
import {
  parseWantedVersion,
  type VersionProblem,
  type WantedVersion,
} from "../versions/wanted-version";
import { checkInputs } from "./check-inputs";
import { failure } from "./input-rules";
import type { CheckedInputs } from "./inputs";
import { wrongInputs } from "./wrong-inputs";

export interface ReadInputs {
  readonly inputs: CheckedInputs;
  readonly reference: Reference;
  /** The range that chooses the tag. */
  readonly version?: WantedVersion;
  /** What the lock file says: then the reference has its digest. */
  readonly locked?: Locked;
}

export interface WrongInputs {
  readonly failures: readonly string[];
  /** Where the reference alone is wrong. */
  readonly error?: OciError;
}

/** Values without unknowns; the failures name inputs and never show values that may be secret. */
export function readInputs(values: Readonly<Record<string, unknown>>): ReadInputs | WrongInputs {
  const checked = checkInputs(values);
  if (!checked.ok) return { failures: checked.failures };
  const { inputs } = checked;
  try {
    const reference = parseReference(inputs.reference);
    const wanted = parseWantedVersion(inputs);
    const failures = [
      pinProblem(inputs.digest, inputs.referrer === undefined ? reference.digest : undefined),
      wrongPlatform(inputs.platform),
      ...(wanted?.ok === false ? wanted.problems.map(wrongVersion) : []),
      inputs.semver === undefined ? undefined : rangeProblem(reference),
    ].filter((problem) => problem !== undefined);
    if (failures.length > 0) return { failures };
    return { inputs, reference, ...(wanted?.ok === true ? { version: wanted.wanted } : {}) };
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return { failures: [error.message], error };
  }
}

/**
 * The same where what is wrong is an error.
 * @throws OciError INVALID_INPUT with a line for each input that is wrong, INVALID_REFERENCE.
 */
export function validInputs(values: Readonly<Record<string, unknown>>): ReadInputs {
  const read = readInputs(values);
  if (!("failures" in read)) return read;
  if (read.error !== undefined) throw read.error;
  throw wrongInputs("pull", read.failures);
}

/** Whether content follows a tag, or what refers to it: neither the reference nor `digest` pins it. */
export function followsTag(read: ReadInputs): boolean {
  return namedDigest(read) === undefined;
}

/**
 * The digest that `digest`, a lock file or the reference pins the content to. With `referrer`, the reference's is that
 * of the artifact, and what refers to it may come and go.
 */
export function namedDigest({ inputs, reference, locked }: ReadInputs): string | undefined {
  const named = inputs.referrer === undefined ? reference.digest : undefined;
  return inputs.digest ?? locked?.digest ?? named;
}

function pinProblem(pin: string | undefined, named: string | undefined): string | undefined {
  if (pin === undefined) return undefined;
  const problem = digestProblem(pin);
  if (problem !== undefined) return `cannot use input "digest": it is not one\nhint: ${problem}`;
  if (named === undefined || named === pin) return undefined;
  return `cannot use input "digest": it is ${pin}, and the reference names ${named}\nhint: remove one of them`;
}

/** A range chooses the tag, so there is none to be named; undefined where there is not. */
export function rangeProblem({ tag, digest }: Reference): string | undefined {
  const named = tag ?? digest;
  if (named === undefined) return undefined;
  const what = tag === undefined ? "the digest" : "the tag";
  const hint =
    tag === undefined
      ? "take the digest out of the reference, and to pin it, give it as digest; or leave out semver"
      : "take the tag out of the reference, or leave out semver";
  return failure("semver", `it chooses a tag, and the reference names ${what} ${named}`, hint);
}

function wrongVersion({ name, fact, hint }: VersionProblem): string {
  return failure(name, fact, hint);
}

function wrongPlatform(platform: string | undefined): string | undefined {
  const problem = platform === undefined ? undefined : platformProblem(platform);
  return problem && `cannot use input "platform": it is not one\nhint: ${problem}`;
}
