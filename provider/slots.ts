/**
 * So many at once, and the others in the order in which they came. It knows nothing of what they do.
 */

export interface Slots {
  /** What the work comes to, once its turn is there. Where the signal ends the waiting, it finds that out itself. */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** @param count - How many at once. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting = new Set<() => void>();
  const enter = async (signal: AbortSignal): Promise<boolean> => {
    if (free > 0) {
      free -= 1;
      return true;
    }
    if (signal.aborted) return false;
    return await new Promise((resolve) => {
      const take = (): void => {
        signal.removeEventListener("abort", giveUp);
        resolve(true);
      };
      const giveUp = (): void => {
        waiting.delete(take);
        resolve(false);
      };
      waiting.add(take);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  };
  const leave = (): void => {
    const [next] = waiting;
    if (next === undefined) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  };
  return Object.freeze({
    async run<T>(work: () => Promise<T>, signal: AbortSignal) {
      const hasSlot = await enter(signal);
      try {
        return await work();
      } finally {
        if (hasSlot) leave();
      }
    },
  });
}
