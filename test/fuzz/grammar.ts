/**
 * What a grammar is to the search: one round makes something from chance, hands it to the parts that read
 * it, and holds what they make of it against what is true. It runs nothing.
 */
import type { Random } from "./random";

/** What a round has. */
export interface Round {
  readonly random: Random;
  /** A folder of the grammar's own. What a round leaves there, the next one finds. */
  readonly folder: string;
}

export interface Grammar {
  readonly name: string;
  /** Rounds that `npm test` runs. */
  readonly share: number;
  /** Outcomes that a search comes by often: one that finds no error, or nothing whole, does not search. */
  readonly reaches: readonly string[];
  /** What has come of the seed, in a word. Throws where that is a defect. */
  readonly round: (round: Round) => string | Promise<string>;
}
