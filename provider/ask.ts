/**
 * Asks endpoints in order until one answers. A failed endpoint is a line in the detail of the
 * error, and an error only when none answered; the origin's error leads.
 */
import { asOciError, OciError } from "./errors";
import type { Endpoint } from "./types";

export interface Answer<T> {
  readonly value: T;
  readonly endpoint: Endpoint;
}

/** The first answer. `endpoints` holds at least one. */
export async function askInOrder<T>(
  endpoints: readonly Endpoint[],
  subject: string,
  question: (endpoint: Endpoint) => Promise<T>,
): Promise<Answer<T>> {
  const failures: OciError[] = [];
  for (const endpoint of endpoints) {
    try {
      return { value: await question(endpoint), endpoint };
    } catch (error) {
      const failure = asOciError(error, "ask for", subject);
      if (failure.code === "CANCELLED") throw failure;
      failures.push(failure);
    }
  }
  const last = failures.at(-1);
  if (last === undefined) {
    throw new OciError({
      code: "CONFIG",
      verb: "pull",
      subject,
      fact: "there is no endpoint to ask",
    });
  }
  if (failures.length === 1) throw last;
  throw new OciError({
    code: last.code,
    verb: "pull",
    subject,
    fact: last.fact,
    details: failures.flatMap((failure) => failure.details),
    hint: last.hint,
    status: last.status,
    cause: last,
  });
}
