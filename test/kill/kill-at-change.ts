/**
 * Loaded into a process before its own code (`node --require`), and into its threads: notes each change
 * that is about to be made to the disk, by whichever function of `node:fs`, and ends the process by
 * SIGKILL at the n-th, or all that a test has started. Changes nothing else.
 *
 * Environment: OCI_ARTIFACT_TEST_CHANGES, a {@link Switch} as JSON.
 */
import * as fs from "node:fs";
import * as promises from "node:fs/promises";
import * as threads from "node:worker_threads";
import { processesOf } from "../support/processes";

/** What the process is told. */
export interface Switch {
  /** Gets one letter for each change, from all processes and threads: "v" or "c". */
  readonly file: string;
  /** The change that is not survived, from 1; none where it is absent. */
  readonly at?: number;
  /** -1 before it begins; else as many turns of the event loop after that. */
  readonly turns?: number;
  /** Everything with this mark dies along, as a machine would. */
  readonly owner?: string;
}

type Function = (...given: readonly unknown[]) => unknown;
type Table = Record<string, Function | undefined>;

/** The name of the variable. */
export const SWITCH = "OCI_ARTIFACT_TEST_CHANGES";

/** Makes something visible, or takes it away. */
const VISIBLE =
  "appendFile copyFile cp link mkdtemp rename rm rmdir symlink unlink writeFile".split(" ");

/** Prepares that. */
const CONTENT = "chmod futimes lutimes mkdir open truncate utimes write writev".split(" ");

const OF_HANDLES = "chmod truncate utimes write writeFile writev".split(" ");

const { openSync, writeSync, fstatSync } = fs;

function install({ file, at, turns = -1, owner }: Switch): void {
  const log = openSync(file, "a");

  /** Whether this is the one; several threads may come to it at once. */
  const note = (letter: string): boolean => {
    writeSync(log, letter);
    return at !== undefined && fstatSync(log).size >= at;
  };
  const die = (): void => {
    for (const pid of owner === undefined ? [] : processesOf(owner)) {
      if (pid !== process.pid) process.kill(pid, "SIGKILL");
    }
    process.kill(process.pid, "SIGKILL");
  };
  const dieLater = (left: number): void => {
    if (left <= 0) die();
    else setImmediate(dieLater, left - 1);
  };
  const watch = (table: object, name: string, letter: string): void => {
    const functions = table as Table;
    const real = functions[name];
    if (typeof real !== "function") return;
    functions[name] = function watched(this: unknown, ...given) {
      if (name.startsWith("open") && isReading(given[1])) return real.apply(this, [...given]);
      const isLast = note(letter);
      if (isLast && turns < 0) die();
      const result = real.apply(this, [...given]);
      if (isLast) dieLater(turns);
      return result;
    };
  };

  for (const [names, letter] of [
    [VISIBLE, "v"],
    [CONTENT, "c"],
  ] as const) {
    for (const name of names) {
      watch(promises, name, letter);
      watch(fs, name, letter);
      watch(fs, `${name}Sync`, letter);
    }
  }
  watchHandles((prototype) => {
    for (const name of OF_HANDLES) watch(prototype, name, "c");
  });
  watchThreads();
}

function isReading(flags: unknown): boolean {
  const { O_CREAT, O_RDWR, O_WRONLY } = fs.constants;
  if (typeof flags === "number") return (flags & (O_CREAT | O_RDWR | O_WRONLY)) === 0;
  return flags === undefined || flags === "r";
}

/** Their class has no name outside: it is met with the first file that is opened. */
function watchHandles(watch: (prototype: object) => void): void {
  const table = promises as unknown as Table;
  const open = table["open"];
  let isMet = false;
  table["open"] = async (...given) => {
    const handle = (await open?.(...given)) as object;
    if (!isMet) watch(Object.getPrototypeOf(handle) as object);
    isMet = true;
    return handle;
  };
}

/** A thread has its own functions; it is started with this file, too. */
function watchThreads(): void {
  const { Worker } = threads;
  const env = { [SWITCH]: process.env[SWITCH] };
  class Watched extends Worker {
    constructor(file: string | URL, options: threads.WorkerOptions = {}) {
      const execArgv = [...(options.execArgv ?? []), "--require", __filename];
      super(file, { ...options, execArgv, env: { ...env, ...(options.env as object) } });
    }
  }
  Object.assign(threads, { Worker: Watched });
}

const given = process.env[SWITCH];
if (given !== undefined) install(JSON.parse(given) as Switch);
