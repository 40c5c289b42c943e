/**
 * The driver of the real engine and the real registry, proved on programs that need no artifact: if
 * these fail, no other end-to-end test means anything.
 */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startDistribution } from "../support/distribution";
import { createProject, type Project } from "../support/engine";

const PROGRAM = `
  const pulumi = require("@pulumi/pulumi");
  const size = new pulumi.Config().getNumber("size") ?? 1;
  new pulumi.ComponentResource("test:index:Thing", "thing", { size, token: pulumi.secret("hush") });
  exports.size = size;
  exports.token = pulumi.secret("hush");
`;

describe("a project on the real engine", () => {
  let project: Project;
  before(async () => {
    project = await createProject({ program: PROGRAM, config: { "example:size": "2" } });
  });
  after(() => project.dispose());

  test("goes through preview, up, change, refresh and destroy", async () => {
    const preview = await project.preview();
    assert.equal(preview.exitCode, 0, preview.text);
    assert.equal(preview.step("thing").operation, "create");
    assert.deepEqual((await project.exportState()).deployment.resources ?? [], []);

    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.match(up.text, /Resources:\n {4}\+ 2 created/);
    assert.deepEqual(
      up.previewed.map((step) => [step.name, step.operation]),
      [
        ["example-dev", "create"],
        ["thing", "create"],
      ],
    );
    assert.equal(up.step("thing").inputs["size"], 2);
    assert.deepEqual(await project.stackOutputs(), { size: 2, token: "hush" });

    await project.setConfig("example:size", "3");
    const changed = await project.preview({ diff: true });
    assert.match(changed.text, /~ size *: 2 => 3/);
    assert.equal(changed.step("thing").oldInputs["size"], 2);

    assert.equal((await project.refresh()).exitCode, 0);
    const destroyed = await project.destroy();
    assert.deepEqual(
      destroyed.steps.map((step) => step.operation),
      ["delete", "delete"],
    );
    assert.deepEqual(project.processes(), []);
  });

  test("reports a failing program with its exit code and text", async () => {
    // Without a stack: the SDK has Node color it, and Node 20.20 needs half a minute for a frame in
    // `node_modules/@scope/file`.
    const other = await createProject({
      program: `throw Object.assign(new Error("no such luck"), { stack: "" })`,
    });
    try {
      const { exitCode, text, diagnostics } = await other.up();
      assert.notEqual(exitCode, 0);
      assert.match(text, /no such luck/);
      assert.ok(diagnostics.some(({ severity }) => severity === "error"));
    } finally {
      await other.dispose();
    }
  });
});

test("a listener acts between the preview and the update of one up", async () => {
  const project = await createProject({
    program: `exports.word = require("node:fs").readFileSync("word.txt", "utf8")`,
    files: { "word.txt": "shown" },
  });
  try {
    const summaries: boolean[] = [];
    const up = await project.up({
      onEvent(event) {
        if (event.summaryEvent === undefined) return;
        summaries.push(event.summaryEvent.isPreview);
        if (!event.summaryEvent.isPreview) return;
        return writeFile(join(project.directory, "word.txt"), "moved");
      },
    });
    assert.equal(up.exitCode, 0, up.text);
    assert.deepEqual(summaries, [true, false]);
    assert.match(up.text, /word: "shown"[^]*word: "moved"/);
    await assert.rejects(
      project.preview({
        onEvent() {
          throw new Error("the listener failed");
        },
      }),
      /the listener failed/,
    );
  } finally {
    await project.dispose();
  }
});

test("a TypeScript program is type-checked and run", async () => {
  const program = (value: string): string => `
    import * as pulumi from "@pulumi/pulumi";
    const count: number = ${value};
    export const doubled = pulumi.output(count).apply((known) => known * 2);
  `;
  const project = await createProject({ program: program("21"), typescript: true });
  try {
    assert.equal((await project.up({ args: ["--skip-preview"] })).exitCode, 0);
    assert.deepEqual(await project.stackOutputs(), { doubled: 42 });
    await project.writeProgram(program(`"21"`));
    assert.match((await project.preview()).text, /is not assignable to type 'number'/);
  } finally {
    await project.dispose();
  }
});

test("another machine has the program and the state, and nothing else", async () => {
  const project = await createProject({ program: PROGRAM });
  const machines = [project];
  try {
    await project.up({ args: ["--skip-preview"] });
    await writeFile(join(project.cache, "blob"), "");
    const other = await project.elsewhere();
    machines.push(other);
    const operations = (await other.preview()).steps.map((step) => step.operation);
    assert.deepEqual(operations, ["same", "same"]);
    await assert.rejects(access(join(other.cache, "blob")));
    assert.notEqual(other.home, project.home);

    const empty = await project.elsewhere({ state: false });
    machines.push(empty);
    assert.equal((await empty.preview()).step("thing").operation, "create");
    await empty.importState(await project.exportState());
    assert.equal((await empty.preview()).step("thing").operation, "same");
  } finally {
    for (const machine of machines) await machine.dispose();
  }
});

describe("a program that hangs", () => {
  const program = `
    require("node:child_process").spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    require("node:fs").writeFileSync("started", "");
    setInterval(() => {}, 1000);
  `;

  test("is killed at its deadline", async () => {
    const project = await createProject({ program });
    try {
      await assert.rejects(project.preview({ timeoutMs: 2_000 }), /not done after 2000 ms/);
      assert.deepEqual(project.processes(), []);
    } finally {
      await project.dispose();
    }
  });

  test("ends with its project, and so does all that it started", async () => {
    const project = await createProject({ program });
    const running = project.preview({ timeoutMs: 60_000 });
    try {
      await Promise.race([exists(join(project.directory, "started")), running]);
      // The CLI, its language host, the program, and the program's own detached child.
      assert.ok(project.processes().length >= 4, String(project.processes().length));
    } finally {
      await project.dispose();
    }
    assert.notEqual((await running).exitCode, 0);
    assert.deepEqual(project.processes(), []);
    await assert.rejects(access(project.directory));
  });
});

test("the real registry answers, and is gone after stop", async () => {
  const registry = await startDistribution();
  try {
    const answer = await fetch(`${registry.url}/v2/`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("docker-distribution-api-version"), "registry/2.0");
    assert.deepEqual(await answer.json(), {});
    assert.match(registry.log(), /GET/);
  } finally {
    await registry.stop();
  }
  await assert.rejects(fetch(`${registry.url}/v2/`));
});

async function exists(file: string): Promise<void> {
  for (let round = 0; round < 1_200 && !existsSync(file); round++) await setTimeout(50);
}
