/**
 * Worker threads as this room starts them: from a file of their own, without the flags of the program
 * that uses us, and never keeping it alive. What they do, and who needs which, is not known here.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { CrewData } from "./crew-state";

const FILES = {
  extractor: join(__dirname, "extractor-thread.js"),
  writer: join(__dirname, "writer-thread.js"),
} as const;

type Role = keyof typeof FILES;

/** Whether there are files to start them from: a bundle of somebody else's program has none. */
export function hasThreadFiles(): boolean {
  return Object.values(FILES).every((file) => existsSync(file));
}

/** Without the flags and hooks of the program that uses us: they are for its own code. */
export function startThread(role: Role, workerData: CrewData): Worker {
  const transferList = [workerData.link.port];
  const worker = new Worker(FILES[role], { workerData, transferList, execArgv: [], env: {} });
  worker.unref();
  return worker;
}

/** Rejects when one of the threads ends, whatever the reason. */
export function deathOf(threads: readonly Worker[]): Promise<never> {
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

/** When it is over, none of them does anything any more. */
export async function terminate(threads: readonly Worker[]): Promise<void> {
  await Promise.all(threads.map((thread) => thread.terminate()));
}
