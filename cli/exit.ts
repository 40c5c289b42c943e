/**
 * Exit codes, and how a command that failed says so. One table: the help and the docs show it.
 */
import { asOciError } from "../provider/errors";
import { redact } from "../provider/redact";
import { hintWithFlags, withFlags } from "./arguments";

/** What each exit code means. */
export const EXIT_CODES = {
  done: { code: 0, means: "done: for pull, the whole content is in place" },
  failed: { code: 1, means: "failed; the message says why, and what to do" },
  usage: { code: 2, means: "the command line is wrong" },
  interrupted: { code: 130, means: "interrupted; nothing was left half-written" },
} as const;

/** The exit code for a wrong command line, after saying what is wrong with it. */
export function sayUsage(problem: string): number {
  process.stderr.write(
    `oci-artifact: ${redact(problem)}\nhint: oci-artifact --help lists commands and flags\n`,
  );
  return EXIT_CODES.usage.code;
}

/** The exit code for an error, after printing it: as text, or as JSON on standard output. */
export function sayFailure(error: unknown, subject: string, json: boolean): number {
  const failure = asOciError(error, "pull", subject);
  const { code, status } = failure;
  const message = withFlags(failure.message);
  const hint = failure.hint === undefined ? undefined : hintWithFlags(failure.hint);
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message, hint, status } })}\n`);
  else process.stderr.write(`${message}\n`);
  return (code === "CANCELLED" ? EXIT_CODES.interrupted : EXIT_CODES.failed).code;
}
