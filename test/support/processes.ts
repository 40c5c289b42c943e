/**
 * Starts programs for tests and ends all that they started in turn. Pulumi puts its plugins into
 * process groups of their own, so a process is known here by a mark in its environment, which
 * children inherit. It never touches a process without that mark.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** The variable that marks what a test started; its value is a folder of that test. */
const MARK = "OCI_ARTIFACT_TEST_OWNER";

export type Environment = Readonly<Record<string, string>>;

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment; nothing is inherited. */
  readonly environment: Environment;
  /** Marks the process and what it starts. */
  readonly owner: string;
  /** Gives the process a group of its own, as a terminal does, to be signaled as a whole. */
  readonly ownGroup?: boolean;
  /** After this time everything with the mark is killed, and the run fails. */
  readonly timeoutMs: number;
  /** Called with the running process. */
  readonly onStart?: (child: ChildProcess) => void;
}

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  /** Standard output and standard error, in the order in which they were printed. */
  readonly text: string;
}

const owners = new Set<string>();

/** Runs a program to its end, with no standard input. A non-zero exit code is a result, not an error. */
export async function run(
  command: string,
  programArguments: readonly string[],
  options: RunOptions,
): Promise<Finished> {
  const child = spawnOwned(command, programArguments, options);
  let stdout = "";
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    text += chunk;
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  options.onStart?.(child);
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const end = (): void => {
    endProcesses(options.owner);
  };
  deadline.addEventListener("abort", end);
  const exitCode = await ended(child).finally(() => {
    deadline.removeEventListener("abort", end);
  });
  if (!deadline.aborted) return { exitCode, stdout, text };
  const line = [command, ...programArguments].join(" ");
  throw new Error(
    `cannot run ${line}: not done after ${options.timeoutMs} ms; it printed\n${text}`,
  );
}

/** Starts a program whose standard input is empty and whose outputs are pipes. */
export function spawnOwned(
  command: string,
  programArguments: readonly string[],
  options: Pick<RunOptions, "cwd" | "environment" | "owner" | "ownGroup">,
): ChildProcess {
  ownUntilExit(options.owner);
  return spawn(command, programArguments, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...options.environment, [MARK]: options.owner },
    detached: options.ownGroup === true,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Waits until the process is gone and its outputs are read. A signal counts as exit code -1. */
export function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => {
      resolve(exitCode ?? -1);
    });
  });
}

/** The running processes that carry the mark of this owner. */
export function processesOf(owner: string): readonly number[] {
  const mark = `${MARK}=${owner}`;
  return existsSync("/proc/self/environ") ? listedByProc(mark) : listedByPs(mark);
}

/** Kills, at once, every process that carries the mark of this owner, and what those still start. */
export function endProcesses(owner: string): void {
  for (let round = 0; round < 10; round++) {
    const running = processesOf(owner);
    if (running.length === 0) return;
    for (const pid of running) killQuietly(pid);
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself in the meantime.
  }
}

function listedByProc(mark: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => environmentOf(name).split("\0").includes(mark))
    .map(Number);
}

/** Empty for what has ended, for another user's process and for the kernel's own. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}

/** macOS: `-E` prints the environment behind the command. */
function listedByPs(mark: string): readonly number[] {
  const { stdout } = spawnSync("ps", ["-axEww", "-o", "pid=,command="], { encoding: "utf8" });
  return stdout
    .split("\n")
    .filter((line) => line.split(" ").includes(mark))
    .map((line) => Number.parseInt(line, 10));
}

/** A test file that is ended by the runner, or by Ctrl-C, takes what it started along. */
function ownUntilExit(owner: string): void {
  if (owners.size === 0) {
    process.once("exit", endAll);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        endAll();
        process.kill(process.pid, signal);
      });
    }
  }
  owners.add(owner);
}

function endAll(): void {
  for (const owner of owners) endProcesses(owner);
}
