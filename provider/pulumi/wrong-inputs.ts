/**
 * What is wrong with inputs by themselves, before anything is read or asked, as one error; and which
 * errors are of that kind. It judges no input.
 */
import { OciError } from "../errors";

const OF_INPUTS = new WeakSet<Error>();

/**
 * INVALID_INPUT with the lines of each failure.
 *
 * @param verb - What was to be done with the artifact: "pull", "push"
 */
export function wrongInputs(verb: string, failures: readonly string[]): OciError {
  const error = new OciError({
    code: "INVALID_INPUT",
    verb,
    subject: "the artifact",
    fact: failures.length === 1 ? "an input is wrong" : `${failures.length} inputs are wrong`,
    details: failures.flatMap((failure) => failure.split("\n")),
  });
  OF_INPUTS.add(error);
  return error;
}

/** Whether nothing but what was given is wrong: inputs, or how a reference is written. */
export function isOfInputs(error: unknown): boolean {
  if (!(error instanceof OciError)) return false;
  return OF_INPUTS.has(error) || error.code === "INVALID_REFERENCE";
}
