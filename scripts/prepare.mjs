/**
 * What `npm test` and `npm run demo` need before they start, on a checkout with nothing installed:
 * dependencies and compiled sources. It uses nothing but Node itself.
 */
import { spawnSync } from "node:child_process";
import { lstatSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Installs dependencies where they are missing or older than the lockfile, compiles and bundles. */
export function prepare() {
  if (modified("node_modules/.package-lock.json") < modified("package-lock.json")) {
    if (lstatSync(join(root, "node_modules"), { throwIfNoEntry: false })?.isSymbolicLink()) {
      console.error(
        "node_modules is a link, and older than package-lock.json: npm ci would empty the folder that it leads to.\nhint: run npm ci there, or remove the link",
      );
      process.exit(1);
    }
    step("npm", ["ci"]);
  }
  step(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "."]);
  step(process.execPath, ["scripts/bundle.mjs"]);
}

/** Runs a program in the checkout and returns its exit code. */
export function run(program, programArguments) {
  const options = { cwd: root, stdio: "inherit", shell: process.platform === "win32" };
  const { status, error } = spawnSync(program, programArguments, options);
  if (error !== undefined) throw error;
  return status ?? 1;
}

function step(program, programArguments) {
  const exitCode = run(program, programArguments);
  if (exitCode !== 0) process.exit(exitCode);
}

function modified(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
