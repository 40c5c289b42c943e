/**
 * The one error class. Every message is built here, in one shape, through the redaction gate; the
 * codes, one for each thing that a user would do next, are the table in error-codes.ts.
 */
import { factOfTouching, hintOfDisk } from "./disk-facts";
import type { ErrorCode } from "./error-codes";
import { redact } from "./redact";

export type { ErrorCode } from "./error-codes";

/** Characters of a line, and lines of details; more is nothing that a person reads. */
const LONGEST_LINE = 1_000;
const MOST_DETAILS = 30;

export interface OciErrorFacts {
  readonly code: ErrorCode;
  /** What was being done, in the infinitive: "pull", "read the manifest of". */
  readonly verb: string;
  /** What it was done to: a reference, a file, an input. */
  readonly subject: string;
  /** What stood in the way, one clause without a full stop. */
  readonly fact: string;
  /** One line for each thing that was tried, with its own reason. */
  readonly details?: readonly string[];
  /** The one thing to do next; names the option where there is one. */
  readonly hint?: string | undefined;
  /** HTTP status, where a registry gave one. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/**
 * `cannot <verb> <subject>: <fact>`, then a line for each detail, then `hint: <one action>`.
 * The cause is not enumerable, so that logging the error cannot leak a request.
 */
export class OciError extends Error {
  override readonly name = "OciError";
  readonly code: ErrorCode;
  readonly verb: string;
  readonly subject: string;
  readonly fact: string;
  readonly details: readonly string[];
  readonly hint: string | undefined;
  readonly status: number | undefined;

  constructor(facts: OciErrorFacts) {
    const details = shortened((facts.details ?? []).map(asLine));
    const hint = facts.hint === undefined ? undefined : asLine(facts.hint);
    const subject = asLine(facts.subject);
    const fact = asLine(facts.fact);
    super(
      [
        `cannot ${asLine(facts.verb)} ${subject}: ${fact}`,
        ...details.map((line) => `  ${line}`),
        ...(hint === undefined ? [] : [`hint: ${hint}`]),
      ].join("\n"),
    );
    this.code = facts.code;
    this.verb = facts.verb;
    this.subject = subject;
    this.fact = fact;
    this.details = Object.freeze(details);
    this.hint = hint;
    this.status = facts.status;
    if (facts.cause !== undefined) {
      Object.defineProperty(this, "cause", { value: facts.cause, enumerable: false });
    }
  }
}

/** One line: what a registry wrote must not pose as the hint, nor hide it by its length. */
function asLine(text: string): string {
  const line = redact(text).replace(/[\n\u2028\u2029]+/g, " ");
  if (line.length <= LONGEST_LINE) return line;
  return `${line.slice(0, LONGEST_LINE - 1).toWellFormed()}…`;
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_DETAILS) return lines;
  const shown = lines.slice(0, MOST_DETAILS - 1);
  return [...shown, `and ${lines.length - shown.length} more`];
}

/** What the error says, as plain data: to carry it into another process and make it anew there. */
export function errorFacts(error: OciError): OciErrorFacts {
  const { code, verb, subject, fact, details, hint, status } = error;
  return { code, verb, subject, fact, details, hint, status };
}

/**
 * Any thrown value as an OciError: what a disk says in words; what is nothing of that kind is a defect of
 * ours, and says so.
 */
export function asOciError(error: unknown, verb: string, subject: string): OciError {
  if (error instanceof OciError) return error;
  const refusal = factOfTouching(systemCode(error));
  if (refusal !== undefined) return refused(error, refusal, verb, subject);
  const fact = error instanceof Error ? error.message : String(error);
  const hint = "run again; if it stays so, report this text as a defect of pulumi-oci-artifact";
  return new OciError({ code: "STORE", verb, subject, fact, hint, cause: error });
}

function refused(cause: unknown, refusal: string, verb: string, subject: string): OciError {
  const { path } = cause as { readonly path?: unknown };
  const fact = typeof path === "string" ? `of ${path} the system says: ${refusal}` : refusal;
  const hint =
    hintOfDisk(systemCode(cause)) ?? "see to it that this path can be used, and try again";
  return new OciError({ code: "STORE", verb, subject, fact, hint, cause });
}

/** The code of a system error ("ENOENT"), if the value is one. */
export function systemCode(error: unknown): string | undefined {
  // No instanceof: under Jest, errors of Node's own modules are of another realm.
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
