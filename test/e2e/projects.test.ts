/**
 * Where a program may lie and who may run it: `main`, subfolders, several stacks, a renamed one, the
 * Automation API, an archive of the program's own folder, `pulumi watch`. The content lies beside the
 * program each time, and nobody sees a change that is none.
 */
import * as assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { createProject, type Project } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";
import { prepareEngine } from "../support/toolchain";

const TREE = /^manifests-[0-9a-f]{16}$/;

/** Names of the trees beside a program in this folder. */
async function treesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(join(folder, ".oci-artifacts")).catch(() => []);
  return names.filter((name) => TREE.test(name));
}

describe("where a program lies", () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await startRegistry();
    publishFiles(registry, FIRST);
  });
  after(() => registry.close());

  test("in a folder named by `main`, with the CLI started anywhere in the project", async () => {
    const project = await createProject({
      program: "",
      files: {
        "Pulumi.yaml": JSON.stringify({ name: "example", main: "source/app", runtime: "nodejs" }),
        "source/app/index.js": program(plainArgs(registry)),
        "docs/guide/index.md": "",
      },
    });
    try {
      const up = await project.up({ args: ["--skip-preview"] });
      assert.equal(up.exitCode, 0, up.text);
      const unchanged = ["--skip-preview", "--expect-no-changes"];
      for (const options of [
        { folder: "docs/guide", args: unchanged },
        { folder: "docs", args: ["-C", "../source", ...unchanged] },
      ]) {
        const again = await project.up(options);
        assert.equal(again.exitCode, 0, again.text);
      }
      assert.equal((await treesIn(join(project.directory, "source/app"))).length, 1);
      for (const folder of ["", "source", "docs", "docs/guide"]) {
        const path = join(project.directory, folder, ".oci-artifacts");
        assert.equal(existsSync(path), false, path);
      }
    } finally {
      await project.dispose();
    }
  });

  test("in a folder that it archives itself: no diff from run to run", async () => {
    const archiving = program(plainArgs(registry)).replace(
      `new Bundle("bundle", {`,
      `new Bundle("bundle", { all: new pulumi.asset.FileArchive("."),`,
    );
    const project = await createProject({ program: archiving });
    try {
      const up = await project.up();
      assert.equal(up.exitCode, 0, up.text);
      const again = await project.up({ args: ["--expect-no-changes"] });
      assert.equal(again.exitCode, 0, again.text);
    } finally {
      await project.dispose();
    }
  });
});

