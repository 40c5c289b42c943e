/** How far a download is: told now and then, each byte once, and never more than there are. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Progress, Report } from "../../provider/context";
import { openFetchProgress } from "../../provider/fetch-progress";
import { digestOf } from "../../provider/digest";
import type { Descriptor } from "../../provider/types";

function blob(name: string, size: number): Descriptor {
  return { digest: digestOf(name), size, mediaType: "x/y", annotations: {} };
}

function recorded(): { readonly report: Report; readonly told: readonly number[] } {
  const told: number[] = [];
  const status = (_: string, progress?: Progress): void => {
    told.push(progress?.doneBytes ?? -1);
  };
  return { report: { info: () => undefined, warning: () => undefined, status }, told };
}

describe("progress", () => {
  test("is the sum of all blobs, and ends at their size", () => {
    const { report, told } = recorded();
    const [a, b] = [blob("a", 100), blob("b", 300)];
    const progress = openFetchProgress([a, b], report);
    progress.reached(a, 50);
    progress.reached(b, 100);
    progress.reached(a, 100);
    progress.reached(b, 300);
    assert.deepEqual(told, [50, 150, 200, 400]);
  });

  test("counts a blob that is begun anew from its beginning", () => {
    const { report, told } = recorded();
    const a = blob("a", 400);
    const progress = openFetchProgress([a], report);
    for (const bytes of [300, 400, 100, 400]) progress.reached(a, bytes);
    assert.deepEqual(told, [300, 400, 100, 400]);
  });

  test("is never more than the whole, whatever a registry sends", () => {
    const { report, told } = recorded();
    const a = blob("a", 100);
    openFetchProgress([a], report).reached(a, 1_000_000);
    assert.deepEqual(told, [100]);
  });

  test("is told at most two hundred times on the way", () => {
    const { report, told } = recorded();
    const a = blob("a", 100_000);
    const progress = openFetchProgress([a], report);
    for (let bytes = 1; bytes <= a.size; bytes += 1) progress.reached(a, bytes);
    assert.equal(told.length, 200);
    assert.equal(told.at(-1), 100_000);
  });
});
