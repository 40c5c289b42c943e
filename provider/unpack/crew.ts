/**
 * The worker threads of unpacking, one crew a process: a thread that extracts and two that write. It
 * starts them when they are first needed, lets them go when they idle, and turns the death of one into
 * an error. They never keep the process alive. What they do is in extractor-thread and writer-thread.
 */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import { OciError } from "../errors";
import type { TreeEntry } from "../types";
import {
  createBatchMemory,
  createState,
  isBroken,
  setBroken,
  setCancelled,
  type CrewState,
  type ExtractorData,
  type ExtractorNews,
  type WriterData,
} from "./crew-state";
import type { UnpackJob } from "./job";
import { cancelled } from "./problems";

/** Two writers need less than half the time of one on a disk; a third only gets in their way. */
const WRITERS = 2;

/** A runtime whose threads have not found each other after this long has other ones than Node's. */
const START_MS = 10_000;

/** How long a crew without work stays. */
const IDLE_MS = 10_000;

export interface Crew {
  /** Does one job after the other. Throws OciError only. */
  unpack(
    job: UnpackJob,
    signal: AbortSignal,
    status: (message: string) => void,
  ): Promise<readonly TreeEntry[]>;
}

interface Threads {
  readonly state: CrewState;
  readonly extractor: Worker;
  readonly all: readonly Worker[];
  /** Rejects when a thread ends. */
  readonly death: Promise<never>;
}

let current: Promise<Threads | undefined> | undefined;
/** The end of the job before. */
let turn: Promise<unknown> = Promise.resolve();
let idle: NodeJS.Timeout | undefined;
let jobs = 0;

/** The crew of this process; undefined where no thread can start, as in a bundle. */
export async function borrowCrew(): Promise<Crew | undefined> {
  const found = await threads();
  if (jobs === 0) dismissWhenIdle();
  return found === undefined ? undefined : CREW;
}

function dismissWhenIdle(): void {
  clearTimeout(idle);
  idle = setTimeout(dismiss, IDLE_MS).unref();
}

const CREW: Crew = {
  async unpack(job, signal, status) {
    const before = turn;
    jobs += 1;
    clearTimeout(idle);
    const work = before.then(async () => {
      if (signal.aborted) throw cancelled(job.subject);
      const found = await threads();
      if (found === undefined) throw ended(job, "no other thread can start");
      return await run(found, job, signal, status);
    });
    turn = work.catch(() => undefined);
    try {
      return await work;
    } finally {
      jobs -= 1;
      if (jobs === 0) dismissWhenIdle();
    }
  },
};

async function run(
  { state, extractor, all, death }: Threads,
  job: UnpackJob,
  signal: AbortSignal,
  status: (message: string) => void,
): Promise<readonly TreeEntry[]> {
  const cancel = (): void => {
    setCancelled(state, true);
  };
  setCancelled(state, false);
  signal.addEventListener("abort", cancel, { once: true });
  // It may have come while the threads were started.
  if (signal.aborted) cancel();
  extractor.ref();
  let listener: (news: ExtractorNews) => void = () => undefined;
  const answer = new Promise<readonly TreeEntry[]>((resolve, reject) => {
    listener = (news) => {
      if (news.kind === "status") status(news.message);
      if (news.kind === "done") resolve(news.entries);
      if (news.kind === "failed") reject(new OciError(news.facts));
    };
    extractor.on("message", listener);
  });
  try {
    extractor.postMessage(job);
    return await Promise.race([answer, death]);
  } catch (error) {
    // No thread may write any more when the caller removes what there is.
    if (isBroken(state)) await terminate(all);
    if (error instanceof OciError) throw error;
    throw ended(job, (error as Error).message);
  } finally {
    signal.removeEventListener("abort", cancel);
    extractor.off("message", listener);
    extractor.unref();
  }
}

/** The threads, started where there are none; undefined where none can start. Never rejects. */
async function threads(): Promise<Threads | undefined> {
  if (current === undefined) {
    const starting = start().catch(() => undefined);
    current = starting;
    void starting.then((found) =>
      found?.death.catch(() => {
        if (current === starting) current = undefined;
      }),
    );
  }
  return await current;
}

async function start(): Promise<Threads | undefined> {
  const extractorFile = join(__dirname, "extractor-thread.js");
  const writerFile = join(__dirname, "writer-thread.js");
  // A bundle has no such files.
  if (!existsSync(extractorFile) || !existsSync(writerFile)) return undefined;
  const state = createState();
  const channels = Array.from({ length: WRITERS }, () => {
    const { port1, port2 } = new MessageChannel();
    return { port1, port2, memory: createBatchMemory() };
  });
  const writers = channels.map(({ port1: port, memory }) => {
    const data: WriterData = { state, extractor: { port, memory } };
    return startThread(writerFile, data, [port]);
  });
  const links = channels.map(({ port2: port, memory }) => ({ port, memory }));
  const data: ExtractorData = { state, writers: links };
  const ports = links.map(({ port }) => port);
  const extractor = startThread(extractorFile, data, ports);
  const all = [extractor, ...writers];
  const death = deathOf(all);
  death.catch(() => {
    // Whoever waits for the thread that ended must see it; then nobody is left to do a job.
    setBroken(state);
    void terminate(all);
  });
  extractor.ref();
  try {
    const signal = AbortSignal.timeout(START_MS);
    await Promise.race([once(extractor, "message", { signal }), death]);
  } catch (error) {
    await terminate(all);
    throw error;
  }
  extractor.unref();
  return { state, extractor, all, death };
}

/** Without the flags and hooks of the program that uses us: they are for its own code. */
function startThread(file: string, workerData: object, ports: MessagePort[]): Worker {
  const worker = new Worker(file, { workerData, transferList: ports, execArgv: [], env: {} });
  worker.unref();
  return worker;
}

/** Rejects when one of the threads ends, whatever the reason. */
function deathOf(threads: readonly Worker[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const thread of threads) {
      thread.once("error", (error) => {
        reject(new Error(`a worker thread failed: ${error.message}`));
      });
      thread.once("exit", () => {
        reject(new Error("a worker thread has ended"));
      });
    }
  });
}

async function terminate(threads: readonly Worker[]): Promise<void> {
  await Promise.all(threads.map((thread) => thread.terminate()));
}

/** Lets go of the threads; the next job starts others. */
function dismiss(): void {
  const leaving = current;
  current = undefined;
  void leaving?.then((found) => {
    if (found !== undefined) void terminate(found.all);
  });
}

function ended(job: UnpackJob, fact: string): OciError {
  return new OciError({
    code: "STORE",
    verb: "unpack",
    subject: job.subject,
    fact,
    hint: "run again; if it stays, the machine may lack memory",
  });
}
