/**
 * Tells V8 that this process lives for a second, and that it does not where that turns out. It decides
 * nothing else, and touches no other process: a program that imports the package keeps the engine as it is.
 */
import { setFlagsFromString } from "node:v8";

/**
 * Has the baseline compiler do all WebAssembly. By default V8 begins to optimize the parser of undici
 * with its first answer: a third of a small pull's work and memory, done with when the pull is over.
 */
const BASELINE_WEBASSEMBLY = "--liftoff-only";

/**
 * Optimizes no JavaScript: a pull of 5,000 files is over when most of it is optimized, and the threads
 * that do it take a fifth of its processor time. From some 10,000 files on it is worth it.
 */
const NOT_OPTIMIZED = "--no-opt";
const OPTIMIZED = "--opt";

/** What says the same, or the opposite. */
const ASKED = /^--(?:no[-_]?)?(?:opt|turbofan)\b/;

/** Milliseconds after which a process lives long, whatever it does. */
const SHORT_LIFE_MS = 1_000;

/** The last major version of Node that is known to know them; others would complain. */
const LAST_MAJOR = 26;

/** To be called before anything is compiled. Another engine than V8 does without. */
export function expectShortLife(): void {
  setFlags(BASELINE_WEBASSEMBLY, NOT_OPTIMIZED);
  setTimeout(expectLongLife, SHORT_LIFE_MS).unref();
}

/** There is much to do. May be called more than once. */
export function expectLongLife(): void {
  setFlags(OPTIMIZED);
}

function setFlags(...flags: readonly string[]): void {
  if (!isPlain()) return;
  for (const flag of flags) setFlagsFromString(flag);
}

/** Whether the engine is V8 as it comes: where nothing at all is compiled, a flag for it ends the process. */
function isPlain(): boolean {
  const isNode = process.versions["bun"] === undefined && process.versions["deno"] === undefined;
  if (!isNode || Number.parseInt(process.versions.node, 10) > LAST_MAJOR) return false;
  // Those who chose for themselves keep what they chose. Without compilers, there is no WebAssembly.
  return "WebAssembly" in globalThis && !process.execArgv.some((flag) => ASKED.test(flag));
}
