/**
 * Lets other work of the same thread go on while a tree is written, and notices that nobody wants it
 * any more. It measures time, but promises none.
 */
import { setImmediate as turn } from "node:timers/promises";
import { steadyMs } from "../steady-clock";
import { cancelled } from "./problems";

/** The longest slice of synchronous work, in milliseconds. */
const SLICE_MS = 20;

/** To be awaited between two pieces of work; costs nothing before a slice is over. */
export type Pace = () => Promise<void> | undefined;

/** A pace that throws OciError CANCELLED once the signal is aborted. */
export function createPace(signal: AbortSignal, subject: string): Pace {
  let started = steadyMs();
  const rest = async (): Promise<void> => {
    await turn();
    if (signal.aborted) throw cancelled(subject);
    started = steadyMs();
  };
  return () => {
    if (signal.aborted) throw cancelled(subject);
    return steadyMs() - started < SLICE_MS ? undefined : rest();
  };
}
