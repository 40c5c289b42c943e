/**
 * Whole runs of the engine that are killed at random, and always the same moments: afterwards what
 * somebody can read is whole, and the next run succeeds as soon as the engine lets it.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { killAtRandom } from "./harness";
import { roomsOf } from "./rooms";

// Two of a create, one of an update, one of a destroy.
test("4 kills at random, of a whole pulumi up or destroy", async () => {
  const held = await killAtRandom({ rooms: roomsOf(["up"]), rounds: 4, seed: 6 });
  assert.equal(held.length, 4);
  assert.ok(held.some(({ fell }) => fell === "midway"));
});
