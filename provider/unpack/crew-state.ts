/**
 * What the threads of a crew say to each other: a few shared numbers for what cannot wait for a
 * message, and the messages. Types and small verbs only; it starts no thread.
 */
import type { MessagePort } from "node:worker_threads";
import type { OciErrorFacts } from "../errors";
import type { TreeEntry } from "../types";

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

/** Given to the thread that extracts, when it starts. */
export interface ExtractorData {
  readonly state: CrewState;
  readonly writers: readonly MessagePort[];
}

/** Given to each thread that writes, when it starts. */
export interface WriterData {
  readonly state: CrewState;
  readonly extractor: MessagePort;
}

/** From the extractor: it is there; it goes on; it has an answer. */
export type ExtractorNews =
  | { readonly kind: "ready" }
  | { readonly kind: "status"; readonly message: string }
  | { readonly kind: "done"; readonly entries: readonly TreeEntry[] }
  | { readonly kind: "failed"; readonly facts: OciErrorFacts };

/** A part of a file in a batch. */
export interface FilePiece {
  /** The file that begins here; undefined where it goes on. */
  readonly file?: { readonly path: string; readonly mode: number; readonly seconds: number };
  readonly isHashed: boolean;
  readonly length: number;
  readonly isEnd: boolean;
}

/** To a writer: bytes of files, one after the other; or that nothing more of a job comes. */
export type WriterOrder =
  | { readonly kind: "batch"; readonly pieces: readonly FilePiece[]; readonly bytes: ArrayBuffer }
  | { readonly kind: "close" };

/** What the disk refused, in the words of Node. */
export interface WriteFailure {
  readonly message: string;
  readonly code: string | undefined;
  readonly path: string | undefined;
}

/** From a writer, one for each order: the hashes of files that ended, or what the disk refused. */
export interface WriterNews {
  readonly hashes: readonly string[];
  readonly failure?: WriteFailure;
  /** The memory of a batch, to be used again. */
  readonly bytes?: ArrayBuffer;
}
