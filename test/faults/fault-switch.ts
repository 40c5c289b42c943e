/**
 * Replaces the functions of `fs` in this process, and in its worker threads: of those that a fault
 * concerns, the n-th that touches something below a folder fails, once or from then on. It invents no
 * result, and touches nothing elsewhere. The real functions may be had for whoever looks on.
 */
import * as fs from "node:fs";
import * as promises from "node:fs/promises";
import * as threads from "node:worker_threads";

/** What a disk, or the system, refuses. */
export type FaultCode = "EACCES" | "EIO" | "EMFILE" | "ENOSPC" | "EROFS";

/** Which call fails. */
export interface Fault {
  readonly code: FaultCode;
  /** Counted from 1, of the calls that may fail so. */
  readonly at: number;
  /** Whether all such calls after it fail as well, or it alone. */
  readonly isLasting: boolean;
}

/** What came of it. */
export interface Fired {
  /** Calls that might have failed so. */
  readonly calls: number;
  /** The function that failed first; undefined where none did: the fault was beyond the last one. */
  readonly name: string | undefined;
}

type Function = (...given: readonly unknown[]) => unknown;

type Effect = "look" | "open" | "list" | "make" | "change" | "read" | "write" | "touch";

/** What a function does; `open` is told apart by its flags. */
const EFFECTS: Readonly<Record<Effect, readonly string[]>> = {
  look: ["access", "lstat", "readlink", "realpath", "stat"],
  open: ["readFile"],
  list: ["opendir", "readdir"],
  make: ["appendFile", "copyFile", "link", "mkdir", "mkdtemp", "rename", "symlink", "writeFile"],
  change: ["chmod", "lutimes", "rm", "rmdir", "truncate", "unlink", "utimes"],
  read: ["fstat", "read", "readv"],
  write: ["write", "writev"],
  touch: ["fchmod", "ftruncate", "futimes"],
};

/** Methods of an open file that are called otherwise there. */
const HANDLE_EFFECTS: Readonly<Record<string, Effect>> = {
  appendFile: "write",
  chmod: "touch",
  readFile: "read",
  stat: "read",
  truncate: "touch",
  utimes: "touch",
  writeFile: "write",
};

/** Who can meet with it. A removal is never refused for want of room. */
const CONCERNED: Readonly<Record<FaultCode, readonly Effect[]>> = {
  EACCES: ["look", "open", "list", "make", "change"],
  EIO: ["look", "open", "list", "make", "change", "read", "write", "touch"],
  EMFILE: ["open", "list"],
  ENOSPC: ["make", "write"],
  EROFS: ["make", "change"],
};

/** `make` that opens a file as well. */
const OPENING = new Set(["appendFile", "copyFile", "open", "writeFile"]);

const CODES = Object.keys(CONCERNED) as readonly FaultCode[];
const NAMES = [
  ...Object.values(EFFECTS).flat(),
  ...["open", "opened.appendFile", "opened.chmod", "opened.readFile", "opened.stat"],
  ...["opened.truncate", "opened.utimes", "opened.writeFile"],
];

/** Shared by all threads: which code, which call, whether it lasts, calls so far, who failed first. */
const [CODE, AT, LASTS, CALLS, FAILED] = [0, 1, 2, 3, 4] as const;
const OFF = -1;
const DATA_KEY = "oci-artifact test: faults";

interface Shared {
  readonly cells: Int32Array;
  readonly folder: string;
}

let shared: Shared | undefined;
const opened = new Set<unknown>();

/** The next calls below the folder are counted, and one fails. */
export function arm({ code, at, isLasting }: Fault): void {
  const { cells } = switched();
  cells.set([CODES.indexOf(code), at, isLasting ? 1 : 0, 0, OFF]);
}

/** From now on, none fails. */
export function disarm(): Fired {
  const { cells } = switched();
  const [calls = 0, failed = OFF] = [cells[CALLS], cells[FAILED]];
  cells.set([OFF, 0, 0, 0, OFF]);
  return { calls, name: NAMES[failed] };
}

/** Replaces the functions, in this thread and those that it starts from now on. */
export function switchOn(folder: string): void {
  const cells = new Int32Array(new SharedArrayBuffer(5 * Int32Array.BYTES_PER_ELEMENT)).fill(OFF);
  shared = { cells, folder: `${folder}/` };
  threads.setEnvironmentData(DATA_KEY, { cells, folder: shared.folder });
  replaceFunctions();
  // Those of the product start without the flags of the process.
  const { Worker } = threads;
  Object.assign(threads, {
    Worker: class extends Worker {
      constructor(file: string | URL, options: threads.WorkerOptions = {}) {
        super(file, { ...options, execArgv: ["--require", __filename] });
      }
    },
  });
}

function switched(): Shared {
  if (shared === undefined) throw new Error("the switch is not on");
  return shared;
}

function isBelow(path: unknown): boolean {
  return typeof path === "string" && `${path}/`.startsWith(switched().folder);
}

