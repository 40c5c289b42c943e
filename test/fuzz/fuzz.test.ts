/**
 * Everything that reads what a stranger wrote, on what chance makes: first the seeds that once found
 * something or come by something rare, then a share of new ones. `npm run fuzz` searches for longer.
 */
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { folderFor } from "../support/folder-for-test";
import { GRAMMARS } from "./grammars";
import { search } from "./search";

/** A seed that is kept. */
interface Kept {
  readonly grammar: string;
  readonly seed: number;
  /** What it comes to: where that changes, the grammar makes something else of it now. */
  readonly outcome: string;
  /** What it has found, or where it leads. */
  readonly why: string;
}

const FILE = join(process.cwd(), "test", "fuzz", "seeds.json");
const KEPT = JSON.parse(readFileSync(FILE, "utf8")) as readonly Kept[];

/** Where the share begins: always the same, so that a change is to blame for what it finds. */
const FIRST = 20_260_701;

for (const { name: grammar, share, reaches } of GRAMMARS) {
  describe(grammar, () => {
    const kept = KEPT.filter((each) => each.grammar === grammar);

    if (kept.length > 0) {
      test(`the ${kept.length} seeds that are kept`, async (t) => {
        const seeds = kept.map(({ seed }) => seed);
        const { outcomes } = await search({ grammar, folder: folderFor(t), seeds });
        assert.deepEqual(
          kept.map(({ seed, why }, at) => ({ seed, outcome: outcomes[at], why })),
          kept.map(({ seed, why, outcome }) => ({ seed, outcome, why })),
        );
      });
    }

    test(`${share} rounds`, async (t) => {
      const seeds = { first: FIRST, rounds: share };
      const { counts } = await search({ grammar, folder: folderFor(t), seeds });
      t.diagnostic(JSON.stringify(counts));
      // A search that finds no error, or nothing whole, does not search.
      for (const outcome of reaches) assert.ok((counts[outcome] ?? 0) >= 5, outcome);
    });
  });
}

test("each seed that is kept is of a grammar that is searched", () => {
  const names = GRAMMARS.map(({ name }) => name);
  for (const { grammar } of KEPT) assert.ok(names.includes(grammar), grammar);
});
