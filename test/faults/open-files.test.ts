/**
 * A small limit for open files, the system's own: a pull of many layers and of many artifacts comes to
 * its content, or to an error that says what to raise; the next run succeeds.
 */
import * as assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { registryFor } from "../support/registry-for-test";
import { assertInWords, assertTidy, filesIn, placeFor } from "./command";

const LAYERS = Array.from({ length: 24 }, (_, index) => ({ [`${index}.txt`]: `layer ${index}` }));
const CONTENT = Object.fromEntries(LAYERS.flatMap((files) => Object.entries(files)));
const ARTIFACTS = Array.from({ length: 6 }, (_, index) => `app-${index}`);

test("a limit of open files: each of many artifacts is whole, or the limit is named", async (t) => {
  const registry = await registryFor(t);
  for (const name of ARTIFACTS) {
    const layers = LAYERS.map((files) => ({
      bytes: tarGz(files),
      mediaType: MEDIA_TYPES.tarGzip,
    }));
    publish(registry, `team/${name}`, "1", { layers });
  }
  const place = placeFor(t);
  const list = ARTIFACTS.map((name) => `${registry.host}/team/${name}:1\tout/${name}\n`).join("");
  writeFileSync(join(place.project, "list.txt"), list);
  const line = ["pull", "--from-file", "list.txt", "--plain-http"];
  const failed: number[] = [];
  for (const files of [24, 40]) {
    const run = await place.run(line, { files });
    if (run.exitCode === 0) continue;
    // With fewer, Node itself cannot begin, and says so in its own words.
    if (!run.stderr.includes("cannot ")) continue;
    failed.push(files);
    assertInWords(run, /too many files are open \(EMFILE\)/);
  }
  const run = await place.run(line);
  assert.equal(run.exitCode, 0, run.stderr);
  for (const name of ARTIFACTS) assert.deepEqual(filesIn(place, `out/${name}`), CONTENT);
  await assertTidy(place);
  t.diagnostic(`failed in words with ${failed.join(", ") || "none"}`);
});
