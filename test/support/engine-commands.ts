/**
 * Runs commands on a test's machine: the CLI without an event log, and any other program. It knows
 * where they run and how they are ended, and reads nothing of what they do.
 */
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Machine } from "./engine-machine";
import { endProcesses, processesOf, run, type Environment, type Finished } from "./processes";

/** Any one command takes less, also on a busy machine. */
export const DEFAULT_TIMEOUT_MS = 180_000;

/** The CLI at work. */
export interface RunningEngine {
  /** Ctrl-C: SIGINT to the CLI and all that runs in its foreground. */
  readonly interrupt: () => void;
  /** The end of the machine: SIGKILL to all that runs on it. */
  readonly kill: () => void;
}

/** How a command is run. */
export interface CommandOptions {
  readonly environment?: Environment;
  /** A folder below the program's. */
  readonly folder?: string;
  /** Default three minutes. */
  readonly timeoutMs?: number;
  readonly onStart?: (child: ChildProcess) => void;
}

/** The handle on a CLI that has just been started on the machine. */
export function runningEngine(machine: Machine, { pid }: ChildProcess): RunningEngine {
  return {
    interrupt() {
      const isThere = pid !== undefined && processesOf(machine.root).includes(pid);
      // Negative: the whole group.
      if (isThere) process.kill(-pid, "SIGINT");
    },
    kill() {
      endProcesses(machine.root);
    },
  };
}

/** A command of the CLI without events; throws what it printed when it fails. */
export function pulumi(machine: Machine, programArguments: readonly string[]): Promise<Finished> {
  return succeed(machine, "pulumi", [...programArguments, "--non-interactive", "--color", "never"]);
}

/** Any command that must succeed; throws what it printed when it fails. */
export async function succeed(
  machine: Machine,
  command: string,
  programArguments: readonly string[],
): Promise<Finished> {
  const finished = await execute(machine, command, programArguments);
  if (finished.exitCode === 0) return finished;
  const line = [command, ...programArguments].join(" ");
  throw new Error(`cannot run ${line}: exit code ${finished.exitCode}\n${finished.text}`);
}

/** Any command, run to its end, whatever that is. */
export function execute(
  machine: Machine,
  command: string,
  programArguments: readonly string[],
  { environment, folder = "", timeoutMs = DEFAULT_TIMEOUT_MS, onStart }: CommandOptions = {},
): Promise<Finished> {
  return run(command, programArguments, {
    cwd: join(machine.program, folder),
    environment: { ...machine.environment, ...environment },
    owner: machine.root,
    timeoutMs,
    ...(onStart === undefined ? {} : { onStart }),
  });
}
