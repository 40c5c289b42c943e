/**
 * Regular expressions of users, on RE2: the syntax and the meaning that cosign's have, in linear time
 * whatever is matched. The library is loaded when there is one, and not before.
 */
import type { RE2JS } from "re2js";

export type Compiled =
  | { readonly ok: true; readonly test: (text: string) => boolean }
  | { readonly ok: false; readonly problem: string };

/** The expression as a test that finds it anywhere in a text, or why it is none. */
export function compileRegexp(pattern: string): Compiled {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- most policies have none
  const library = require("re2js") as typeof import("re2js");
  let compiled: RE2JS;
  try {
    compiled = library.RE2JS.compile(pattern);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: message.replace(/^error parsing regexp: /, "") };
  }
  return { ok: true, test: (text) => compiled.test(text) };
}

/**
 * Where the expression leaves open what stands around a match, which is seldom meant: "beginning",
 * "end". A part that says so itself (`.*`), and an end at a "/", is meant.
 */
export function looseEnds(pattern: string): string | undefined {
  const parts = alternatives(pattern);
  if (parts.some((part) => !CLOSED_BEFORE.test(part))) return "beginning";
  return parts.every((part) => CLOSED_AFTER.test(part)) ? undefined : "end";
}

const CLOSED_BEFORE = /^(?:\(\?[a-zA-Z]+\))?(?:\^|\\A|\.\*|\.\+)/;
const CLOSED_AFTER = /(?:(?<!\\)\$|\\z|\.\*|\.\+|\/)$/;

/** Of the whole expression, not of groups in it: `^a|b$` is what begins with a, or ends with b. */
function alternatives(pattern: string): readonly string[] {
  const parts = [""];
  let depth = 0;
  for (const [piece] of pattern.matchAll(/\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[^]/gs)) {
    if (piece === "(") depth += 1;
    if (piece === ")") depth -= 1;
    if (piece === "|" && depth === 0) parts.push("");
    else parts.push(`${parts.pop() ?? ""}${piece}`);
  }
  return parts;
}
