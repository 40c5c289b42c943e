/**
 * The worker threads of unpacking, one crew a process: one thread that extracts and one that writes. It
 * starts them when they are first needed, lets them go when they idle, and turns the death of one into
 * an error. They never keep the process alive. What they do is in extractor-thread and writer-thread.
 */
import { once } from "node:events";
import { MessageChannel, type Worker } from "node:worker_threads";
import { OciError } from "../errors";
import type { WrittenEntry } from "../store/receipt";
import {
  createState,
  isBroken,
  setBroken,
  setCancelled,
  type CrewState,
  type ExtractorNews,
} from "./crew-state";
import type { UnpackJob } from "./job";
import { unpackEntries } from "./packed";
import { cancelled, threadEnded } from "./problems";
import { createBatchMemory } from "./batches";
import { deathOf, hasThreadFiles, startThread, terminate } from "./threads";

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
  ): Promise<readonly WrittenEntry[]>;
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
/** Ends the job that waits for bytes of a blob which is still fetched. */
let giveWay: (() => void) | undefined;

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

/**
 * The right to the one job of the crew that may wait for its bytes; undefined where there is other work,
 * or no thread can start. Whoever has all bytes does not wait for somebody's slow registry.
 *
 * @param end - called as soon as another job comes: ends this one, if it still waits
 * @returns gives up the right
 */
export function mayWaitForBytes(end: () => void): (() => void) | undefined {
  if (jobs > 0 || giveWay !== undefined || !hasThreadFiles()) return undefined;
  giveWay = end;
  return () => {
    if (giveWay === end) giveWay = undefined;
  };
}

const CREW: Crew = {
  async unpack(job, signal, status) {
    const isWaiting = job.blobFiles.some(({ growth }) => growth !== undefined);
    if (!isWaiting) giveWay?.();
    const before = turn;
    jobs += 1;
    clearTimeout(idle);
    const work = before.then(async () => {
      if (signal.aborted) throw cancelled(job.subject);
      const found = await threads();
      if (found === undefined) throw threadEnded(job.subject, "no other thread can start");
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
): Promise<readonly WrittenEntry[]> {
  const cancel = (): void => {
    setCancelled(state, true);
  };
  setCancelled(state, false);
  signal.addEventListener("abort", cancel, { once: true });
  // It may have come while the threads were started.
  if (signal.aborted) cancel();
  extractor.ref();
  let listener: (news: ExtractorNews) => void = () => undefined;
  const answer = new Promise<readonly WrittenEntry[]>((resolve, reject) => {
    listener = (news) => {
      if (news.kind === "status") status(news.message);
      if (news.kind === "done") resolve(unpackEntries(news.entries));
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
    throw threadEnded(job.subject, (error as Error).message);
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
  if (!hasThreadFiles()) return undefined;
  const state = createState();
  const memory = createBatchMemory();
  const { port1, port2 } = new MessageChannel();
  const writer = startThread("writer", { state, link: { port: port1, memory } });
  const extractor = startThread("extractor", { state, link: { port: port2, memory } });
  const all = [writer, extractor];
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

/** Lets go of the threads; the next job starts others. */
function dismiss(): void {
  const leaving = current;
  current = undefined;
  void leaving?.then((found) => {
    if (found !== undefined) void terminate(found.all);
  });
}
