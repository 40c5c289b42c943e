/**
 * `npm test`: installs, compiles, gets the engine and the registry, and runs the tests with Node's
 * own runner. Arguments select test files by a part of their path: `npm test -- reference`.
 */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { prepare, root, run } from "./prepare.mjs";

/** Bounds one test file; the slowest takes about two minutes. */
const FILE_DEADLINE_MS = 15 * 60_000;

const wanted = process.argv.slice(2);
// Taken from the sources: a compiled test may have outlived its source.
const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`no test file below test/ has "${wanted.join('" or "')}" in its path`);
  process.exit(1);
}

prepare();
const require = createRequire(import.meta.url);
const { findOrBuild, prepareEngine } = require("../dist/test/support/toolchain.js");
try {
  await prepareEngine();
  await findOrBuild("registry");
  if (files.some((file) => file.endsWith("verify/cosign.test.ts"))) {
    await findOrBuild("cosign");
    await findOrBuild("cosign2");
  }
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
process.exitCode = run(process.execPath, [
  "--test",
  "--test-reporter=spec",
  "--test-concurrency=2",
  `--test-timeout=${FILE_DEADLINE_MS}`,
  ...files.map((file) => join("dist/test", file.replace(/\.ts$/, ".js"))),
]);
