/**
 * From what single runs took to the numbers that are compared. Pure.
 */

/** What one run of a program took; undefined is what nothing on this machine can tell. */
export interface Sample {
  /** From the start of the process to its end. */
  readonly wallSeconds: number;
  /** Of all its threads and children, user and system. */
  readonly cpuSeconds?: number | undefined;
  /** The largest that was resident at any time, of one process. */
  readonly mostBytes?: number | undefined;
  /** That it and its children passed to the system to write: to files, and what goes through pipes. */
  readonly writtenBytes?: number | undefined;
}

/** The middle of all; the mean of the two in the middle, where there are two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1];
  const high = sorted[Math.floor(middle)];
  if (low === undefined || high === undefined) throw new Error("there is no median of nothing");
  return (low + high) / 2;
}

/** Medians of times and of what was written, and the largest of all memory. */
export function summaryOf(samples: readonly Sample[]): Sample {
  const known = (values: readonly (number | undefined)[]): readonly number[] =>
    values.filter((value) => value !== undefined);
  const middle = (values: readonly number[]): number | undefined =>
    values.length === 0 ? undefined : median(values);
  const memory = known(samples.map(({ mostBytes }) => mostBytes));
  return {
    wallSeconds: median(samples.map(({ wallSeconds }) => wallSeconds)),
    cpuSeconds: middle(known(samples.map(({ cpuSeconds }) => cpuSeconds))),
    mostBytes: memory.length === 0 ? undefined : Math.max(...memory),
    writtenBytes: middle(known(samples.map(({ writtenBytes }) => writtenBytes))),
  };
}
