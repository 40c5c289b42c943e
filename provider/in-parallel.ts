/**
 * The same work on many things, so many at once. The first failure ends the others: nobody waits for
 * work that serves nothing any more. It knows nothing of the work.
 */
import type { Context } from "./context";

/**
 * After this, the work on each is done; each is given a context that ends with the first failure.
 * @param count - How many at once.
 * @throws What the first failure was.
 */
export async function inParallel<Item>(
  items: readonly Item[],
  count: number,
  context: Context,
  work: (item: Item, context: Context) => Promise<void>,
): Promise<void> {
  const failure = new AbortController();
  const signal = AbortSignal.any([context.signal, failure.signal]);
  const failures: unknown[] = [];
  const next = items.values();
  const worker = async (): Promise<void> => {
    try {
      for (const item of next) await work(item, { ...context, signal });
    } catch (error) {
      failures.push(error);
      failure.abort();
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}
