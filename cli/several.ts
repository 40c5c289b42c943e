/**
 * Work on several artifacts, many at a time: one that fails stops no other, and an interruption
 * starts no more. It knows nothing of what the work is.
 */
import { OciError } from "../provider/errors";
import { failureOf, type Failure } from "./exit";
import type { ListReport } from "./terminal";
import type { Report } from "../provider/context";

/**
 * At a time: small artifacts mostly wait for their registry. Blobs have a bound of their own, for all of
 * them together.
 */
const TOGETHER = 32;

/** What became of one. */
export type Ended<Item, Result> =
  | { readonly item: Item; readonly result: Result }
  | { readonly item: Item; readonly failure: Failure };

/** How the work is told of, and how it ends before its time. */
export interface Several {
  /** What is done with each, as in "cannot pull …: it was cancelled". */
  readonly verb: string;
  readonly report: ListReport;
  readonly signal: AbortSignal;
}

/** What became of each, in their order. */
export async function forSeveral<Item extends { readonly reference: string }, Result>(
  items: readonly Item[],
  work: (item: Item, report: Report) => Promise<Result>,
  { verb, report, signal }: Several,
): Promise<readonly Ended<Item, Result>[]> {
  const ended = new Map<Item, Ended<Item, Result>>();
  const next = items.values();
  const run = async (): Promise<void> => {
    for (const item of next) {
      try {
        if (signal.aborted) throw cancelled(verb, item.reference);
        ended.set(item, { item, result: await work(item, report.of(item.reference)) });
        report.count("pulled");
      } catch (error) {
        ended.set(item, { item, failure: failureOf(error, item.reference) });
        report.count("failed");
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(TOGETHER, items.length) }, run));
  return items.flatMap((item) => ended.get(item) ?? []);
}

function cancelled(verb: string, reference: string): OciError {
  return new OciError({ code: "CANCELLED", verb, subject: reference, fact: "it was cancelled" });
}
