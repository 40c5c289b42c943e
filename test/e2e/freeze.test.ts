/**
 * A tag that is frozen: `ignoreChanges: ["digest"]` stays with the digest in the state, natively.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { createProject } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles, SECOND } from "../support/manifests";
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
