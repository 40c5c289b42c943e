/**
 * What the threads of a crew say to each other: a few shared numbers for what cannot wait for a
 * message, and the messages. Types and small verbs only; it starts no thread.
 */
import type { MessagePort } from "node:worker_threads";
import type { OciErrorFacts } from "../errors";
import type { TreeEntry } from "../types";
import type { NewFile } from "./files";

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

/** A batch: what a writer gets in one message, about a hundred small files. */
export const BATCH_BYTES = 512 * 1024;

/** Batches of one writer that are filled or written at the same time; bounds the memory. */
export const BATCHES = 8;

/** How the extracting thread reaches a writer, or the other way round. */
export interface WriterLink {
  readonly port: MessagePort;
  /** The bytes of all batches, one behind the other: shared, so that none has to travel. */
  readonly memory: SharedArrayBuffer;
}

/** Memory for the batches of one writer; none of it is taken from the machine before it is used. */
export function createBatchMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(BATCHES * BATCH_BYTES);
}

/** Given to the thread that extracts, when it starts. */
export interface ExtractorData {
  readonly state: CrewState;
  readonly writers: readonly WriterLink[];
}

/** Given to each thread that writes, when it starts. */
export interface WriterData {
  readonly state: CrewState;
  readonly extractor: WriterLink;
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
  readonly file: NewFile | undefined;
  readonly isHashed: boolean;
  readonly length: number;
  readonly isEnd: boolean;
}

/** To a writer: bytes of files, one after the other; or that nothing more of a job comes. */
export type WriterOrder =
  | {
      readonly kind: "batch";
      /** Which of the batches in the shared memory. */
      readonly slot: number;
      /** Packed as flat lists, which cross between threads in half the time of objects. */
      readonly pieces: PackedPieces;
    }
  | { readonly kind: "close" };

/** The numbers of {@link packPieces}, and the paths of the files that begin. */
export interface PackedPieces {
  readonly numbers: Float64Array;
  readonly paths: readonly string[];
}

const NUMBERS_OF_PIECE = 4;
const BEGINS = 1;
const HASHED = 2;
const ENDS = 4;

export function packPieces(pieces: readonly FilePiece[]): PackedPieces {
  const numbers = new Float64Array(pieces.length * NUMBERS_OF_PIECE);
  const paths: string[] = [];
  let next = 0;
  for (const { file, isHashed, length, isEnd } of pieces) {
    if (file !== undefined) paths.push(file.path);
    numbers[next] =
      (file === undefined ? 0 : BEGINS) | (isHashed ? HASHED : 0) | (isEnd ? ENDS : 0);
    numbers[next + 1] = length;
    numbers[next + 2] = file?.mode ?? 0;
    numbers[next + 3] = file?.seconds ?? 0;
    next += NUMBERS_OF_PIECE;
  }
  return { numbers, paths };
}

export function unpackPieces({ numbers, paths }: PackedPieces): readonly FilePiece[] {
  const pieces: FilePiece[] = [];
  let path = 0;
  for (let next = 0; next < numbers.length; next += NUMBERS_OF_PIECE) {
    const [flags = 0, length = 0, mode = 0, seconds = 0] = numbers.subarray(
      next,
      next + NUMBERS_OF_PIECE,
    );
    const begins = (flags & BEGINS) !== 0;
    const file = begins ? { path: paths[path] ?? "", mode, seconds } : undefined;
    if (begins) path += 1;
    pieces.push({ file, isHashed: (flags & HASHED) !== 0, length, isEnd: (flags & ENDS) !== 0 });
  }
  return pieces;
}

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
}
