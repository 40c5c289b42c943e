/**
 * Keeps the SDK from formatting stacks that nobody reads. With each promise of a resource (four for each
 * output) it keeps the text of a stack, for a report on promises that never settle, and each goes through
 * source maps: for an artifact that was more work than to pull it. Never hides where an error comes from.
 */

/** Stacks of one frame, until `restore`. */
export interface ShortStacks {
  restore(): void;
  /** The error that was thrown meanwhile, with the stack that it would have had: its own frame, and the callers'. */
  whole(error: unknown): unknown;
}

/** Only for synchronous work: the limit holds for the whole process. */
export function shortenStacks(): ShortStacks {
  const before = Error.stackTraceLimit;
  const restore = (): void => {
    limitStacks(before);
  };
  limitStacks(Math.min(before, 1));
  return {
    restore,
    whole(error) {
      restore();
      if (!(error instanceof Error)) return error;
      const callers = new Error().stack?.split("\n").slice(2) ?? [];
      error.stack = [error.stack ?? error.message, ...callers].join("\n");
      return error;
    },
  };
}

/** No assignment: that throws where somebody has frozen what is built in (`node --frozen-intrinsics`). */
function limitStacks(frames: number): void {
  Reflect.set(Error, "stackTraceLimit", frames);
}
