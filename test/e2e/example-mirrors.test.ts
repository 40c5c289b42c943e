/**
 * examples/mirrors, as it lies in the checkout but for the ports of this run: the first mirror of its
 * registries.conf is not there, the second serves.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { exampleFiles } from "../support/example-files";
import { FIRST, publishFiles } from "../support/manifests";
import { projectFor } from "../support/project-for-test";
import { registryFor } from "../support/registry-for-test";

test("examples/mirrors: the second mirror serves where the first is not there", async (t) => {
  const [first, second] = [await registryFor(t), await registryFor(t)];
  await first.stop();
  const { digest } = publishFiles(second, FIRST, "1", "mirrored/team/manifests");
  const {
    "index.ts": program = "",
    "registries.conf": conf = "",
    ...files
  } = await exampleFiles("mirrors");
  const moved = conf
    .replace("localhost:5001", first.localhost)
    .replace("localhost:5000", second.localhost);
  assert.ok(moved.includes(first.localhost) && moved.includes(second.localhost));
  const project = await projectFor(t, {
    program,
    typescript: true,
    files: { ...files, "registries.conf": moved },
  });

  const preview = await project.preview({ diff: true });
  assert.equal(preview.exitCode, 0, preview.text);
  assert.match(preview.text, new RegExp(`digest *: "${digest}"`));
  assert.match(
    preview.text,
    new RegExp(`served by mirror .*${second.localhost}/mirrored/team/manifests`),
  );
  const missed = `mirror https://${first.localhost}/team/manifests cannot be used: refuses connections`;
  assert.equal(preview.text.split("warning: ").length, 2, preview.text);
  assert.ok(preview.text.includes(`warning: ${missed}`), preview.text);
  assert.doesNotMatch(preview.text, /error/);
  assert.equal(second.count({ kind: "blob" }), 1);
});
