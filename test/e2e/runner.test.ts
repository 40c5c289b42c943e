/**
 * A CI runner that is new each time: it has the program, the state, and at most a cache that somebody
 * kept. Whether anything is new there is a matter of the registry alone.
 */
import * as assert from "node:assert/strict";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Project } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

describe("a fresh runner with a cache that was kept", () => {
  let registry: TestRegistry;
  let project: Project;
  let runner: Project;
  before(async () => {
    registry = await startRegistry();
    publishFiles(registry, FIRST);
    project = await createProject({ program: program(plainArgs(registry)) });
    const up = await project.up({ args: ["--skip-preview"] });
    assert.equal(up.exitCode, 0, up.text);
    runner = await project.elsewhere();
    await cp(project.cache, runner.cache, { recursive: true });
  });
  after(async () => {
    await runner.dispose();
    await project.dispose();
    await registry.close();
  });

  test("needs no registry for what has not changed, and says that it did not ask", async () => {
    await registry.stop();
    const preview = await runner.preview({ args: ["--expect-no-changes"] });
    assert.equal(preview.exitCode, 0, preview.text);
    assert.match(preview.text, /warning: the registry cannot be asked whether 1 has moved/);
    const { path } = await runner.stackOutputs();
    const file = join(runner.directory, String(path), "deployment.yaml");
    assert.equal(await readFile(file, "utf8"), FIRST["deployment.yaml"]);
    await registry.start();
  });

  test("fetches no blob where the registry answers", async () => {
    registry.clearRequests();
    const preview = await runner.preview({ args: ["--expect-no-changes"] });
    assert.equal(preview.exitCode, 0, preview.text);
    assert.equal(registry.count({ kind: "manifest", method: "HEAD" }), 1);
    assert.equal(registry.count(), 1, "and nothing else");
  });

  test("a moved tag fails --expect-no-changes, and the preview applies nothing", async () => {
    publishFiles(registry, SECOND);
    const preview = await runner.preview({ args: ["--expect-no-changes"] });
    assert.notEqual(preview.exitCode, 0);
    assert.match(preview.text, /team\/manifests:1 moved: sha256:\w+ => sha256:\w+; files: ~ /);
    assert.equal((await runner.stackOutputs())["digest"], (await project.stackOutputs())["digest"]);
  });
});
