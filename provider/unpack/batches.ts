/**
 * Where the batches of small files lie in the memory that two threads share: the contents one behind the
 * other, and for each file a row of numbers, in which the answer takes the place of the order. Who may
 * write there at which time is not decided here.
 */
import type { EntryFacts } from "../store/receipt";
import type { NewFile } from "./files";

/** Contents of a batch: what a writer gets in one message, some eighty small files. */
export const BATCH_BYTES = 256 * 1024;

/** Files of a batch, where they are empty or nearly so. */
export const BATCH_FILES = 256;

/** Batches that are filled or written at the same time; bounds the memory. */
export const BATCHES = 8;

/** Mode, seconds, size, whether it is hashed; then size, times and inode as the file system has them. */
const ROW = 4;

const NUMBERS_START = BATCHES * BATCH_BYTES;
const NUMBERS = BATCH_FILES * ROW;

/** Memory for all batches; none of it is taken from the machine before it is used. */
export function createBatchMemory(): SharedArrayBuffer {
  const numbers = BATCHES * NUMBERS * Float64Array.BYTES_PER_ELEMENT;
  return new SharedArrayBuffer(NUMBERS_START + numbers);
}

/** One batch of the memory. */
export interface BatchArea {
  readonly bytes: Buffer;
  readonly numbers: Float64Array;
}

/** The batches, in the order of their numbers. */
export function areasOf(memory: SharedArrayBuffer): readonly BatchArea[] {
  return Array.from({ length: BATCHES }, (_, slot) => ({
    bytes: Buffer.from(memory, slot * BATCH_BYTES, BATCH_BYTES),
    numbers: new Float64Array(
      memory,
      NUMBERS_START + slot * NUMBERS * Float64Array.BYTES_PER_ELEMENT,
      NUMBERS,
    ),
  }));
}

/** All of the file but its path. */
export function putFile(numbers: Float64Array, index: number, file: NewFile): void {
  const at = index * ROW;
  numbers[at] = file.mode;
  numbers[at + 1] = file.seconds;
  numbers[at + 2] = file.size;
  numbers[at + 3] = file.isHashed ? 1 : 0;
}

/** The file that was put there. */
export function fileAt(numbers: Float64Array, index: number, path: string): NewFile {
  const at = index * ROW;
  return {
    path,
    mode: numbers[at] ?? 0,
    seconds: numbers[at + 1] ?? 0,
    size: numbers[at + 2] ?? 0,
    isHashed: numbers[at + 3] === 1,
  };
}

/** What the file system said of the file, in the place of the order. */
export function putFacts(numbers: Float64Array, index: number, facts: EntryFacts): void {
  putFactsAt(numbers, index * ROW, facts);
}

/** The facts that were put there. */
export function factsAt(numbers: Float64Array, index: number): EntryFacts {
  return readFactsAt(numbers, index * ROW);
}

/** Facts as four numbers, the first of them at a position. */
export function putFactsAt(numbers: Float64Array, at: number, facts: EntryFacts): void {
  numbers[at] = facts.size;
  numbers[at + 1] = facts.mtimeMs;
  numbers[at + 2] = facts.ctimeMs;
  numbers[at + 3] = facts.inode;
}

/** The facts that are there. */
export function readFactsAt(numbers: Float64Array, at: number): EntryFacts {
  return {
    size: numbers[at] ?? 0,
    mtimeMs: numbers[at + 1] ?? 0,
    ctimeMs: numbers[at + 2] ?? 0,
    inode: numbers[at + 3] ?? 0,
  };
}
