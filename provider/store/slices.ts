/**
 * Lets other work of the same thread go on while many small files are looked at or copied. It
 * measures time, but promises none.
 */
import { setImmediate as turn } from "node:timers/promises";

/** The longest slice of synchronous work, in milliseconds. */
const SLICE_MS = 20;

/** To be awaited between two pieces of work; costs nothing before a slice is over. */
export type Slices = () => Promise<void> | undefined;

/** Slices of work that begin now. */
export function startSlices(): Slices {
  let started = performance.now();
  const rest = async (): Promise<void> => {
    await turn();
    started = performance.now();
  };
  return () => (performance.now() - started < SLICE_MS ? undefined : rest());
}
