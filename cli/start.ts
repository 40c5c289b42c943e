/**
 * The file that is run: prepares the engine before anything is compiled, and leaves the rest to the
 * command.
 */
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { expectShortLife } from "./brevity";
import { compileOnce } from "./compiled";

/** What may change how modules are found or compiled, or whether files can be read. */
const SPECIAL =
  /(?:^|[\s"])(?:-r|--require|--import|--(?:experimental-)?(?:loader|permission)|--experimental-policy)\b/;

/** Whether Node is as it comes, and nobody looks at how it compiles. */
function isPlain(): boolean {
  const { NODE_DISABLE_COMPILE_CACHE, NODE_OPTIONS, NODE_V8_COVERAGE } = process.env;
  if (NODE_DISABLE_COMPILE_CACHE || NODE_V8_COVERAGE || process.sourceMapsEnabled) return false;
  if (process.versions["bun"] !== undefined || process.versions["deno"] !== undefined) return false;
  if (SPECIAL.test([...process.execArgv, NODE_OPTIONS].join(" "))) return false;
  // Somebody who was here before us may have a hook.
  const loaded = Object.keys(createRequire(__filename).cache);
  return loaded.every((file) => file.startsWith(dirname(__filename) + sep));
}

/** Whatever goes wrong with it, the command does without. */
function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

expectShortLife();
const keep = isPlain() ? quietly(() => compileOnce(__filename)) : undefined;
if (keep !== undefined) {
  process.once("exit", (code) => {
    if (code !== 0) return;
    expectShortLife(); // Compiled code is for the flags under which it is kept.
    quietly(keep);
  });
}
void import("./main.js");
