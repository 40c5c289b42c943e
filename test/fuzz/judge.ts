/**
 * What an error for a person has to be, wherever it comes from: one of ours, in its form, without what
 * only a program understands. It says nothing about whether there should have been one.
 */
import * as assert from "node:assert/strict";
import { ERROR_CODES } from "../../provider/error-codes";
import { OciError } from "../../provider/errors";

/** Words that a value of JavaScript becomes in a text. */
const NO_WORDS = /\[native code\]|\[object |\bundefined\b|\bNaN\b/;

/** What begins a line as only a terminal should be told to. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** What an error has to hold, and what it must not. */
export interface Expectations {
  /** Names what the error is about. */
  readonly about?: string;
  readonly secrets?: readonly string[];
}

/** The code of an error for a person; whatever else was thrown is a defect, and is thrown on. */
export function codeOf(error: unknown, { about = "", secrets = [] }: Expectations = {}): string {
  if (!(error instanceof OciError)) throw error;
  const { code, message } = error;
  assert.ok(Object.hasOwn(ERROR_CODES, code), code);
  // What our own parts cannot explain, or the disk is to blame for.
  assert.notEqual(code, "STORE", message);
  assert.match(message, /^cannot [a-z ]+ .+: ./);
  assert.doesNotMatch(message, NO_WORDS);
  assert.doesNotMatch(message, CONTROL, "a control sequence");
  assert.ok(message.includes(about), `${message}\nnames ${about}`);
  for (const secret of secrets) assert.ok(!message.includes(secret), `${message}\nshows ${secret}`);
  return code;
}

/** What comes of the work: "done", or the code of its error. */
export function outcomeOf(work: () => void, expectations?: Expectations): string {
  try {
    work();
    return "done";
  } catch (error) {
    return codeOf(error, expectations);
  }
}

/** The value, or the code of the error in its place. */
export function valueOf<T extends object>(
  work: () => T,
  expectations?: Expectations,
): T | { readonly code: string } {
  try {
    return work();
  } catch (error) {
    return { code: codeOf(error, expectations) };
  }
}
