/**
 * Tells V8 that this process lives for a second. It decides nothing else, and touches no other process:
 * a program that imports the package keeps the engine as it is.
 */
import { setFlagsFromString } from "node:v8";

/**
 * Has the baseline compiler do all WebAssembly. By default V8 begins to optimize the parser of undici
 * with its first answer: a third of a small pull's work and memory, done with when the pull is over.
 */
const FLAG = "--liftoff-only";

/** The last major version of Node that is known to know it; others would complain. */
const LAST_MAJOR = 24;

/** To be called before anything is compiled. Another engine than V8 does without. */
export function expectShortLife(): void {
  const isNode = process.versions["bun"] === undefined && process.versions["deno"] === undefined;
  if (isNode && Number.parseInt(process.versions.node, 10) <= LAST_MAJOR) setFlagsFromString(FLAG);
}
