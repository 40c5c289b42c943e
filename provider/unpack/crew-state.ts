/**
 * What the threads of a crew say to each other: a few shared numbers for what cannot wait for a
 * message, and the messages. Types and small verbs only; it starts no thread.
 */
import type { MessagePort } from "node:worker_threads";
import type { OciErrorFacts } from "../errors";
import type { PackedEntries } from "./packed";

const CANCELLED = 0;
const BROKEN = 1;
/** Changes with every finished batch, and whenever somebody waiting should look around. */
const PROGRESS = 2;
/** Whether the writer has started. */
const WRITING = 3;

/** What is said where {@link isBroken}. */
export const ENDED = "a thread that writes files has ended";

/** Shared by all threads of a crew. */
export type CrewState = Int32Array;

/** A state in which nothing has happened. */
export function createState(): CrewState {
  return new Int32Array(new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT));
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

/** The writer is there. */
export function setReady(state: CrewState): void {
  Atomics.store(state, WRITING, 1);
}

export function isReady(state: CrewState): boolean {
  return Atomics.load(state, WRITING) === 1;
}

/**
 * Blocks the thread until there is progress beyond what was seen.
 *
 * @param patienceMs - Default: for ever.
 * @returns whether there is
 */
export function awaitProgress(state: CrewState, seen: number, patienceMs?: number): boolean {
  return Atomics.wait(state, PROGRESS, seen, patienceMs) !== "timed-out";
}

/** How the extracting thread reaches the writer, or the other way round. */
export interface WriterLink {
  readonly port: MessagePort;
  /** Of all batches: shared, so that no content has to travel. */
  readonly memory: SharedArrayBuffer;
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

/**
 * To the writer: files whose contents lie one behind the other; that nothing more of a job comes; or to
 * tell the thread that started it when all that was ordered before is done.
 */
export type WriterOrder =
  | {
      readonly kind: "batch";
      /** Which of the batches in the shared memory. */
      readonly slot: number;
      /** Of the files, in their order, with a NUL between two. */
      readonly paths: string;
    }
  | { readonly kind: "close" }
  | { readonly kind: "flush" };

/** What the disk refused, in the words of Node. */
export interface WriteFailure {
  readonly message: string;
  readonly code: string | undefined;
  readonly path: string | undefined;
}

/** From the writer, one for each batch and each close: what came of the files, or what the disk refused. */
export interface WriterNews {
  /** Which batch; of a close none. */
  readonly slot?: number;
  /** Hex sha256 of each file that was written, in their order, or nothing, with a NUL between two. */
  readonly hashes: string;
  /** How many were. */
  readonly count: number;
  readonly failure?: WriteFailure;
}
