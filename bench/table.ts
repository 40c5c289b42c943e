/**
 * The numbers as a table in Markdown, and whether we were as fast as we have to be. Pure.
 */
import type { Case } from "./cases";
import type { ContenderName } from "./contenders";
import type { Sample } from "./statistics";

/** A case with what everybody took, ourselves first. */
export interface Result {
  readonly name: string;
  readonly what: Case;
  readonly ours: Sample;
  readonly rivals: ReadonlyMap<ContenderName, Sample>;
}

const HEAD = [
  "| case | program | wall s | CPU s | RSS MiB | ours to it | must |",
  "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
];

/** One row a program, below each other. */
export function tableOf(results: readonly Result[]): string {
  return [...HEAD, ...results.flatMap(rowsOf)].join("\n");
}

/** What was promised and not kept, one line each. */
export function missedBy(results: readonly Result[]): readonly string[] {
  return results.flatMap(({ name, what, ours, rivals }) => {
    const times = what.rivals.flatMap(({ contender, most }) => {
      const theirs = rivals.get(contender.name);
      if (theirs === undefined || most === undefined) return [];
      const ratio = ours.wallSeconds / theirs.wallSeconds;
      if (ratio <= most) return [];
      return [`${name}: ${ratio.toFixed(2)} of ${contender.name}, must be ${most.toFixed(2)}`];
    });
    return [...times, ...memoryMissed(name, what, ours)];
  });
}

/** Memory that nobody has measured is none that was kept. */
function memoryMissed(
  name: string,
  { mostBytes = Infinity }: Case,
  { mostBytes: found }: Sample,
): readonly string[] {
  if (found === undefined && mostBytes < Infinity) {
    return [`${name}: its memory, which only GNU time can tell (Debian: apt-get install time)`];
  }
  if (found === undefined || found <= mostBytes) return [];
  return [`${name}: ${mebibytes(found)} MiB, must be ${mebibytes(mostBytes)} MiB`];
}

function rowsOf({ name, what, ours, rivals }: Result): readonly string[] {
  const mostMemory = what.mostBytes === undefined ? "" : `${mebibytes(what.mostBytes)} MiB`;
  const own = row([`${name}: ${what.content}`, "ours", ...numbersOf(ours), "", mostMemory]);
  const others = what.rivals.flatMap(({ contender, most }) => {
    const theirs = rivals.get(contender.name);
    if (theirs === undefined) return [];
    const ratio = (ours.wallSeconds / theirs.wallSeconds).toFixed(2);
    return [row(["", contender.name, ...numbersOf(theirs), ratio, most?.toFixed(2) ?? ""])];
  });
  return [own, ...others];
}

function numbersOf({ wallSeconds, cpuSeconds, mostBytes }: Sample): readonly string[] {
  return [
    wallSeconds.toFixed(2),
    cpuSeconds?.toFixed(2) ?? "",
    mostBytes === undefined ? "" : mebibytes(mostBytes),
  ];
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(0);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
