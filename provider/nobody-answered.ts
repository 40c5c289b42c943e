/**
 * The error of a question that no endpoint answered: a line for each with its own reason, and the
 * origin's error to lead. Of mirrors alone, none has the last word: what one of them lacks may be at
 * another that is out of reach. Pure.
 */
import { OciError, type ErrorCode } from "./errors";
import { isOutage, nameOfEndpoint } from "./registry/failure";
import type { Endpoint } from "./types";

/** An endpoint, and why it has not served. */
export interface Attempt {
  readonly endpoint: Endpoint;
  readonly failure: OciError;
  /** False where it was passed over, because of what it sent before in this run. */
  readonly wasAsked: boolean;
}

/** Of these, the hint names an option of that endpoint, or something that is done there. */
const MENDED_THERE: ReadonlySet<ErrorCode> = new Set([
  "CONFIG",
  "LIMIT_EXCEEDED",
  "PLAIN_HTTP",
  "TIMEOUT",
  "TLS",
  "UNAUTHORIZED",
]);

/**
 * @param endpoints - All of them; where no origin was asked, the last that is out of reach leads, or
 * else the last that was asked.
 * @param attempts - In the order of asking.
 */
export function nobodyAnswered(
  subject: string,
  endpoints: readonly Endpoint[],
  attempts: readonly Attempt[],
): OciError {
  const asked = attempts.filter(({ wasAsked }) => wasAsked);
  const candidates = asked.length === 0 ? attempts : asked;
  const ordered = endpoints.flatMap(
    (each) => candidates.find(({ endpoint }) => endpoint === each) ?? [],
  );
  const origin = ordered.find(({ endpoint }) => endpoint.role === "origin");
  const outage = ordered.findLast(({ failure }) => isOutage(failure));
  const leading = (origin ?? outage ?? ordered.at(-1))?.failure;
  if (leading === undefined) {
    const fact = "there is no endpoint to ask";
    return new OciError({ code: "CONFIG", verb: "pull", subject, fact });
  }
  if (attempts.length === 1 && asked.length === 1) return leading;
  // None of them is to blame for a file that all would need.
  const isOwn = attempts.every(({ failure }) => failure.message === leading.message);
  if (isOwn && leading.code === "CONFIG") return leading;
  return new OciError({
    code: leading.code,
    verb: "pull",
    subject,
    fact: leading.fact,
    details: [...new Set(attempts.flatMap((attempt) => linesOf(attempt, leading, subject)))],
    hint: leading.hint,
    status: leading.status,
    cause: leading,
  });
}

/** What the endpoint says of itself, in its own line where it did not. */
function linesOf(
  { endpoint, failure, wasAsked }: Attempt,
  leading: OciError,
  subject: string,
): readonly string[] {
  const isNamed = failure.details.some((line) => line.includes(endpoint.host));
  const own = isNamed ? [] : [`${nameOfEndpoint(endpoint)}: ${reasonOf(failure, subject)}`];
  const [first = "", ...rest] = [...own, ...failure.details];
  const { code, hint } = failure;
  const isUseful = MENDED_THERE.has(code) && hint !== undefined && hint !== leading.hint;
  const advice = isUseful ? `; ${hint}` : "";
  return [`${first}${advice}${wasAsked ? "" : "; not asked again in this run"}`, ...rest];
}

/** What went wrong with something else, a file as a rule, is told in full. */
function reasonOf({ verb, subject, fact }: OciError, asked: string): string {
  return subject === asked ? fact : `cannot ${verb} ${subject}: ${fact}`;
}
