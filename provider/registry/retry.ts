/**
 * What is tried again, after how long, and when to give up. The planning is pure; the one function
 * that waits takes its clock from outside.
 */
import { OciError, systemCode } from "../errors";
import { STANDSTILL } from "./payload";

/** Sleeps, or rejects with the signal's reason. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** What one try came to, as far as trying again is concerned. */
export type Outcome =
  | { readonly status: number; readonly retryAfter: string | undefined }
  | { readonly cause: unknown };

/**
 * How long one server is waited for: `full` where nobody else is left to ask, `short` where the next
 * endpoint has the same content. Then what heals at once gets one more try, and nothing else does.
 */
export type Patience = "full" | "short";

/** Milliseconds before the second, third, … try; five tries in all. */
const DELAYS: readonly number[] = [500, 1_000, 2_000, 4_000];

/** A host that is not there rarely comes back within seconds: one more look, at once. */
const QUICK: readonly number[] = [250];

/** Each has cost a deadline already. */
const FEW: readonly number[] = DELAYS.slice(0, 2);

/** Somebody is there, and somebody else is asked after this. */
const ONCE_MORE: readonly number[] = [1_000];

/** Whoever is told to wait longer asks the next endpoint meanwhile. Milliseconds. */
const LONGEST_SHORT_WAIT = 3_000;

/** However long a Retry-After is. */
const LONGEST_PAUSE = 30_000;

/** All pauses of one request together; whoever waits in front of a preview has limits too. */
const MOST_WAITING = 60_000;

const STATUSES = new Set([408, 425, 429]);

/** Nobody is there, or nobody answers in time. */
export const DEAD: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
]);

/** The connection broke while somebody was there. */
const BROKEN: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "UND_ERR_SOCKET",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
]);

/** Whether somebody was there, and the connection broke before the end of what they had to say. */
export function isBroken(error: unknown): boolean {
  if (BROKEN.has(systemCode(error) ?? "")) return true;
  // undici 7 gives no code to what its parser finds; this is an end in the middle of a chunk.
  return error instanceof Error && / \(Invalid EOF state\)$/.test(error.message);
}

/**
 * Milliseconds to wait before the next try, or undefined: give up.
 *
 * @param tries - How many there were.
 * @param waited - Milliseconds spent in pauses so far.
 */
export function nextPause(
  outcome: Outcome,
  tries: number,
  waited: number,
  now: number,
  patience: Patience = "full",
): number | undefined {
  const own = (patience === "full" ? delaysOf : shortDelaysOf)(outcome)[tries - 1];
  if (own === undefined || waited >= MOST_WAITING) return undefined;
  const asked = "status" in outcome ? parseRetryAfter(outcome.retryAfter, now) : undefined;
  if (patience === "short" && (asked ?? 0) > LONGEST_SHORT_WAIT) return undefined;
  return Math.min(Math.max(asked ?? 0, own), LONGEST_PAUSE, MOST_WAITING - waited);
}

/** Milliseconds of a Retry-After header, seconds or date; undefined where it says nothing usable. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const moment = /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) : NaN;
  return moment > now ? moment - now : undefined;
}

/** Whose waiting it is. */
export interface RetryRules {
  /** What is no reason to try again, whatever else is known of it. Default: everything is one. */
  readonly isWorthIt?: (cause: unknown) => boolean;
  readonly patience?: Patience | undefined;
}

/**
 * Tries until there is something to hand on: a result that nothing would mend, or after the last
 * try whatever it was. An error that is left is thrown.
 */
export async function retrying<T>(
  wait: Wait,
  signal: AbortSignal,
  attempt: () => Promise<T>,
  outcomeOf: (result: T) => Outcome | undefined,
  { isWorthIt = () => true, patience }: RetryRules = {},
): Promise<T> {
  let waited = 0;
  for (let tries = 1; ; tries += 1) {
    const result = await attempt().then(
      (value) => ({ value, outcome: outcomeOf(value) }),
      (error: unknown) => {
        const cause = causeOf(error);
        return { error, outcome: isWorthIt(cause) ? { cause } : undefined };
      },
    );
    const pause =
      result.outcome === undefined || signal.aborted
        ? undefined
        : nextPause(result.outcome, tries, waited, Date.now(), patience);
    if (pause === undefined) {
      if ("error" in result) throw result.error;
      return result.value;
    }
    await wait(pause, signal);
    waited += pause;
  }
}

function delaysOf(outcome: Outcome): readonly number[] {
  if ("status" in outcome) return mayPass(outcome.status) ? DELAYS : [];
  const code = systemCode(outcome.cause) ?? "";
  if (isBroken(outcome.cause)) return DELAYS;
  if (code === "UND_ERR_BODY_TIMEOUT" || code === STANDSTILL) return FEW;
  return DEAD.has(code) ? QUICK : [];
}

/** Nobody there, and nobody who speaks: the next endpoint is nearer than the end of a deadline. */
function shortDelaysOf(outcome: Outcome): readonly number[] {
  const isPassing = "status" in outcome ? mayPass(outcome.status) : isBroken(outcome.cause);
  return isPassing ? ONCE_MORE : [];
}

function mayPass(status: number): boolean {
  return status >= 500 || STATUSES.has(status);
}

function causeOf(error: unknown): unknown {
  return error instanceof OciError ? error.cause : undefined;
}
