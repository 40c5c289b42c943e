/**
 * `npm run bench [-- CASE…]`: this package's command and its resources beside the programs that do the
 * same, on the same registry. Prints a table; measures nothing but whole processes.
 */
import { writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { CASES } from "./cases";
import { isInMemory } from "./in-memory";
import { writePerformance } from "./keep";
import { optionsOf, USAGE, type Options } from "./options";
import { textOf, type Outcome } from "./record";
import { measureCase, roundsOf } from "./stage";
import { aimsMissedBy, missedBy, tableOf } from "./table";

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (options === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  assertDisk(options);
  const { outcomes, failures } = await measureAll(options);
  process.stdout.write(`${tableOf(outcomes)}\n\n`);
  for (const line of aimsMissedBy(outcomes)) process.stdout.write(`not reached: ${line}\n`);
  const missed = missedBy(outcomes);
  for (const line of missed) process.stdout.write(`missed: ${line}\n`);
  for (const line of failures) process.stdout.write(`failed: ${line}\n`);
  return failures.length > 0 || (options.must && missed.length > 0) ? 1 : 0;
}

/** Case by case; what is measured is kept, whatever comes of the next. */
async function measureAll(
  options: Options,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly failures: readonly string[] }> {
  const outcomes: Outcome[] = [];
  const failures: string[] = [];
  for (const name of options.names) {
    const what = CASES[name];
    if (what === undefined) continue;
    process.stderr.write(`${name}: ${what.content}\n`);
    const measured = machine();
    try {
      const lines = await measureCase(name, what, options);
      const { content } = what;
      outcomes.push({ name, content, measured, rounds: roundsOf(what, options), lines });
      keep(outcomes, options);
    } catch (error) {
      failures.push(`${name}: ${textOfError(error).split("\n", 1)[0] ?? ""}`);
      process.stderr.write(`${name} failed: ${textOfError(error)}\n`);
    }
  }
  return { outcomes, failures };
}

function keep(outcomes: readonly Outcome[], { json, write }: Options): void {
  if (json !== undefined) writeFileSync(json, textOf(outcomes));
  if (write) writePerformance(outcomes);
}

/** @throws Error where the cases on a disk would measure none. */
function assertDisk({ disk, names }: Options): void {
  const needsDisk = names.some((name) => {
    const what = CASES[name];
    return what?.kind === "race" && what.place !== "memory";
  });
  if (!needsDisk || !isInMemory(disk)) return;
  throw new Error(
    `cannot measure writing to a disk: ${disk} is in memory; give a folder that is not by --disk, or name the cases without those on a disk`,
  );
}

/** What the numbers depend on, in one line; the load is of the minute before. */
function machine(): string {
  const [first] = cpus();
  const memory = `${(totalmem() / 1024 ** 3).toFixed(0)} GiB`;
  const processor = `${cpus().length} × ${first?.model ?? "unknown processor"}`;
  const day = new Date().toISOString().slice(0, 10);
  const system = `${process.platform} ${release()}, node ${process.version}`;
  const [load = 0] = loadavg();
  return `${day}, ${processor}, ${memory}, ${system}, load ${load.toFixed(0)}`;
}

function textOfError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${textOfError(error)}\n`);
    process.exitCode = 1;
  },
);
