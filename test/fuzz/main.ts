/**
 * `npm run fuzz -- [minutes] [--only <grammar>] [--seed <seed>]`: searches all grammars, or one, for so many
 * minutes, from a seed of chance. With a seed and no minutes, that seed alone. Ends with 1 where anything
 * was found; it mends and keeps nothing.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { GRAMMARS } from "./grammars";
import { search } from "./search";

const DEFAULT_MINUTES = "10";

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { only: { type: "string" }, seed: { type: "string" } },
  });
  const { only, seed } = values;
  const grammars = GRAMMARS.filter(({ name }) => only === undefined || name === only);
  if (grammars.length === 0) {
    console.error(`--only takes ${GRAMMARS.map(({ name }) => name).join(", ")}`);
    process.exitCode = 1;
    return;
  }
  const isOne = seed !== undefined && positionals.length === 0;
  const minutes = Number(positionals[0] ?? DEFAULT_MINUTES);
  const first = seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(seed);
  for (const { name } of grammars) {
    const folder = mkdtempSync(join(tmpdir(), "oci-artifact-fuzz-"));
    const until = Date.now() + (minutes * 60_000) / grammars.length;
    try {
      const searched = await search({
        grammar: name,
        folder,
        seeds: { first, rounds: isOne ? 1 : 2 ** 31 },
        ...(isOne ? {} : { until }),
      });
      const last = (first + searched.rounds - 1) >>> 0;
      console.log(`${name}: ${searched.rounds} rounds, seeds ${first} to ${last}`);
      console.log(`  ${JSON.stringify(searched.counts)}`);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

void main();
