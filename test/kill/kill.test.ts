/**
 * Processes that are killed at random, and always the same moments: pulls, placing and publishing. What
 * somebody can read is whole, the next run succeeds, and nothing is left of the dead one.
 *
 * `npm run kill` does the same for as long as one likes; a round that does not hold becomes a test here.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { killAtRandom } from "./harness";
import { roomsOf } from "./rooms";

const ROUNDS = { pull: 18, place: 14, publish: 14 };

for (const [name, rounds] of Object.entries(ROUNDS)) {
  test(`${rounds} kills at random, of ${name}`, async () => {
    const held = await killAtRandom({ rooms: roomsOf([name]), rounds, seed: 1 });
    assert.equal(held.length, rounds);
    assert.ok(held.some(({ fell }) => fell === "midway"));
  });
}
