/**
 * The cache is pruned again and again, in every form, while pulls are at work: all of them come to their
 * content, and nothing wrong is left in the cache.
 */
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { registryFor } from "../support/registry-for-test";
import { assertTidy, filesIn, placeFor, type Run } from "./command";

/** What no compression makes small: unpacked by threads, while it is fetched. */
const LARGE = { "large.txt": randomBytes(4_000_000).toString("hex") };
const SMALL = { "a.txt": "alpha", "dir/b.txt": "bravo" };

const PRUNINGS = [
  { args: ["--all"], environment: {} },
  { args: ["--older-than", "0m"], environment: {} },
  { args: [], environment: { OCI_ARTIFACT_CACHE_MAX: "0" } },
] as const;

test("the cache is pruned while pulls are at work: cold, warm and large ones succeed", async (t) => {
  const registry = await registryFor(t);
  for (const [tag, files] of Object.entries({ small: SMALL, large: LARGE })) {
    publish(registry, "team/app", tag, {
      layers: [{ bytes: tarGz(files), mediaType: MEDIA_TYPES.tarGzip }],
    });
  }
  const place = placeFor(t);
  const pull = (tag: string, output: string): Promise<Run> => {
    const line = ["pull", `${registry.host}/team/app:${tag}`, "--plain-http", "--output", output];
    return place.run(line);
  };
  let isOver = false;
  const pruning = async (): Promise<number> => {
    let rounds = 0;
    for (; !isOver || rounds < PRUNINGS.length; rounds += 1) {
      const { args, environment } = PRUNINGS[rounds % PRUNINGS.length] ?? PRUNINGS[0];
      const { exitCode, stderr } = await place.run(["cache", "prune", ...args], { environment });
      assert.equal(exitCode, 0, stderr);
    }
    return rounds;
  };
  const pulling = async (tag: string, content: object): Promise<void> => {
    for (let round = 0; round < 4; round += 1) {
      const output = `out-${tag}-${round % 3}`;
      const { exitCode, stderr } = await pull(tag, output);
      assert.equal(exitCode, 0, stderr);
      assert.deepEqual(filesIn(place, output), content);
    }
  };
  const pruned = pruning();
  await Promise.all([pulling("small", SMALL), pulling("large", LARGE)]).finally(() => {
    isOver = true;
  });
  t.diagnostic(`${await pruned} prunings`);
  await assertTidy(place);
});
