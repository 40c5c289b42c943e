/**
 * Starts processes that pull once each, all at the same moment, and collects what came of them.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Outcome, Request } from "./pull-once";

export interface PullingProcess extends Request {
  /** The program's folder. */
  readonly project: string;
  /** OCI_ARTIFACT_CACHE and the like; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The outcomes, in order. */
export async function pullAtOnce(
  processes: readonly PullingProcess[],
): Promise<readonly Outcome[]> {
  const script = join(__dirname, "pull-once.js");
  const children = processes.map(({ project, environment, ...request }) => {
    const child = spawn(process.execPath, [script, JSON.stringify(request)], {
      cwd: project,
      env: { ...environment },
      stdio: ["pipe", "pipe", "inherit"],
    });
    return { child, ready: once(child.stdout, "readable"), ended: once(child, "close") };
  });
  await Promise.all(children.map(({ ready }) => ready));
  for (const { child } of children) child.stdin.end();
  return await Promise.all(
    children.map(async ({ child, ended }) => {
      const [printed] = await Promise.all([text(child.stdout), ended]);
      return JSON.parse(printed.slice("ready\n".length)) as Outcome;
    }),
  );
}

/** The outcome of one process. */
export async function pullOnce(pulling: PullingProcess): Promise<Outcome> {
  const [outcome] = await pullAtOnce([pulling]);
  if (outcome === undefined) throw new Error("one process has one outcome");
  return outcome;
}
