/**
 * `npm run demo`: installs and compiles, then runs the demo itself, which is compiled TypeScript.
 * Arguments are handed on.
 */
import process from "node:process";
import { prepare, run } from "./prepare.mjs";

prepare();
process.exitCode = run(process.execPath, ["dist/scripts/demo.js", ...process.argv.slice(2)]);
