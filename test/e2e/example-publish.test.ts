/**
 * examples/publish: one stack publishes, the other consumes what that has pushed, by its digest, also when
 * somebody moves the tag.
 */
import * as assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Project, State } from "../support/engine";
import { exampleFor } from "../support/example-for-test";
import { exampleFiles } from "../support/example-files";
import { registryFor } from "../support/registry-for-test";
import { REPOSITORY } from "../support/repository";

const POLICY = "policies/regions.json";

test("examples/publish: what one stack has published, the other takes by its digest", async (t) => {
  const registry = await registryFor(t);
  const policy = await readFile(join(REPOSITORY, "examples/publish", POLICY), "utf8");
  const consumer = Object.entries(await exampleFiles("publish/consumer"));
  const project = await exampleFor(t, "publish", registry, {
    [POLICY]: policy,
    ...Object.fromEntries(consumer.map(([name, text]) => [`consumer/${name}`, text])),
  });

  const preview = await project.preview({ diff: true });
  assert.equal(preview.exitCode, 0, preview.text);
  assert.match(preview.text, /\.\/regions\.json: "[0-9a-f]{12}"/);
  assert.deepEqual(registry.repository("team/policies").tags(), []);
  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);
  const first = registry.repository("team/policies").manifest("latest")?.digest;
  assert.equal(
    (await project.stackOutputs())["pinned"],
    `${registry.localhost}/team/policies@${first}`,
  );

  await consume(project, ["stack", "init", "dev"]);
  await consume(project, ["up", "--yes"]);
  assert.equal((await taken(project, "policies"))["digest"], first);
  assert.deepEqual(await taken(project, "regions"), {
    input: { allowed: ["eu-central-1", "eu-north-1"] },
  });

  // What somebody pushes under the same tag is not what the stack has published.
  const foreign = registry
    .repository("team/policies")
    .putManifest({ schemaVersion: 2, layers: [] });
  registry.repository("team/policies").tag("latest", foreign);
  await consume(project, ["up", "--yes", "--expect-no-changes"]);

  await writeFile(join(project.directory, POLICY), '{ "allowed": ["eu-central-1"] }\n');
  const next = await project.up();
  assert.equal(next.exitCode, 0, next.text);
  const text = await consume(project, ["preview", "--diff"]);
  const second = registry.repository("team/policies").manifest("latest")?.digest;
  assert.match(text, new RegExp(`~ digest *: "${first}" => "${second}"`));
  await consume(project, ["up", "--yes"]);
  assert.deepEqual(await taken(project, "regions"), { input: { allowed: ["eu-central-1"] } });
});

/** Runs the CLI in the folder of the other program; it has to succeed. */
async function consume(project: Project, words: readonly string[]): Promise<string> {
  const flags = words[0] === "stack" ? [] : ["--stack", "dev"];
  const quiet = ["--non-interactive", "--color", "never"];
  const run = await project.run("pulumi", [...words, ...flags, ...quiet], { folder: "consumer" });
  assert.equal(run.exitCode, 0, run.text);
  return run.text;
}

/** The inputs of a resource in the state of the other program. */
async function taken(project: Project, name: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await consume(project, ["stack", "export"]);
  const { deployment } = JSON.parse(text.slice(text.indexOf("{"))) as State;
  const found = deployment.resources?.find(({ urn }) => urn.endsWith(`::${name}`));
  return found?.inputs ?? {};
}
