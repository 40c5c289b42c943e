/**
 * A resource that gets another name: the engine makes a new one and deletes the old one, and what both
 * publish stays. Then its registry is gone, and refresh and destroy end all the same.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { projectFor } from "../support/project-for-test";
import { registryFor } from "../support/registry-for-test";

test("a renamed push keeps its tag, and a registry that is gone holds up nothing", async (t) => {
  const registry = await registryFor(t);
  const program = (name: string): string => `
    const { OciArtifactPush } = require("pulumi-oci-artifact");
    const reference = "${registry.host}/team/content:1";
    new OciArtifactPush("${name}", { source: "./content", reference, deleteOnDestroy: true });
  `;
  const project = await projectFor(t, {
    program: program("before"),
    files: { "content/a.txt": "a\n" },
    config: { "oci-artifact:registries": JSON.stringify({ [registry.host]: { plainHttp: true } }) },
  });
  const created = await project.up();
  assert.equal(created.exitCode, 0, created.text);
  await project.writeProgram(program("after"));
  const renamed = await project.up();
  assert.equal(renamed.exitCode, 0, renamed.text);
  assert.equal(renamed.step("before").operation, "delete", renamed.text);
  assert.match(renamed.text, /team\/content:1 stays: the program publishes it still/);
  assert.deepEqual(registry.repository("team/content").tags(), ["1"]);

  await registry.stop();
  const refreshed = await project.refresh();
  assert.equal(refreshed.exitCode, 0, refreshed.text);
  assert.match(refreshed.text, /cannot be asked, so this refresh shows no drift/);
  const destroyed = await project.destroy();
  assert.equal(destroyed.exitCode, 0, destroyed.text);
});
