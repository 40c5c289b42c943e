/**
 * The bound of a whole pull or push: when its time is over, all its work is cancelled and the error names the
 * option. It kills nothing: work ends where it looks at its signal, and tidies up behind itself.
 */
import type { Context } from "./context";
import { OciError } from "./errors";
import { inSeconds } from "./registry/deadlines";

/**
 * What `work` comes to, if it does within `totalMs` milliseconds; no bound where there is no number.
 * @throws OciError TIMEOUT afterwards, and what `work` throws before.
 */
export async function withinTotal<T>(
  totalMs: number | undefined,
  subject: string,
  context: Context,
  work: (bounded: Context) => Promise<T>,
  verb = "pull",
): Promise<T> {
  if (totalMs === undefined) return await work(context);
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort();
  }, totalMs);
  try {
    const signal = AbortSignal.any([context.signal, deadline.signal]);
    return await work({ ...context, signal });
  } catch (error) {
    const isOurs = deadline.signal.aborted && !context.signal.aborted;
    const isCancelled = !(error instanceof OciError) || error.code === "CANCELLED";
    if (!isOurs || !isCancelled) throw error;
    throw new OciError({
      code: "TIMEOUT",
      verb,
      subject,
      fact: `it takes longer than the ${inSeconds(totalMs)} of timeouts.total`,
      hint: "run again, or raise timeouts.total: blobs that came whole are kept",
    });
  } finally {
    clearTimeout(timer);
  }
}
