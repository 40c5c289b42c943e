/**
 * The command line of `npm run bench`. Reads nothing else.
 */
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { CASES } from "./cases";

export const USAGE = `usage: npm run bench -- [--rounds N] [--must] [--disk FOLDER] [--json FILE] [--write] [CASE…]

cases: ${Object.keys(CASES).join(", ")}
  --rounds N     runs of each program (default 5; on a disk, and of a stack, 3)
  --must         exit code 1 where we are slower than we have to be
  --disk FOLDER  where the cases on a disk write (default: the system's temporary folder)
  --json FILE    writes what was measured there, too
  --write        puts it into docs/performance.json and the table of docs/performance.md`;

export interface Options {
  readonly names: readonly string[];
  readonly rounds: number | undefined;
  readonly must: boolean;
  readonly disk: string;
  readonly json: string | undefined;
  readonly write: boolean;
}

/** Undefined where there is no sense in it. */
export function optionsOf(args: readonly string[]): Options | undefined {
  const options = {
    rounds: { type: "string" },
    must: { type: "boolean", default: false },
    disk: { type: "string", default: tmpdir() },
    json: { type: "string" },
    write: { type: "boolean", default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
    const isCount = rounds === undefined || (Number.isInteger(rounds) && rounds > 0);
    const areCases = positionals.every((name) => Object.hasOwn(CASES, name));
    if (!isCount || !areCases) return undefined;
    const wanted = new Set(positionals.length > 0 ? positionals : Object.keys(CASES));
    const names = Object.keys(CASES).filter((name) => wanted.has(name));
    const { must, disk, json, write } = values;
    return { names, rounds, must, disk, json, write };
  } catch {
    return undefined;
  }
}
