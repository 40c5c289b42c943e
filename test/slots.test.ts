/** Turns: no more at once than there are slots, nobody overtakes, and who gives up takes none. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { createSlots } from "../provider/slots";

const FOR_EVER = new AbortController().signal;

test("so many at once, the others in order, also after a failure", async () => {
  const slots = createSlots(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const runs = [0, 1, 2, 3].map((number) =>
    slots.run(async () => {
      begun.push(number);
      await new Promise<void>((end) => ends.push(end));
      if (number === 0) throw new Error("failed");
      return number;
    }, FOR_EVER),
  );
  const results = Promise.allSettled(runs);
  const settled = (): Promise<void> => new Promise((next) => setImmediate(next));
  await settled();
  assert.deepEqual(begun, [0, 1]);
  ends[0]?.();
  await settled();
  assert.deepEqual(begun, [0, 1, 2]);
  ends[1]?.();
  ends[2]?.();
  await settled();
  assert.deepEqual(begun, [0, 1, 2, 3]);
  ends[3]?.();
  assert.deepEqual(
    (await results).map((result) => (result.status === "fulfilled" ? result.value : "failed")),
    ["failed", 1, 2, 3],
  );
});

test("who gives up waits no longer, and leaves the slot to the next", async () => {
  const slots = createSlots(1);
  let end = (): void => undefined;
  const first = slots.run(() => new Promise<void>((resolve) => (end = resolve)), FOR_EVER);
  const stop = new AbortController();
  const second = slots.run(() => Promise.resolve(stop.signal.aborted), stop.signal);
  const third = slots.run(() => Promise.resolve("third"), FOR_EVER);
  stop.abort();
  assert.equal(await second, true);
  end();
  await first;
  assert.equal(await third, "third");
});
