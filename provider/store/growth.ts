/**
 * How far a file of this process has grown, for a thread that reads it while it is written: the bytes on
 * the disk, and whether more will come. A few shared numbers; it opens no file.
 */

/** Shared with the thread that reads. */
export type Growth = BigInt64Array;

const BYTES = 0;
const LOST = 1;
/** Changes with each news, so that nobody sleeps through one. */
const NEWS = 2;

/** Of a file that is empty. */
export function createGrowth(): Growth {
  return new BigInt64Array(new SharedArrayBuffer(3 * BigInt64Array.BYTES_PER_ELEMENT));
}

/** So many bytes are on the disk, and stay as they are. */
export function grow(growth: Growth, bytes: number): void {
  Atomics.store(growth, BYTES, BigInt(bytes));
  tell(growth);
}

/** Nobody is to wait for it any more. */
export function loseGrowth(growth: Growth): void {
  Atomics.store(growth, LOST, 1n);
  tell(growth);
}

export function hasGrownTo(growth: Growth, bytes: number): boolean {
  return Atomics.load(growth, BYTES) >= BigInt(bytes);
}

/** Blocks the thread until so many bytes are there; false where they are lost. Never on the main thread. */
export function awaitGrowth(growth: Growth, bytes: number): boolean {
  for (;;) {
    const seen = Atomics.load(growth, NEWS);
    if (Atomics.load(growth, LOST) === 1n) return false;
    if (hasGrownTo(growth, bytes)) return true;
    Atomics.wait(growth, NEWS, seen);
  }
}

function tell(growth: Growth): void {
  Atomics.add(growth, NEWS, 1n);
  Atomics.notify(growth, NEWS);
}
