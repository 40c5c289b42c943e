/**
 * From values as they arrive to inputs and a reference that hold together, or to the list of all
 * that is wrong with them. Pure.
 */
import { digestProblem } from "../digest";
import { OciError } from "../errors";
import { parseReference } from "../reference/parse";
import { platformProblem } from "../reference/platform";
import type { Reference } from "../types";
import { checkInputs } from "./check-inputs";
import type { CheckedInputs } from "./inputs";

export interface ReadInputs {
  readonly inputs: CheckedInputs;
  readonly reference: Reference;
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
    const problem = pinProblem(inputs.digest, reference.digest) ?? wrongPlatform(inputs.platform);
    return problem === undefined ? { inputs, reference } : { failures: [problem] };
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return { failures: [error.message], error };
  }
}

/** Whether content follows a tag: neither the reference nor `digest` pins it. */
export function followsTag({ inputs, reference }: ReadInputs): boolean {
  return inputs.digest === undefined && reference.digest === undefined;
}

function pinProblem(pin: string | undefined, named: string | undefined): string | undefined {
  if (pin === undefined) return undefined;
  const problem = digestProblem(pin);
  if (problem !== undefined) return `cannot use input "digest": it is not one\nhint: ${problem}`;
  if (named === undefined || named === pin) return undefined;
  return `cannot use input "digest": it is ${pin}, and the reference names ${named}\nhint: remove one of them`;
}

function wrongPlatform(platform: string | undefined): string | undefined {
  const problem = platform === undefined ? undefined : platformProblem(platform);
  return problem && `cannot use input "platform": it is not one\nhint: ${problem}`;
}
