/**
 * State outlives the machine: on another one there is no diff, and the content is there before an
 * asset, a provider or the program reads it, also where the engine does not check the artifact.
 */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Operation, type Project } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

/** With two more readers: a provider in its check, and the program itself. */
function readers(registry: TestRegistry): string {
  return `
    ${program(plainArgs(registry))}
    const { readFileSync } = require("node:fs");
    class Reader extends pulumi.dynamic.Resource {
      constructor(name, path) {
        const read = (path) => require("node:fs").readFileSync(path + "/deployment.yaml", "utf8");
        super({
          check: async (_olds, news) => ({ inputs: { ...news, text: read(news.path) } }),
          create: async (inputs) => ({ id: name, outs: inputs }),
          update: async (_id, _olds, news) => ({ outs: news }),
        }, name, { path, text: undefined });
      }
    }
    exports.byProvider = new Reader("reader", manifests.path).text;
    exports.byProgram = manifests.file("deployment.yaml").apply((file) => readFileSync(file, "utf8"));
  `;
}

/** As if the machine had never seen the artifact. */
async function forget(project: Project): Promise<void> {
  await rm(join(project.directory, ".oci-artifacts"), { recursive: true, force: true });
  await rm(project.cache, { recursive: true, force: true });
}

async function artifactOf(project: Project): Promise<unknown> {
  const { resources = [] } = (await project.exportState()).deployment;
  const found = resources.find(({ type }) => type.endsWith(":OciArtifact"));
  return { inputs: found?.inputs, outputs: found?.outputs };
}

async function pathOf(project: Project): Promise<string> {
  return join(project.directory, String((await project.stackOutputs())["path"]));
}

/** Nothing differs, nobody is warned, and all readers have got the first version. */
async function assertUntouched(project: Project, up: Operation): Promise<void> {
  assert.equal(up.exitCode, 0, up.text);
  const operations = new Set(up.steps.map(({ operation }) => operation));
  operations.delete("refresh");
  assert.deepEqual([...operations], ["same"]);
  assert.deepEqual(
    up.diagnostics.filter(({ severity }) => severity !== "info").map(({ message }) => message),
    [],
  );
  const { byProvider, byProgram } = await project.stackOutputs();
  const text = await readFile(join(await pathOf(project), "deployment.yaml"), "utf8");
  const expected = FIRST["deployment.yaml"];
  assert.deepEqual([text, byProvider, byProgram], [expected, expected, expected]);
}

describe("another machine, with the state and an empty cache", () => {
  let registry: TestRegistry;
  let project: Project;
  let other: Project;

  before(async () => {
    registry = await startRegistry();
    publishFiles(registry, FIRST);
    project = await createProject({ program: readers(registry) });
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    other = await project.elsewhere();
  });
  after(async () => {
    await other.dispose();
    await project.dispose();
    await registry.close();
  });

  test("shows no diff, and fetches the content once", async () => {
    registry.clearRequests();
    const up = await other.up({ args: ["--expect-no-changes"] });
    await assertUntouched(other, up);
    assert.deepEqual(
      registry.requests.map(({ method, kind }) => `${method} ${kind}`),
      ["GET manifest", "GET blob"],
    );
    assert.deepEqual(await artifactOf(other), await artifactOf(project));
  });

  test("a state names no machine and no transport", async () => {
    const { resources } = (await other.exportState()).deployment;
    const text = JSON.stringify(resources?.map(({ inputs, outputs }) => ({ inputs, outputs })));
    for (const place of [project.directory, project.home, other.directory, other.home]) {
      assert.ok(!text.includes(place), place);
    }
    assert.doesNotMatch(text, /plainHttp|__run/);
  });

  test("a refresh restores nothing and asks nobody, and what comes after it is no diff", async () => {
    await forget(other);
    registry.clearRequests();
    const before = await artifactOf(other);
    const refreshed = await other.refresh();
    assert.equal(refreshed.exitCode, 0, refreshed.text);
    assert.equal(registry.count(), 0);
    assert.ok(!existsSync(await pathOf(other)));
    assert.deepEqual(await artifactOf(other), before);
    const preview = await other.preview({ args: ["--expect-no-changes"] });
    await assertUntouched(other, preview);
  });

  test("up --refresh shows no diff", async () => {
    await forget(other);
    const up = await other.up({ args: ["--refresh", "--expect-no-changes"] });
    await assertUntouched(other, up);
    assert.deepEqual(await artifactOf(other), await artifactOf(project));
  });

  // The tag has moved: what is restored is what the state names.
  for (const limit of [
    ["--target", "**::reader"],
    ["--exclude", "**::manifests"],
  ]) {
    test(`up ${limit.join(" ")} restores what is not checked, though the tag has moved`, async () => {
      publishFiles(registry, SECOND);
      await forget(other);
      const up = await other.up({ args: [...limit, "--expect-no-changes"] });
      await assertUntouched(other, up);
      assert.deepEqual(await artifactOf(other), await artifactOf(project));
    });
  }
});
