/**
 * A tag that moves, from one command to the next: what `onTagMove`, a frozen digest, a digest beside
 * the tag and a saved plan make of it.
 */
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Operation, type Project } from "../support/engine";
import { FIRST, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

const THIRD = { "deployment.yaml": "kind: Deployment\nreplicas: 5\n" };

/** One artifact for each way to meet a moved tag, all of the same tag. */
const program = (host: string, digest: string, frozen = "team/manifests:1"): string => `
  const { OciArtifact } = require("pulumi-oci-artifact");
  const declare = (name, reference, args = {}, options = {}) =>
    new OciArtifact(name, { reference: "${host}/" + reference, plainHttp: true, ...args }, options);
  declare("updated", "team/manifests:1", { onTagMove: "update" });
  declare("kept", "team/manifests:1", { onTagMove: "keep" });
  declare("frozen", "${frozen}", {}, { ignoreChanges: ["digest"] });
  declare("both", "team/manifests:1@${digest}");
  declare("pinned", "team/manifests:1", { digest: "${digest}" });
`;

/** The lines on the row of the resource of this name. */
function linesOf(operation: Operation, name: string): string {
  const urn = operation.steps.find((step) => step.name === name)?.urn;
  const lines = operation.diagnostics.filter((line) => line.urn === urn);
  return lines.map(({ severity, message }) => `${severity}: ${message}`).join("\n");
}

describe("a tag that moves from one command to the next", () => {
  let registry: TestRegistry;
  let project: Project;
  let first: string;
  let second: string;
  before(async () => {
    registry = await startRegistry();
    first = publishFiles(registry, FIRST).digest;
    publishFiles(registry, THIRD, "1", "team/others");
    project = await createProject({ program: program(registry.host, first) });
    const up = await project.up({ args: ["--skip-preview"] });
    assert.equal(up.exitCode, 0, up.text);
    second = publishFiles(registry, SECOND).digest;
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("is followed, kept, frozen, or warned of where a digest stands beside it", async () => {
    const preview = await project.preview({ diff: true });
    assert.equal(preview.exitCode, 0, preview.text);
    const operations = preview.steps.map(({ name, operation }) => [name, operation]);
    assert.deepEqual(Object.fromEntries(operations), {
      "example-dev": "same",
      default: "same",
      updated: "update",
      kept: "same",
      frozen: "same",
      both: "same",
      pinned: "same",
    });
    assert.deepEqual(preview.step("updated").inputs["digest"], second);
    assert.match(linesOf(preview, "both"), /^warning: the tag 1 points to sha256:/);
    assert.equal(linesOf(preview, "pinned") + linesOf(preview, "frozen"), "");
  });

  test("a preview applies nothing: the update that follows asks for the tag again", async () => {
    publishFiles(registry, THIRD);
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.notEqual(up.step("updated").outputs["digest"], second);
    assert.equal(up.step("updated").operation, "update");
    assert.equal(up.step("kept").outputs["digest"], first);
    second = publishFiles(registry, SECOND).digest;
  });

  test('is an error with "error", and nothing changes', async () => {
    const source = program(registry.host, first);
    await project.writeProgram(source.replace(`onTagMove: "update"`, `onTagMove: "error"`));
    const before = await project.exportState();
    const up = await project.up();
    assert.notEqual(up.exitCode, 0, up.text);
    assert.match(up.text, /its tag has moved from sha256:\w+ to sha256:\w+\n.*hint: /);
    assert.deepEqual(
      (await project.exportState()).deployment.resources,
      before.deployment.resources,
    );
    await project.writeProgram(source);
  });

  test("is refused where a saved plan says another digest", async () => {
    const saved = await project.preview({ args: ["--save-plan", "plan.json"] });
    assert.equal(saved.exitCode, 0, saved.text);
    publishFiles(registry, FIRST);
    const up = await project.up({ args: ["--plan", "plan.json", "--skip-preview"] });
    assert.notEqual(up.exitCode, 0, up.text);
    assert.match(up.text, new RegExp(`violates plan: .*digest.*${second}.*${first}`));
    publishFiles(registry, SECOND);
    const planned = await project.up({ args: ["--plan", "plan.json", "--skip-preview"] });
    assert.equal(planned.exitCode, 0, planned.text);
    assert.equal(planned.step("updated").outputs["digest"], second);
  });

  test('a frozen digest also holds for another reference, which is said: and "keep" lets go', async () => {
    await project.writeProgram(
      program(registry.host, first, "team/manifests:other").replace(
        `"kept", "team/manifests:1"`,
        `"kept", "team/others:1"`,
      ),
    );
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(up.step("frozen").operation, "update");
    assert.match(linesOf(up, "frozen"), /^warning: the digest .* came with .*:1 and is kept, /);
    assert.notEqual(up.step("kept").outputs["digest"], first);
    const { resources = [] } = (await project.exportState()).deployment;
    const frozen = resources.find(({ urn }) => urn.endsWith("::frozen"))?.outputs ?? {};
    const { reference, digest, pinned, path } = frozen;
    const repository = `${registry.host}/team/manifests`;
    assert.deepEqual(
      [reference, digest, pinned],
      [`${repository}:other`, first, `${repository}@${first}`],
    );
    const file = join(project.directory, String(path), "deployment.yaml");
    assert.equal(readFileSync(file, "utf8"), FIRST["deployment.yaml"]);
  });
});
