/**
 * Archives and manifests that are changed at random, with the digests of what came of it, so that the
 * change gets to whoever reads them: nothing ends in anything but a tree or an error in words.
 *
 * A failure names its seed: `OCI_ARTIFACT_FUZZ_SEED=<seed> OCI_ARTIFACT_FUZZ_ROUNDS=1` runs that alone;
 * more rounds search for longer.
 */
import * as assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { folderFor } from "../support/folder-for-test";
import type { FuzzNews, FuzzWork } from "./fuzz-worker";

const SEED = Number(process.env["OCI_ARTIFACT_FUZZ_SEED"] ?? 20_260_701);
const ROUNDS = Number(process.env["OCI_ARTIFACT_FUZZ_ROUNDS"] ?? 3_000);

/** One seed takes milliseconds; after this it hangs. */
const HANG_MS = 30_000;

test(`${ROUNDS} changes at random, from the seed ${SEED} on`, async (t) => {
  const workerData: FuzzWork = { folder: folderFor(t), seed: SEED, rounds: ROUNDS };
  const worker = new Worker(join(__dirname, "fuzz-worker.js"), { workerData });
  t.after(() => worker.terminate());
  let seed = SEED;
  const outcomes = await new Promise<Readonly<Record<string, number>>>((resolve, reject) => {
    const fail = (reason: string, cause?: unknown): void => {
      reject(new Error(`OCI_ARTIFACT_FUZZ_SEED=${seed} ${reason}`, { cause }));
    };
    const hang = setTimeout(() => {
      fail(`is not done after ${HANG_MS} ms`);
    }, HANG_MS);
    worker.on("message", (news: FuzzNews) => {
      hang.refresh();
      if (news.kind === "seed") ({ seed } = news);
      else resolve(news.outcomes);
      if (news.kind === "done") clearTimeout(hang);
    });
    worker.once("error", (error) => {
      clearTimeout(hang);
      fail(`leads to ${error.message}`, error);
    });
  });
  t.diagnostic(JSON.stringify(outcomes));
  // A search that finds no error, or nothing whole, does not search.
  for (const outcome of ROUNDS < 300 ? [] : ["done", "BAD_ARCHIVE", "UNSUPPORTED_MANIFEST"]) {
    assert.ok((outcomes[outcome] ?? 0) > ROUNDS / 50, `${outcome} in ${JSON.stringify(outcomes)}`);
  }
});
