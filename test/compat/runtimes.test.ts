/**
 * The packed package on every runtime that we name: a unit test of a program under mocks, the real
 * engine from `up` to `destroy`, and the command. The SDK is the oldest and the newest of our range.
 */
import * as assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { publish } from "../support/artifacts";
import { linkInstalled, packBuild } from "../support/compat-package";
import { mocksTestText, PASSED, type Format } from "../support/compat-programs";
import { createCompatProject, type CompatProject } from "../support/compat-project";
import {
  bunOf,
  installedTree,
  installWithPnpm,
  nodeOf,
  type NodeMajor,
  type Tree,
} from "../support/compat-trees";
import { FIRST, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";
import { assertCommandPulls, LARGE, LARGE_LAYER } from "./command";

interface Runtime {
  readonly title: string;
  /** "own" is the Node that runs this test. */
  readonly runtime: NodeMajor | "own" | "bun";
  /** How the name begins that the program sees. */
  readonly version: string;
  readonly packages: Exclude<Tree, "tools" | "runners"> | "pnpm";
  readonly format: Format;
}

/** Each in one of the formats: what a format does on one Node, it does on the others. */
const RUNTIMES: readonly Runtime[] = [
  {
    title: "Node 20.19.0 and the oldest SDK, CommonJS",
    runtime: 20,
    version: "v20.19.0",
    packages: "oldest",
    format: "commonjs",
  },
  {
    title: "Node 22 and the newest SDK, an ES module",
    runtime: 22,
    version: "v22.",
    packages: "newest",
    format: "module",
  },
  {
    title: "Node 24 and the newest SDK, CommonJS",
    runtime: 24,
    version: "v24.",
    packages: "newest",
    format: "commonjs",
  },
  {
    title: "Node 26 and the newest SDK, an ES module",
    runtime: 26,
    version: "v26.",
    packages: "newest",
    format: "module",
  },
  {
    title: "this Node and the newest SDK for Node 20, installed by pnpm, an ES module",
    runtime: "own",
    version: process.version,
    packages: "pnpm",
    format: "module",
  },
  {
    // `runtime: bun` has a language host that comes with Pulumi's own download only.
    title: "Bun in the place of Node and the newest SDK, an ES module",
    runtime: "bun",
    version: "bun 1.",
    packages: "newest",
    format: "module",
  },
];

let root = "";
let tarball = "";
let tools = "";

before(async () => {
  root = await mkdtemp(join(tmpdir(), "oci-artifact-compat-"));
  tarball = await packBuild(root);
  tools = await installedTree("tools", tarball);
});

after(() => rm(root, { recursive: true, force: true }));

for (const { title, runtime, version, packages, format } of RUNTIMES) {
  describe(title, () => {
    let registry: TestRegistry;
    let world: CompatProject;

    before(async () => {
      registry = await startRegistry();
      publishFiles(registry, FIRST);
      publish(registry, "team/large", "1", { layers: [LARGE_LAYER] });
      const runtimeFolder = await folderOf(runtime);
      const install = await installerOf(packages);
      world = await createCompatProject({ host: registry.host, format, runtimeFolder, install });
    });
    after(async () => {
      await world.project.dispose();
      await registry.close();
    });

    test("a unit test passes under mocks, ends by itself, and asks for nothing", async () => {
      const { project, environment } = world;
      const runner = runtime === "bun" ? "bun" : "node";
      await writeFile(join(project.directory, "program.test.js"), mocksTestText(runner, format));
      const flags = runner === "bun" ? ["test"] : ["--test", "--test-reporter=tap"];
      const { exitCode, text } = await project.run(runner, [...flags, "program.test.js"], {
        // Bun would take its options for the name of the test.
        environment: { ...environment, BUN_OPTIONS: "" },
      });
      assert.equal(exitCode, 0, text);
      assert.match(text, PASSED[runner]);
      assert.equal(registry.count(), 0);
    });

    test("up places the content, unpacked by worker threads", async () => {
      const up = await world.succeed("up", { args: ["--skip-preview"] });
      assert.equal(up.step("manifests").operation, "create");
      await assertContent(world, FIRST);
      const outputs = await world.project.stackOutputs();
      const seen = String(outputs["runtime"]);
      assert.ok(seen.startsWith(version), seen);
      const large = join(world.project.directory, String(outputs["largePath"]), "noise.bin");
      assert.ok(LARGE.equals(await readFile(large)));
      const notes = await world.notes();
      assert.ok(notes.filter((note) => note.startsWith("thread ")).length >= 2, notes.join("\n"));
    });

    test("a moved tag is shown, and what was shown is applied", async () => {
      const { digest } = publishFiles(registry, SECOND);
      const up = await world.succeed("up");
      const [shown] = up.previewed.filter(({ name }) => name === "manifests");
      assert.equal(shown?.operation, "update");
      assert.equal(shown.inputs["digest"], digest);
      assert.equal(up.step("manifests").outputs["digest"], digest);
      assert.equal(up.step("large").operation, "same");
      await assertContent(world, SECOND);
    });

    test("destroy works, and leaves no process", async () => {
      const destroyed = await world.succeed("destroy");
      assert.equal(destroyed.step("manifests").operation, "delete");
      assert.deepEqual(world.project.processes(), []);
    });

    test("the command pulls tar, zip and zstd over TLS, with a login", (t) =>
      assertCommandPulls(t, world, runtime !== "bun"));
  });
}

/** A folder to put on PATH, with the runtime as `node`. */
async function folderOf(runtime: Runtime["runtime"]): Promise<string> {
  if (runtime === "own") return dirname(process.execPath);
  if (runtime !== "bun") return dirname(nodeOf(tools, runtime));
  const folder = join(root, "bun");
  await mkdir(folder);
  for (const name of ["bun", "node"]) await symlink(bunOf(tools), join(folder, name));
  return folder;
}

async function installerOf(packages: Runtime["packages"]): Promise<(to: string) => Promise<void>> {
  if (packages === "pnpm") return (folder) => installWithPnpm(folder, tools, tarball);
  const tree = await installedTree(packages, tarball);
  return (folder) => linkInstalled(folder, tree, tarball);
}

async function assertContent(
  { project }: CompatProject,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const { path } = await project.stackOutputs();
  for (const [name, content] of Object.entries(files)) {
    const file = join(project.directory, String(path), name);
    assert.equal(await readFile(file, "utf8"), content);
  }
}
