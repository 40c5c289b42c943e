/**
 * Loaded into a process before its own code (`node --require`): ends it by SIGKILL right before the
 * n-th change of some kinds that it is about to make to the disk, by promises or at once. Changes
 * nothing else.
 *
 * Environment: OCI_ARTIFACT_TEST_KILL, "<n> <function of node:fs/promises>…".
 */
import * as fs from "node:fs";
import * as promises from "node:fs/promises";

type Function = (...given: readonly unknown[]) => unknown;

const [count, ...names] = (process.env["OCI_ARTIFACT_TEST_KILL"] ?? "").split(" ");
let left = Number(count);

function watch(functions: object, name: string): void {
  const table = functions as Record<string, Function | undefined>;
  const real = table[name];
  if (real === undefined) throw new Error(`there is no ${name} in Node.js`);
  table[name] = (...given) => {
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
    return real(...given);
  };
}

for (const name of names) {
  watch(promises, name);
  watch(fs, `${name}Sync`);
}
