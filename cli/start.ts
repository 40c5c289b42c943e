/**
 * The file that is run: prepares the engine before anything is compiled, and leaves the rest to the
 * command.
 */
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { expectShortLife } from "./brevity";
import { compileOnce } from "./compiled";

/** Whether Node is as it comes, and nobody looks at how it compiles. */
function isPlain(): boolean {
  const { NODE_DISABLE_COMPILE_CACHE, NODE_V8_COVERAGE } = process.env;
  if (NODE_DISABLE_COMPILE_CACHE || NODE_V8_COVERAGE || process.sourceMapsEnabled) return false;
  if (process.versions["bun"] !== undefined || process.versions["deno"] !== undefined) return false;
  // Somebody who was here before us may have a hook.
  const loaded = Object.keys(createRequire(__filename).cache);
  return loaded.every((file) => file.startsWith(dirname(__filename) + sep));
}

expectShortLife();
if (isPlain()) {
  const keep = compileOnce(__filename);
  process.once("exit", (code) => {
    if (code !== 0) return;
    expectShortLife(); // Compiled code is for the flags under which it is kept.
    keep();
  });
}
void import("./main.js");