/** @throws The fault, if it is this one's turn. */
function pass(name: string, effect: Effect): void {
  const { cells } = switched();
  const code = CODES[cells[CODE] ?? OFF];
  if (code === undefined) return;
  const isOpening = code === "EMFILE" && effect === "make" && OPENING.has(name);
  if (!isOpening && !CONCERNED[code].includes(effect)) return;
  const at = cells[AT] ?? 0;
  const call = Atomics.add(cells, CALLS, 1) + 1;
  if (call !== at && !(call > at && cells[LASTS] === 1)) return;
  Atomics.compareExchange(cells, FAILED, OFF, NAMES.indexOf(name));
  const syscall = name.slice(name.lastIndexOf(".") + 1);
  const text = `${code}: refused by the test's switch, ${syscall}`;
  throw Object.assign(new Error(text), { code, errno: -1, syscall });
}

function passPath(name: string, effect: Effect, given: readonly unknown[]): void {
  const [first, second] = given;
  const isPair = ["copyFile", "link", "rename", "symlink"].includes(name);
  if (isBelow(first) || (isPair && isBelow(second))) pass(name, effect);
}

function effectOfOpen(flags: unknown = "r"): Effect {
  const isReading = typeof flags === "string" ? flags === "r" : (Number(flags) & 3) === 0;
  return isReading ? "open" : "make";
}

function replace(functions: object, name: string, by: (real: Function) => Function): void {
  const table = functions as Record<string, Function>;
  const real = table[name];
  if (real !== undefined) table[name] = by(real.bind(functions));
}

function replaceFunctions(): void {
  const rows = Object.entries(EFFECTS) as readonly (readonly [Effect, readonly string[]])[];
  for (const [effect, names] of rows) {
    for (const name of names) {
      const isOfOpen = effect === "read" || effect === "write" || effect === "touch";
      if (isOfOpen) replaceOfOpen(name, effect);
      else replaceOfPath(name, effect);
    }
  }
  replaceOpen();
}

function replaceOfPath(name: string, effect: Effect): void {
  replace(promises, name, (real) => async (...given) => {
    passPath(name, effect, given);
    return await real(...given);
  });
  replace(fs, `${name}Sync`, (real) => (...given) => {
    passPath(name, effect, given);
    return real(...given);
  });
}

function replaceOfOpen(name: string, effect: Effect): void {
  replace(fs, `${name}Sync`, (real) => (...given) => {
    if (opened.has(given[0])) pass(name, effect);
    return real(...given);
  });
  // Streams of files come here.
  replace(fs, name, (real) => (...given) => {
    if (opened.has(given[0]))
      return answering(
        given,
        () => {
          pass(name, effect);
        },
        real,
      );
    return real(...given);
  });
}

function replaceOpen(): void {
  replace(promises, "open", (real) => async (...given) => {
    if (isBelow(given[0])) pass("open", effectOfOpen(given[1]));
    const handle = (await real(...given)) as promises.FileHandle;
    if (isBelow(given[0])) watchHandle(handle);
    return handle;
  });
  replace(fs, "openSync", (real) => (...given) => {
    if (isBelow(given[0])) pass("open", effectOfOpen(given[1]));
    const descriptor = real(...given);
    if (isBelow(given[0])) opened.add(descriptor);
    return descriptor;
  });
  replace(fs, "open", (real) => (...given) => {
    if (!isBelow(given[0])) return real(...given);
    const answer = given.at(-1) as Function;
    const keep = (error: unknown, descriptor: unknown): void => {
      if (error === null) opened.add(descriptor);
      answer(error, descriptor);
    };
    const rest = [...given.slice(0, -1), keep];
    return answering(
      rest,
      () => {
        pass("open", effectOfOpen(given[1]));
      },
      real,
    );
  });
  for (const name of ["close", "closeSync"]) {
    replace(fs, name, (real) => (...given) => {
      opened.delete(given[0]);
      return real(...given);
    });
  }
}

/** Calls the real one, or back with the fault, as one that answers later does. */
function answering(given: readonly unknown[], check: () => void, real: Function): unknown {
  try {
    check();
  } catch (error) {
    const answer = given.at(-1) as Function;
    process.nextTick(answer, error);
    return undefined;
  }
  return real(...given);
}

function watchHandle(handle: promises.FileHandle): void {
  const named = { read: "read", readv: "read", write: "write", writev: "write" } as const;
  for (const [name, effect] of Object.entries({ ...HANDLE_EFFECTS, ...named })) {
    const told = name in named ? name : `opened.${name}`;
    replace(handle, name, (real) => async (...given) => {
      pass(told, effect);
      return await real(...given);
    });
  }
  opened.add(handle.fd);
  replace(handle, "close", (real) => async () => {
    opened.delete(handle.fd);
    return await real();
  });
}

if (!threads.isMainThread) {
  shared = threads.getEnvironmentData(DATA_KEY) as unknown as Shared;
  replaceFunctions();
}
