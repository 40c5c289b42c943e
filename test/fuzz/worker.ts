/**
 * A thread that runs rounds of one grammar, one seed after the other, and notes each before it begins, so
 * that what hangs has a name. A round that takes more processor time than any should is a defect, too.
 */
import { workerData, parentPort } from "node:worker_threads";
import { GRAMMARS } from "./grammars";
import { randomOf } from "./random";

/** What the thread is given. */
export interface FuzzWork {
  readonly grammar: string;
  /** An empty folder of its own. */
  readonly folder: string;
  /** The seeds, one round each. */
  readonly seeds: readonly number[] | { readonly first: number; readonly rounds: number };
  /** No round begins later, in milliseconds since 1970. */
  readonly until?: number;
  /** Holds the seed of the round under way, and how many have begun. */
  readonly progress: Int32Array;
}

/** What it says at its end. */
export type FuzzNews =
  | { readonly kind: "done"; readonly outcomes: readonly string[]; readonly counts: Counts }
  | { readonly kind: "failed"; readonly seed: number; readonly reason: string };

/** How often each outcome was. */
export type Counts = Readonly<Record<string, number>>;

/** Of processor time; a round takes milliseconds, and what reads a long text in squares takes minutes. */
const MOST_CPU_MS = 4_000;

async function main(work: FuzzWork): Promise<FuzzNews> {
  const { folder, seeds, progress, until = Infinity } = work;
  const grammar = GRAMMARS.find(({ name }) => name === work.grammar);
  if (grammar === undefined) throw new Error(`there is no grammar ${work.grammar}`);
  const outcomes: string[] = [];
  const counts: Record<string, number> = {};
  const rounds = "rounds" in seeds ? seeds.rounds : seeds.length;
  for (let round = 0; round < rounds && Date.now() < until; round += 1) {
    const seed = "rounds" in seeds ? (seeds.first + round) >>> 0 : (seeds[round] ?? 0);
    Atomics.store(progress, 0, seed | 0);
    Atomics.store(progress, 1, round + 1);
    const before = process.cpuUsage();
    try {
      const outcome = await grammar.round({ random: randomOf(seed), folder });
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      if (!("rounds" in seeds)) outcomes.push(outcome);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { kind: "failed", seed, reason };
    }
    const { user, system } = process.cpuUsage(before);
    const spentMs = (user + system) / 1_000;
    if (spentMs > MOST_CPU_MS) {
      return { kind: "failed", seed, reason: `it takes ${spentMs} ms of processor time` };
    }
  }
  return { kind: "done", outcomes, counts };
}

void main(workerData as FuzzWork).then((news) => {
  parentPort?.postMessage(news);
});
