/**
 * Runs a grammar in a thread of its own, with little memory, and ends it where it hangs. Whatever goes
 * wrong names the seed, and the command that runs it alone.
 */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Counts, FuzzNews, FuzzWork } from "./worker";

/** A round takes milliseconds; after this it hangs, on the slowest of machines. */
const HANG_MS = 60_000;

/** Enough for every limit at its default; what keeps all that it reads needs more. */
const MEMORY_MIB = 512;

/** What is to be searched. */
export type Search = Omit<FuzzWork, "progress">;

/** What a search has come by. */
export interface Searched {
  readonly rounds: number;
  readonly counts: Counts;
  /** Of each seed, in their order, where they were given one by one. */
  readonly outcomes: readonly string[];
}

/** Runs the rounds. @throws Error that names the seed with which something is wrong. */
export async function search(work: Search): Promise<Searched> {
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(join(__dirname, "worker.js"), {
    workerData: { ...work, progress } satisfies FuzzWork,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MIB },
  });
  try {
    const news = await newsOf(worker, progress);
    if (news.kind === "failed") throw new Error(failureOf(work, news.seed, news.reason));
    return { ...news, rounds: Atomics.load(progress, 1) };
  } catch (error) {
    if (!(error instanceof WorkerProblem)) throw error;
    const seed = Atomics.load(progress, 0) >>> 0;
    throw new Error(failureOf(work, seed, error.message), { cause: error });
  } finally {
    await worker.terminate();
  }
}

function failureOf({ grammar }: Search, seed: number, reason: string): string {
  return `npm run fuzz -- --only ${grammar} --seed ${seed}\n${reason}`;
}

/** The thread itself has gone wrong, not a round of it. */
class WorkerProblem extends Error {}

async function newsOf(worker: Worker, progress: Int32Array): Promise<FuzzNews> {
  let hang: NodeJS.Timeout | undefined;
  try {
    return await new Promise<FuzzNews>((resolve, reject) => {
      const fail = (reason: string): void => {
        reject(new WorkerProblem(reason));
      };
      let seen = -1;
      hang = setInterval(() => {
        const round = Atomics.load(progress, 1);
        if (round === seen) fail(`it is not done after ${HANG_MS} ms`);
        seen = round;
      }, HANG_MS);
      worker.once("message", resolve);
      worker.once("error", (error) => {
        fail(`it leads to ${error.stack ?? error.message}`);
      });
      worker.once("exit", (code) => {
        fail(`its thread has ended with ${code}`);
      });
    });
  } finally {
    clearInterval(hang);
  }
}
