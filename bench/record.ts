/**
 * What was measured, as it is kept from one run to the next in docs/performance.json: the table shows
 * nothing else. Its text and how a run changes it; measures nothing and touches no file.
 */
import type { Sample } from "./statistics";

/** One row of a case: what a program took, what was compared, or both. */
export interface Line {
  /** A program, or what is compared. */
  readonly what: string;
  readonly sample?: Sample;
  readonly compared?: Comparison;
}

/** Something of ours beside the same of somebody else, or beside a bound. */
export interface Comparison {
  /** Undefined where nothing on the machine can tell. */
  readonly found?: number | undefined;
  /** A ratio, ours to theirs; milliseconds that each artifact takes more; or mebibytes. */
  readonly unit: "ratio" | "ms" | "MiB";
  /** The most that we want to reach. */
  readonly aim?: number | undefined;
  /** The most that may be, by `--must`. */
  readonly must?: number | undefined;
}

/** What came of a case, ourselves first. */
export interface Outcome {
  readonly name: string;
  /** For the reader of the table. */
  readonly content: string;
  /** When and on what it was measured, in one line. */
  readonly measured: string;
  /** Runs of each program. */
  readonly rounds: number;
  readonly lines: readonly Line[];
}

/** As JSON that the formatter leaves alone, with no more digits than mean something. */
export function textOf(outcomes: readonly Outcome[]): string {
  const rounded = (_: string, value: unknown): unknown =>
    typeof value === "number" ? Math.round(value * 10_000) / 10_000 : value;
  return `${JSON.stringify(outcomes, rounded, 2)}\n`;
}

/** @param text - what `textOf` has made. */
export function outcomesIn(text: string): readonly Outcome[] {
  return JSON.parse(text) as readonly Outcome[];
}

/** The kept ones, with what was measured anew in their place, in this order of names; no others. */
export function merged(
  kept: readonly Outcome[],
  fresh: readonly Outcome[],
  order: readonly string[],
): readonly Outcome[] {
  const byName = new Map([...kept, ...fresh].map((outcome) => [outcome.name, outcome]));
  return order.flatMap((name) => byName.get(name) ?? []);
}
