/**
 * Loaded into a process before its own code (`node --require`): ends it by SIGKILL right before the
 * n-th change of one kind that it is about to make to the disk. Changes nothing else.
 *
 * Environment: OCI_ARTIFACT_TEST_KILL, "<n> <function of node:fs/promises>…".
 */
import * as promises from "node:fs/promises";

type Function = (...given: readonly unknown[]) => unknown;

const [count, ...names] = (process.env["OCI_ARTIFACT_TEST_KILL"] ?? "").split(" ");
const functions = promises as unknown as Record<string, Function | undefined>;
let left = Number(count);

for (const name of names) {
  const real = functions[name];
  if (real === undefined) throw new Error(`node:fs/promises has no ${name}`);
  functions[name] = (...given) => {
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
    return real(...given);
  };
}
