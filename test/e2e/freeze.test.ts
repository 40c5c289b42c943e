/**
 * A tag that is frozen: `ignoreChanges: ["digest"]` stays with the digest in the state, natively. And a
 * reference that names a digest from the beginning.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { createProject } from "../support/engine";
import {
  FIRST,
  plainArgs,
  program,
  publishFiles,
  REPOSITORY_NAME,
  SECOND,
} from "../support/manifests";
import { startRegistry } from "../support/registry";

test('ignoreChanges: ["digest"] freezes a tag, and without it the tag is followed again', async () => {
  const registry = await startRegistry();
  const first = publishFiles(registry, FIRST);
  const frozen = program(plainArgs(registry), `{ ignoreChanges: ["digest"] }`);
  const project = await createProject({ program: frozen });
  try {
    const created = await project.up();
    assert.equal(created.exitCode, 0, created.text);
    const second = publishFiles(registry, SECOND);
    registry.clearRequests();
    const up = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal((await project.stackOutputs())["digest"], first.digest);
    assert.equal(registry.count(), 0, "a digest that the cache holds is asked of nobody");

    await project.writeProgram(program(plainArgs(registry)));
    const followed = await project.up();
    assert.equal(followed.exitCode, 0, followed.text);
    assert.equal((await project.stackOutputs())["digest"], second.digest);
  } finally {
    await project.dispose();
    await registry.close();
  }
});

test("the path of a reference by digest is known in each preview, though it has no tag", async () => {
  const registry = await startRegistry();
  const { digest } = publishFiles(registry, FIRST);
  const reference = `${registry.host}/${REPOSITORY_NAME}@${digest}`;
  const project = await createProject({
    program: `
      const { existsSync } = require("node:fs");
      const { OciArtifact } = require("pulumi-oci-artifact");
      const { path } = new OciArtifact("pinned", { reference: "${reference}", plainHttp: true });
      path.apply((folder) => console.log("read in", existsSync(folder) ? folder : "nothing"));
    `,
  });
  try {
    for (const operate of [project.preview, project.up, project.preview]) {
      const { exitCode, text } = await operate();
      assert.equal(exitCode, 0, text);
      assert.match(text, /read in \.oci-artifacts\/manifests-[0-9a-f]{16}/);
    }
  } finally {
    await project.dispose();
    await registry.close();
  }
});
