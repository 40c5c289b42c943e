/**
 * A name without a registry may mean several references, by the search list of registries.conf. They
 * are tried in order; a name that means one thing costs nothing.
 */
import { errorFacts, OciError } from "./errors";
import type { Endpoint, Reference } from "./types";

/** A reference in full, and where it is asked for. */
export interface Meaning {
  readonly reference: Reference;
  /** In order; never empty. */
  readonly endpoints: readonly Endpoint[];
  /** Where its tag is asked for, where a digest is wanted. Default: `endpoints`. */
  readonly tagEndpoints?: readonly Endpoint[];
}

/** What may be meant, the first choice beside the others. */
export interface Meanings extends Meaning {
  readonly others?: readonly Meaning[];
}

/** The end of the user's patience is no reason to ask elsewhere. */
const ENDS = new Set(["CANCELLED", "TIMEOUT"]);

/**
 * What the work comes to with the first meaning that serves.
 *
 * @throws OciError of the last one, with a line for each that was tried before.
 */
export async function firstMeaning<R extends Meanings, T>(
  request: R,
  work: (request: R) => Promise<T>,
): Promise<T> {
  const { others = [] } = request;
  if (others.length === 0) return await work(request);
  const failures: OciError[] = [];
  for (const meaning of [request, ...others]) {
    try {
      return await work({ ...request, ...meaning });
    } catch (error) {
      if (!(error instanceof OciError) || ENDS.has(error.code)) throw error;
      failures.push(error);
    }
  }
  const last = failures.at(-1);
  if (last === undefined) throw new TypeError("a name means nothing");
  const before = failures.slice(0, -1).map(({ subject, fact }) => `${subject}: ${fact}`);
  throw new OciError({ ...errorFacts(last), details: [...before, ...last.details], cause: last });
}
