/**
 * The numbers as a table in Markdown, and what was promised and not kept. Pure.
 */
import type { Comparison, Line, Outcome } from "./record";
import type { Sample } from "./statistics";

const HEAD = [
  "| case | program | wall s | CPU s | RSS MiB | written MiB | ours to it | aim | must |",
  "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
];

const MEBIBYTE = 1024 ** 2;

/** One row a program or comparison, below each other, and below all when and on what it was measured. */
export function tableOf(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return "Nothing is measured yet.";
  const machines = new Map<string, string[]>();
  for (const { name, measured, rounds } of outcomes) {
    const key = `${measured}, ${rounds === 1 ? "1 round" : `${rounds} rounds`}`;
    machines.set(key, [...(machines.get(key) ?? []), `\`${name}\``]);
  }
  const notes = [...machines].map(([machine, names]) => `- ${names.join(", ")}: ${machine}`);
  return [...HEAD, ...outcomes.flatMap(rowsOf), "", ...notes].join("\n");
}

/** What is above a must, one line each; also what has a must and nobody could measure. */
export function missedBy(outcomes: readonly Outcome[]): readonly string[] {
  return above(outcomes, "must", ({ must }) => must);
}

/** The same of aims. */
export function aimsMissedBy(outcomes: readonly Outcome[]): readonly string[] {
  return above(outcomes, "aim", ({ aim }) => aim);
}

function above(
  outcomes: readonly Outcome[],
  word: "aim" | "must",
  boundOf: (compared: Comparison) => number | undefined,
): readonly string[] {
  return outcomes.flatMap(({ name, lines }) =>
    lines.flatMap(({ what, compared }) => {
      const bound = compared === undefined ? undefined : boundOf(compared);
      if (compared === undefined || bound === undefined) return [];
      const { found, unit } = compared;
      if (found === undefined) return [`${name}: ${what} is not known: ${UNKNOWN}`];
      if (found <= bound) return [];
      return [`${name}: ${what}: ${shown(found, unit)}, ${word} ${shown(bound, unit)}`];
    }),
  );
}

/** What is not read from the clock is told by these. */
const UNKNOWN = "only Linux with GNU time can tell (Debian: apt-get install time)";

function rowsOf({ name, content, lines }: Outcome): readonly string[] {
  return lines.map((line, index) =>
    row([index === 0 ? `\`${name}\`: ${content}` : "", ...cellsOf(line)]),
  );
}

function cellsOf({ what, sample, compared }: Line): readonly string[] {
  const { found, unit = "ratio", aim, must } = compared ?? {};
  const more = unit === "ms" && found !== undefined ? " each more" : "";
  return [
    what,
    ...numbersOf(sample),
    `${shown(found, unit)}${more}`,
    shown(aim, unit),
    shown(must, unit),
  ];
}

function numbersOf(sample: Sample | undefined): readonly string[] {
  const { wallSeconds, cpuSeconds, mostBytes, writtenBytes } = sample ?? {};
  return [
    wallSeconds?.toFixed(2) ?? "",
    cpuSeconds?.toFixed(2) ?? "",
    mebibytes(mostBytes),
    mebibytes(writtenBytes),
  ];
}

function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? "" : (bytes / MEBIBYTE).toFixed(0);
}

function shown(value: number | undefined, unit: Comparison["unit"]): string {
  if (value === undefined) return "";
  if (unit === "ratio") return value.toFixed(2);
  return unit === "ms" ? `${value.toFixed(1)} ms` : `${value.toFixed(0)} MiB`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
