/**
 * From the values of a push as they arrive to inputs and a reference that hold together, or to the list
 * of all that is wrong with them. A failure names the input and never its value. Pure.
 */
import { OciError } from "../../errors";
import { parseReference } from "../../reference/parse";
import type { Reference } from "../../types";
import { checkRows, presentOf } from "../check-inputs";
import { wrongInputs } from "../wrong-inputs";
import { PUSH_ROWS, type PushInputs } from "./push-inputs";
import { isArtifactSource, pushRuleFailures } from "./push-rules";

export interface ReadPushInputs {
  readonly inputs: PushInputs;
  /** Where it goes. */
  readonly reference: Reference;
  /** Where it comes from, if it is an artifact already. */
  readonly from?: Reference;
}

export interface WrongPushInputs {
  readonly failures: readonly string[];
}

/** Values without unknowns. */
export function readPushInputs(
  values: Readonly<Record<string, unknown>>,
): ReadPushInputs | WrongPushInputs {
  const failures = [...checkRows(values, PUSH_ROWS), ...pushRuleFailures(values)];
  const [reference, from] = [values["reference"], values["source"]].map((text) =>
    typeof text === "string" && text !== "" ? text : undefined,
  );
  const target = reference === undefined ? undefined : readReference(reference);
  const source = from === undefined || !isArtifactSource(from) ? undefined : readReference(from);
  for (const read of [target, source]) if (typeof read === "string") failures.push(read);
  if (failures.length > 0 || typeof target !== "object") return { failures };
  const inputs = presentOf(values) as unknown as PushInputs;
  return { inputs, reference: target, ...(typeof source === "object" ? { from: source } : {}) };
}

/**
 * The same where what is wrong is an error.
 * @throws OciError INVALID_INPUT with a line for each input that is wrong.
 */
export function validPushInputs(values: Readonly<Record<string, unknown>>): ReadPushInputs {
  const read = readPushInputs(values);
  if (!("failures" in read)) return read;
  throw wrongInputs("push", read.failures);
}

/** The reference, or why it is none. */
function readReference(text: string): Reference | string {
  try {
    return parseReference(text);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return error.message;
  }
}
