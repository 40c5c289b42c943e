/**
 * Lets other work of the same thread go on while many small files are looked at or copied. It
 * measures time, but promises none.
 */
import { setImmediate as turn } from "node:timers/promises";
import { steadyMs } from "../steady-clock";

/** The longest slice of synchronous work, in milliseconds. */
const SLICE_MS = 20;

/** To be awaited between two pieces of work; costs nothing before a slice is over. */
export type Slices = () => Promise<void> | undefined;

/** Slices of work that begin now. */
export function startSlices(): Slices {
  let started = steadyMs();
  const rest = async (): Promise<void> => {
    await turn();
    started = steadyMs();
  };
  return () => (steadyMs() - started < SLICE_MS ? undefined : rest());
}
