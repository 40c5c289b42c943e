/**
 * Exit codes, and how a command that failed says so. One table: the help and the docs show it.
 */
import { asOciError, type ErrorCode, OciError, systemCode } from "../provider/errors";
import { isOfInputs } from "../provider/pulumi/wrong-inputs";
import { redact } from "../provider/redact";
import { hintWithFlags, withFlags } from "./flag-words";

/** What each exit code means. */
export const EXIT_CODES = {
  done: { code: 0, means: "done: for pull, the whole content is in place" },
  failed: {
    code: 1,
    means:
      "failed, of a list at least one; the message says why, and what to do. For cache verify: damage was found. For inspect --online: nobody answered",
  },
  usage: {
    code: 2,
    means:
      "the command line or the list is wrong, the value of a flag or how a reference is written, too; nothing was done",
  },
  different: { code: 3, means: "diff --exit-code: there are differences" },
  hungUp: { code: 129, means: "the terminal was closed (SIGHUP); nothing was left half-written" },
  interrupted: { code: 130, means: "interrupted (SIGINT); nothing was left half-written" },
  terminated: { code: 143, means: "terminated (SIGTERM); nothing was left half-written" },
} as const;

/**
 * The exit code for a wrong command line, after saying what is wrong with it.
 *
 * @param verb - Of a command with a help of its own. Default: the help of all.
 */
export function sayUsage(problem: string, verb?: string): number {
  const hint =
    verb === undefined
      ? "oci-artifact --help lists commands and flags"
      : `oci-artifact ${verb} --help lists its flags`;
  const help = /^\s*hint: /m.test(problem) ? "" : `hint: ${hint}\n`;
  process.stderr.write(`oci-artifact: ${redact(problem)}\n${help}`);
  return EXIT_CODES.usage.code;
}

/** An error, in the words of the command line and the form of its JSON. */
export interface Failure {
  readonly code: ErrorCode;
  /** Whole, with details and hint. */
  readonly message: string;
  readonly hint: string | undefined;
  readonly status: number | undefined;
}

/** What was thrown by work on the subject. */
export function failureOf(error: unknown, subject: string): Failure {
  const { code, message, hint, status } = asOciError(withoutDirectory(error), "pull", subject);
  return {
    code,
    message: withFlags(message),
    hint: hint === undefined ? undefined : hintWithFlags(hint),
    status,
  };
}

/** That the folder which a shell stands in was removed, or is closed, comes from whatever asks for it first. */
function withoutDirectory(error: unknown): unknown {
  if (!(error instanceof Error) || !("syscall" in error) || error.syscall !== "uv_cwd")
    return error;
  const code = systemCode(error);
  const isGone = code === "ENOENT";
  return new OciError({
    code: "STORE",
    verb: "use",
    subject: "the working directory",
    fact: isGone
      ? "it was removed (ENOENT)"
      : `the system does not tell it (${code ?? "no reason"})`,
    hint: isGone
      ? "change to a folder that is there, and run again"
      : "give this user the right to read the folder and those above it, and run again",
    cause: error,
  });
}

/**
 * The exit code for an error, after printing it: as text, or as JSON on standard output. What was given is
 * wrong by itself: that is a wrong command line, though all of its flags are known.
 *
 * @param interrupted - The exit code where it was an interruption
 */
export function sayFailure(
  error: unknown,
  subject: string,
  json: boolean,
  interrupted?: number,
): number {
  const failure = failureOf(error, subject);
  if (json) process.stdout.write(`${JSON.stringify({ error: failure })}\n`);
  else process.stderr.write(`${failure.message}\n`);
  return isOfInputs(error) ? EXIT_CODES.usage.code : exitCodeOf([failure.code], interrupted);
}

/** The exit code for these failures: an interruption before all others. */
export function exitCodeOf(
  codes: readonly ErrorCode[],
  interrupted: number = EXIT_CODES.interrupted.code,
): number {
  if (codes.length === 0) return EXIT_CODES.done.code;
  return codes.includes("CANCELLED") ? interrupted : EXIT_CODES.failed.code;
}
