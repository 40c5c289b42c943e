/**
 * The writer thread of a thread that unpacks by itself: one a process, lent to one job at a time. It is
 * started when something is about to come that it will be needed for, leaves when it idles, and never
 * keeps the process alive. What it writes is for batched-files.ts to say.
 */
import { once } from "node:events";
import { MessageChannel, type Worker } from "node:worker_threads";
import { createState, setBroken, type CrewState, type WriterLink } from "./crew-state";
import { createBatchMemory } from "./batches";
import { deathOf, hasThreadFiles, startThread, terminate } from "./threads";

/** How long a writer without work stays. */
const IDLE_MS = 10_000;

/** A writer that nobody else has meanwhile. */
export interface LentWriter {
  readonly state: CrewState;
  readonly link: WriterLink;
  /** When all is written that was ordered before. Rejects where the thread has ended. */
  readonly flushed: () => Promise<void>;
  /** To be called once, when nothing of the job is under way any more. */
  readonly giveBack: () => void;
}

interface Writer {
  readonly state: CrewState;
  readonly link: WriterLink;
  readonly worker: Worker;
  /** Rejects when the thread ends. */
  readonly death: Promise<never>;
}

let current: Writer | undefined;
let isLent = false;
let idle: NodeJS.Timeout | undefined;

/** Starts a writer where there is none, for a job that is about to come. */
export function prepareWriter(): void {
  if (!isLent) dismissWhenIdle();
  if (current === undefined && hasThreadFiles()) current = start();
}

/** The writer; undefined where another job has it, or no thread can start, as in a bundle. */
export function borrowWriter(): LentWriter | undefined {
  if (isLent) return undefined;
  prepareWriter();
  const writer = current;
  if (writer === undefined) return undefined;
  clearTimeout(idle);
  isLent = true;
  return {
    state: writer.state,
    link: writer.link,
    flushed: () => flushed(writer),
    giveBack: () => {
      isLent = false;
      dismissWhenIdle();
    },
  };
}

async function flushed({ worker, link, death }: Writer): Promise<void> {
  const answer = once(worker, "message");
  link.port.postMessage({ kind: "flush" });
  worker.ref();
  try {
    await Promise.race([answer, death]);
  } finally {
    worker.unref();
  }
}

function start(): Writer | undefined {
  const state = createState();
  const memory = createBatchMemory();
  const { port1, port2 } = new MessageChannel();
  let worker: Worker;
  try {
    worker = startThread("writer", { state, link: { port: port1, memory } });
  } catch {
    return undefined;
  }
  const writer = { state, link: { port: port2, memory }, worker, death: deathOf([worker]) };
  writer.death.catch(() => {
    setBroken(state);
    if (current === writer) current = undefined;
  });
  return writer;
}

function dismissWhenIdle(): void {
  clearTimeout(idle);
  idle = setTimeout(dismiss, IDLE_MS).unref();
}

/** Lets go of the thread; the next job starts another. */
function dismiss(): void {
  const leaving = current;
  current = undefined;
  if (leaving !== undefined) void terminate([leaving.worker]);
}
