/**
 * What the threads of a crew say to each other: a few shared numbers for what cannot wait for a
 * message, and the messages. Types and small verbs only; it starts no thread.
 */
import type { MessagePort } from "node:worker_threads";
import type { OciErrorFacts } from "../errors";
import type { PackedEntries, PackedFiles, PackedWritten } from "./packed";

const CANCELLED = 0;
const BROKEN = 1;
/** Changes with every finished batch, and whenever somebody waiting should look around. */
const PROGRESS = 2;

/** Shared by all threads of a crew. */
export type CrewState = Int32Array;

/** A state in which nothing has happened. */
export function createState(): CrewState {
  return new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
}

/** Says whether the job under way is still wanted. */
export function setCancelled(state: CrewState, isCancelled: boolean): void {
  Atomics.store(state, CANCELLED, isCancelled ? 1 : 0);
  signalProgress(state);
}

export function isCancelled(state: CrewState): boolean {
  return Atomics.load(state, CANCELLED) === 1;
}

/** A thread of the crew has ended: nobody may wait for it. */
export function setBroken(state: CrewState): void {
  Atomics.store(state, BROKEN, 1);
  signalProgress(state);
}

export function isBroken(state: CrewState): boolean {
  return Atomics.load(state, BROKEN) === 1;
}

export function signalProgress(state: CrewState): void {
  Atomics.add(state, PROGRESS, 1);
  Atomics.notify(state, PROGRESS);
}

export function progress(state: CrewState): number {
  return Atomics.load(state, PROGRESS);
}

/** Blocks the thread until there is progress beyond what was seen. Never on the main thread. */
export function awaitProgress(state: CrewState, seen: number): void {
  Atomics.wait(state, PROGRESS, seen);
}

/** A batch: what a writer gets in one message, some eighty small files. */
export const BATCH_BYTES = 256 * 1024;

/** Batches that are filled or written at the same time; bounds the memory. */
export const BATCHES = 8;

/** How the extracting thread reaches the writer, or the other way round. */
export interface WriterLink {
  readonly port: MessagePort;
  /** The bytes of all batches, one behind the other: shared, so that none has to travel. */
  readonly memory: SharedArrayBuffer;
}

/** Memory for the batches; none of it is taken from the machine before it is used. */
export function createBatchMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(BATCHES * BATCH_BYTES);
}

/** Given to both threads when they start. */
export interface CrewData {
  readonly state: CrewState;
  /** To the other one. */
  readonly link: WriterLink;
}

/** From the extractor: it is there; it goes on; it has an answer. */
export type ExtractorNews =
  | { readonly kind: "ready" }
  | { readonly kind: "status"; readonly message: string }
  | { readonly kind: "done"; readonly entries: PackedEntries }
  | { readonly kind: "failed"; readonly facts: OciErrorFacts };

/** To the writer: files whose contents lie one behind the other; or that nothing more of a job comes. */
export type WriterOrder =
  | {
      readonly kind: "batch";
      /** Which of the batches in the shared memory. */
      readonly slot: number;
      readonly files: PackedFiles;
    }
  | { readonly kind: "close" };

/** What the disk refused, in the words of Node. */
export interface WriteFailure {
  readonly message: string;
  readonly code: string | undefined;
  readonly path: string | undefined;
}

/** From the writer, one for each order: what came of the files, or what the disk refused. */
export interface WriterNews {
  readonly written: PackedWritten;
  readonly failure?: WriteFailure;
}
