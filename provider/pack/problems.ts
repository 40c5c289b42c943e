/**
 * The errors of packing, each with what it is about and what to do. It builds errors; it never decides
 * that something is one.
 */
import { OciError, systemCode } from "../errors";
import { limitExceeded, type Limits } from "../limits";

const VERB = "pack";

/** Longer names are cut in messages; the beginning is what a person searches for. */
const SHOWN_NAME = 200;

/** What stands in the way of reading, in words. */
const READING_FACTS: Readonly<Record<string, string>> = {
  ENOENT: "it is not there",
  ENOTDIR: "a part of its path is no folder",
  EACCES: "it may not be read",
  EPERM: "it may not be read",
  ELOOP: "it is a link, or its path leads in a circle",
  EMFILE: "too many files are open",
  EISDIR: "it is a folder",
};

/** Codes where nothing is there to be left out. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

/** What was given to be packed cannot be. */
export function unpackable(subject: string, fact: string, hint: string, cause?: unknown): OciError {
  return new OciError({ code: "INVALID_INPUT", verb: VERB, subject, fact, hint, cause });
}

/** An entry that no tree may have, or that would be refused where the artifact is pulled. */
export function badEntry(directory: string, path: string, fact: string, hint: string): OciError {
  return unpackable(directory, `${quoted(path)} ${fact}`, hint);
}

/** The system refuses to read a file or a folder; any other error as it is. */
export function unreadable(error: unknown, subject: string): unknown {
  if (error instanceof OciError) return error;
  const code = systemCode(error);
  if (code === undefined) return error;
  const fact = READING_FACTS[code] ?? "it cannot be read";
  const hint = ABSENT.has(code)
    ? "correct the path; where something removes files meanwhile, run again when it is done"
    : 'make it readable, or leave it out by the input "exclude"';
  return unpackable(subject, `${fact} (${code})`, hint, error);
}

/** Somebody writes what is being read: what was packed would be neither the old nor the new. */
export function changedMeanwhile(subject: string): OciError {
  return unpackable(
    subject,
    "it changed while it was read",
    'run again when nothing writes there, or leave it out by the input "exclude"',
  );
}

/** The signal asked for an end. */
export function cancelled(subject: string): OciError {
  return new OciError({ code: "CANCELLED", verb: VERB, subject, fact: "it was cancelled" });
}

/** What is packed goes beyond a limit, and so would be refused where it is pulled. */
export function beyondLimit(
  subject: string,
  limits: Limits,
  name: keyof Limits,
  found?: number,
): OciError {
  return limitExceeded(limits, name, { verb: VERB, subject, found });
}

/** A name, on one line and of a bearable length. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > SHOWN_NAME ? `${name.slice(0, SHOWN_NAME)}…` : name);
}
