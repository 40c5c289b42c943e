/**
 * examples/mirrors, as it lies in the checkout but for the ports of this run: the first mirror of its
 * registries.conf is not there, the second serves.
 */
import * as assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { FIRST, publishFiles } from "../support/manifests";
import { projectFor } from "../support/project-for-test";
import { registryFor } from "../support/registry-for-test";
import { REPOSITORY } from "../support/repository";

/** Path → text of all files of the example. */
async function exampleFiles(): Promise<Readonly<Record<string, string>>> {
  const folder = join(REPOSITORY, "examples/mirrors");
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const read = async (name: string) => [name, await readFile(join(folder, name), "utf8")] as const;
  return Object.fromEntries(await Promise.all(names.map(read)));
}

test("examples/mirrors: the second mirror serves where the first is not there", async (t) => {
  const [first, second] = [await registryFor(t), await registryFor(t)];
  await first.stop();
  const { digest } = publishFiles(second, FIRST, "1", "mirrored/team/manifests");
  const { "index.ts": program = "", "registries.conf": conf = "", ...files } = await exampleFiles();
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
  assert.doesNotMatch(preview.text, /warning|error/);
  assert.equal(second.count({ kind: "blob" }), 1);
});
