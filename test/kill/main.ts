/**
 * `npm run kill -- [rounds] [--seed N] [--only pull,place,publish,up]`: kills so many runs, and tells
 * where the kills fell. Default: 1,000 rounds of all, from a seed that it prints. A round that does not
 * hold is told with its seed, and makes it fail in the end.
 */
import { parseArgs } from "node:util";
import { killAtRandom, type Round } from "./harness";
import { roomsOf } from "./rooms";

const DEFAULT_ROUNDS = 1_000;
const SEEDS = 1_000_000_000;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: "string" }, only: { type: "string" } },
  });
  const rounds = numberIn(positionals[0]) ?? DEFAULT_ROUNDS;
  const seed = numberIn(values.seed) ?? Math.floor(Math.random() * SEEDS);
  const rooms = roomsOf(values.only?.split(",") ?? []);
  const held: Round[] = [];
  process.stdout.write(`${rounds} rounds from seed ${seed}\n`);
  try {
    await killAtRandom({
      rooms,
      rounds,
      seed,
      onRound(round, at) {
        held.push(round);
        process.stdout.write(`${held.length} seed ${at} ${round.title}: ${round.fell}\n`);
      },
      onFailure(error) {
        process.exitCode = 1;
        process.stdout.write(`FAILED ${error instanceof Error ? error.message : String(error)}\n`);
      },
    });
  } finally {
    process.stdout.write(tableOf(held));
  }
}

function numberIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`"${text}" is no whole number`);
  return Number(text);
}

/** A line for each room: how many rounds, and where the kills fell. */
function tableOf(held: readonly Round[]): string {
  const rooms = [...new Set(held.map(({ room }) => room))].sort();
  return rooms
    .map((room) => {
      const rounds = held.filter((round) => round.room === room);
      const count = (fell: Round["fell"]): number =>
        rounds.filter((round) => round.fell === fell).length;
      const fells = ["before the first change", "midway", "after the end"] as const;
      const parts = fells.map((fell) => `${count(fell)} ${fell}`);
      return `${room}: ${rounds.length} rounds held: ${parts.join(", ")}\n`;
    })
    .join("");
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