describe("stacks that share a folder", () => {
  let registry: TestRegistry;
  let project: Project;
  const skip = ["--skip-preview"];
  before(async () => {
    registry = await startRegistry();
    publishFiles(registry, FIRST);
    project = await createProject({ program: program(plainArgs(registry)) });
    const init = await project.run("pulumi", ["stack", "init", "other", "--non-interactive"]);
    assert.equal(init.exitCode, 0, init.text);
    for (const stack of ["dev", "other"]) {
      const up = await project.up({ args: skip, stack });
      assert.equal(up.exitCode, 0, up.text);
    }
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("share the tree, and a destroyed one gives up its own claim only", async () => {
    const claims = join(project.directory, ".oci-artifacts", ".pulumi/claims");
    assert.equal((await treesIn(project.directory)).length, 1);
    assert.equal((await readdir(claims)).length, 2);
    const destroyed = await project.destroy({ args: skip, stack: "other" });
    assert.equal(destroyed.exitCode, 0, destroyed.text);
    assert.equal((await readdir(claims)).length, 1);
    assert.equal((await treesIn(project.directory)).length, 1);
  });

  test("a renamed one sees no change", async () => {
    const rename = ["stack", "rename", "production", "--stack", "dev", "--non-interactive"];
    const renamed = await project.run("pulumi", rename);
    assert.equal(renamed.exitCode, 0, renamed.text);
    const up = await project.up({ args: ["--expect-no-changes"], stack: "production" });
    assert.equal(up.exitCode, 0, up.text);
    assert.match(up.step("manifests").urn, /^urn:pulumi:production::/);
  });
});

describe("the Automation API", () => {
  let registry: TestRegistry;
  let project: Project;
  before(async () => {
    registry = await startRegistry();
    publishFiles(registry, FIRST);
    project = await createProject({ program: program(plainArgs(registry)) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  /** Runs a script that has `LocalWorkspace`, and whose `report` is what it came to. */
  async function automate(body: string): Promise<Readonly<Record<string, unknown>>> {
    await writeFile(
      join(project.directory, "automate.js"),
      `const pulumi = require("@pulumi/pulumi");
       const { LocalWorkspace } = require("@pulumi/pulumi/automation");
       const { OciArtifact } = require("pulumi-oci-artifact");
       const report = {};
       (async () => { ${body} })().then(
         () => require("node:fs").writeFileSync("report.json", JSON.stringify(report)),
         (error) => { console.error(error.message); process.exitCode = 1; });`,
    );
    const finished = await project.run("node", ["automate.js"]);
    assert.equal(finished.exitCode, 0, finished.text);
    const text = await readFile(join(project.directory, "report.json"), "utf8");
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  }

  test("an inline program: content beside it, hooks, a moved tag followed by each operation", async () => {
    const inline = `
      report.hooks = [];
      const hook = (when) => new pulumi.ResourceHook(when, ({ newOutputs }) => {
        report.hooks.push(when + " " + newOutputs.digest);
      });
      const stack = await LocalWorkspace.createOrSelectStack({
        projectName: "inline",
        stackName: "dev",
        program: async () => {
          const hooks = { afterCreate: [hook("created")], afterUpdate: [hook("updated")] };
          const manifests = new OciArtifact("manifests", ${plainArgs(registry)}, { hooks });
          return { digest: manifests.digest, absolutePath: manifests.absolutePath };
        },
      });
      report.preview = (await stack.preview()).changeSummary;
      const up = await stack.up();
      report.changes = up.summary.resourceChanges;
      report.digest = up.outputs.digest.value;
      report.absolutePath = up.outputs.absolutePath.value;
    `;
    const { digest: first } = publishFiles(registry, FIRST);
    const created = await automate(inline);
    assert.deepEqual(created["changes"], { create: 2 });
    assert.deepEqual(created["hooks"], [`created ${first}`]);
    const [tree = ""] = await treesIn(project.directory);
    assert.equal(created["absolutePath"], join(project.directory, ".oci-artifacts", tree));

    const { digest: second } = publishFiles(registry, SECOND);
    const moved = await automate(inline);
    assert.deepEqual(moved["preview"], { same: 1, update: 1 });
    assert.deepEqual(moved["hooks"], [`updated ${second}`]);
    assert.equal(moved["digest"], second);
  });

  test("a local program: the same as from the command line", async () => {
    const { digest } = publishFiles(registry, FIRST);
    const report = await automate(`
      const stack = await LocalWorkspace.createOrSelectStack({ stackName: "dev", workDir: "." });
      const up = await stack.up();
      report.digest = up.outputs.digest.value;
    `);
    assert.equal(report["digest"], digest);
    const again = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
  });
});

/**
 * Stands in for `pulumi-watch`, a program of Pulumi's own bundle: tells of every change below the
 * folder, ignored or not, a moment after the last one.
 */
const WATCHER = `#!/usr/bin/env node
const { appendFileSync, watch } = require("node:fs");
const origin = process.argv[process.argv.indexOf("--origin") + 1];
let names = [];
let timer;
watch(origin, { recursive: true }, (_, name) => {
  if (/^(node_modules|batches\\.txt)/.test(name)) return;
  names.push(name);
  clearTimeout(timer);
  timer = setTimeout(() => {
    appendFileSync(origin + "/batches.txt", names.join() + "\\n");
    names = [];
    console.log("changed");
  }, 300);
}).on("error", () => {});
// Pulumi says that it watches before this program does.
appendFileSync(origin + "/batches.txt", "");
`;

describe("pulumi watch", () => {
  test("comes to rest: an update of what has not changed writes nothing", async () => {
    const registry = await startRegistry();
    publishFiles(registry, FIRST);
    const project = await createProject({ program: program(plainArgs(registry)) });
    const tools = join(project.home, "bin");
    await mkdir(tools);
    await writeFile(join(tools, "pulumi-watch"), WATCHER);
    await chmod(join(tools, "pulumi-watch"), 0o755);
    const path = [tools, await prepareEngine(), dirname(process.execPath), "/usr/bin", "/bin"];
    let text = "";
    let watching: ChildProcess | undefined;
    const running = project.run("pulumi", ["watch", "--stack", "dev", "--color", "never"], {
      environment: { PATH: path.join(delimiter) },
      onStart(child) {
        watching = child;
        child.stdout?.on("data", (chunk: string) => (text += chunk));
      },
    });
    const file = (name: string): string => join(project.directory, name);
    const batches = async (): Promise<readonly string[]> =>
      (await readFile(file("batches.txt"), "utf8").catch(() => "")).split("\n").slice(0, -1);
    const updates = (): number => text.split("Update complete").length - 1;
    /** Until every change that was told of has been answered by an update. */
    const atRest = async (isTime: () => Promise<boolean>): Promise<void> => {
      for (;;) {
        await Promise.race([setTimeout(200), running.then(() => assert.fail(text))]);
        const { length } = await batches();
        assert.ok(length < 12, `it goes on and on\n${text}\n${(await batches()).join("\n")}`);
        assert.doesNotMatch(text, /Update failed/);
        if (updates() === length && (await isTime())) return;
      }
    };
    try {
      await atRest(() => Promise.resolve(existsSync(file("batches.txt"))));
      await appendFile(file("index.js"), "\n");
      await atRest(async () => (await treesIn(project.directory)).length === 1);
      registry.clearRequests();
      await writeFile(file("done.txt"), "");
      await atRest(async () => (await batches()).some((names) => names.includes("done.txt")));
      assert.deepEqual((await batches()).at(-1), "done.txt");
      assert.ok(registry.count() > 0, "the update has asked for the tag");
      assert.equal(registry.count({ kind: "blob" }), 0);
    } finally {
      watching?.kill("SIGKILL");
      await running.catch(() => undefined);
      await project.dispose();
      await registry.close();
    }
  });
});
