/**
 * What the pulls of a list came to, for a person, a script, and as JSON; in the order of the list. Pure.
 */
import type { ErrorCode } from "../provider/errors";
import { printable } from "../provider/redact";
import type { Failure } from "./exit";
import type { Placed } from "./pull";
import type { ListedPull } from "./pull-list";
import type { Ended } from "./several";

/** One pull of a list, and how it ended. */
export type Outcome = Ended<ListedPull, Placed>;

/** A line for each success: `registry/repository@sha256:…`, a tab, the folder as the list has it. */
export function successText(outcomes: readonly Outcome[]): string {
  return outcomes
    .filter((outcome) => "result" in outcome)
    .map(({ item, result }) => `${result.pinned}\t${printable(item.folder)}\n`)
    .join("");
}

/** Each failure under its reference and line, and how many there are; "" without any. */
export function failureText(outcomes: readonly Outcome[]): string {
  const failed = outcomes.filter((outcome) => "failure" in outcome);
  if (failed.length === 0) return "";
  // Whoever interrupts need not read what of.
  const shown = failed.filter(({ failure }) => failure.code !== "CANCELLED");
  const codes = failed.map(({ failure }) => failure.code);
  return [...shown.map(describe), countsText("pulled", outcomes.length, codes)].join("");
}

/** "2 of 4 pulled, 1 failed, 1 cancelled"; "" where none has failed. */
export function countsText(done: string, all: number, codes: readonly ErrorCode[]): string {
  if (codes.length === 0) return "";
  const cancelled = codes.filter((code) => code === "CANCELLED").length;
  const failed = codes.length - cancelled;
  const counts = [
    `${all - codes.length} of ${all} ${done}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
  ];
  return `${counts.join(", ")}\n`;
}

/** A list of results; of failures, the reference, the folder and the error. */
export function resultsJson(outcomes: readonly Outcome[]): readonly object[] {
  return outcomes.map((outcome) => {
    const { reference, directory } = outcome.item;
    return "result" in outcome
      ? { reference, ...outcome.result }
      : { reference, directory, error: outcome.failure };
  });
}

function describe({ item, failure }: Extract<Outcome, { readonly failure: Failure }>): string {
  const message = failure.message.replaceAll("\n", "\n  ");
  return `${printable(item.reference)} (line ${item.line}):\n  ${message}\n`;
}
