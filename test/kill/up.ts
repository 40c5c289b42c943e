/**
 * Whole runs of the engine, on a stack with one artifact that is placed at a folder: created, moved on,
 * destroyed. All of it dies as a machine would, or only one process: the CLI, the language host, the
 * program, the provider.
 */
import * as assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { contentOf } from "../store/content";
import {
  createProject,
  type Operation,
  type OperationOptions,
  type Project,
} from "../support/engine";
import { FIRST, plainArgs, program, publishFiles, SECOND } from "../support/manifests";
import { endProcesses, processesOf } from "../support/processes";
import { startRegistry, type TestRegistry } from "../support/registry";
import {
  assertCache,
  assertPlaced,
  assertRecords,
  assertRuns,
  assertTrees,
  isSame,
  straysIn,
  withFolders,
} from "./invariants";
import { SWITCH } from "./kill-at-change";
import type { Moment } from "./moments";
import type { Ending, Scenario, Stage } from "./scenario";
import { arm, changesIn, KILL_AT_CHANGE, switchFor } from "./victims";

type Act = "create" | "update" | "destroy";

const OLD = withFolders(FIRST);
const NEW = withFolders(SECOND);
const PLACED = "vendor/manifests";

/** What the language host or the provider may take to notice that the CLI is gone. */
const LOOKS = 100;
const LOOK_MS = 100;

const COPY = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true };

export const UP_SCENARIOS: readonly Scenario[] = (["create", "update", "destroy"] as const).map(
  (act) => ({ title: `up: ${act}`, open: () => openUp(act) }),
);

/** The engine's machine, its registry, and where it is kept as it was. */
interface Machine {
  readonly project: Project;
  readonly registry: TestRegistry;
  readonly root: string;
  readonly before: string;
}

async function openMachine(act: Act): Promise<Machine> {
  const registry = await startRegistry();
  const args = plainArgs(registry, `destination: ${JSON.stringify(PLACED)}`);
  const project = await createProject({ program: program(args) });
  const machine = {
    project,
    registry,
    root: dirname(project.directory),
    before: mkdtempSync(join(tmpdir(), "oci-artifact-kill-")),
  };
  publishFiles(registry, FIRST);
  if (act !== "create") {
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
  }
  if (act === "update") publishFiles(registry, SECOND);
  cpSync(machine.root, machine.before, COPY);
  return machine;
}

async function openUp(act: Act): Promise<Stage> {
  const machine = await openMachine(act);
  const { project, registry, root, before } = machine;
  const wanted = act === "update" ? NEW : OLD;
  const old = act === "create" ? undefined : OLD;
  const cache = join(project.cache, "pulumi-oci-artifact");
  const placed = join(project.directory, PLACED);
  return {
    reset() {
      for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
      cpSync(before, root, COPY);
      return Promise.resolve();
    },
    run: (moment) => runEngine(machine, act, moment),
    async unlock() {
      await project.run("pulumi", ["cancel", "--yes", "--stack", "dev", "--non-interactive"]);
    },
    async assertWhole() {
      assertTrees(project.directory, [OLD, wanted]);
      if (act !== "destroy") assertPlaced(placed, old, wanted);
      else if (existsSync(placed)) assert.ok(isSame(contentOf(placed), OLD), "it is whole");
      await assertCache(cache);
    },
    async assertDone() {
      assertRecords(project.directory);
      assertRuns(cache);
      const own = ["index.js", "package.json", "Pulumi.yaml", "Pulumi.dev.yaml", "node_modules"];
      const content = act === "destroy" ? own : [...own, PLACED];
      const strays = straysIn(project.directory, cache, content);
      // The folder above may have been the user's.
      assert.deepEqual(
        strays.filter((path) => path !== dirname(PLACED)),
        [],
        "strays",
      );
      assertSwept(machine, cache);
      await assertState(machine, act);
    },
    async close() {
      await project.dispose();
      await registry.close();
      rmSync(before, { recursive: true, force: true });
    },
  };
}

function assertSwept({ project, root }: Machine, cache: string): void {
  const folders = [
    join(cache, "staging"),
    join(cache, "in-use"),
    join(project.directory, ".oci-artifacts/.pulumi/staging"),
  ];
  for (const folder of folders) {
    assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], [], folder);
  }
  const ours = readdirSync(join(root, "tmp")).filter((name) => name.startsWith("oci-artifact"));
  assert.deepEqual(ours, [], "temporary files");
}

/** The state says what is there. */
async function assertState({ project, registry }: Machine, act: Act): Promise<void> {
  const { resources = [] } = (await project.exportState()).deployment;
  const found = resources.filter(({ type }) => type.endsWith(":OciArtifact"));
  const digest = registry.repository("team/manifests").manifest("1")?.digest;
  const digests = found.map(({ outputs }) => outputs?.["digest"]);
  assert.deepEqual(digests, act === "destroy" ? [] : [digest]);
  const claims = join(project.directory, ".oci-artifacts/.pulumi/claims");
  // One more may be of a create that died before the engine had its id: it keeps a tree, and harms nobody.
  const count = readdirSync(claims).filter((name) => /^[0-9a-f]{32}$/.test(name)).length;
  const most = act === "create" ? found.length + 1 : found.length;
  assert.ok(count >= found.length && count <= most, `${count} claims`);
}

async function runEngine(machine: Machine, act: Act, moment?: Moment): Promise<Ending> {
  const { project, registry, root } = machine;
  const log = join(root, "changes");
  rmSync(log, { force: true });
  registry.clearRequests();
  const isAll = moment === undefined || moment.victim % 2 === 0;
  let isOver = false;
  let disarm = (): void => undefined;
  const kill = (): void => {
    isOver = true;
    const pids = processesOf(root);
    if (isAll) endProcesses(root);
    else killOne(pids[moment.victim % Math.max(1, pids.length)]);
  };
  const options: OperationOptions = {
    environment: {
      NODE_OPTIONS: `--require ${KILL_AT_CHANGE}`,
      [SWITCH]: JSON.stringify(switchFor(log, moment, isAll ? root : undefined)),
    },
    onStart() {
      disarm = arm(registry, moment, kill);
    },
  };
  const begun = performance.now();
  const operation = await operate(project, act, options);
  const durationMs = performance.now() - begun;
  disarm();
  await allGone(root);
  const changes = changesIn(log);
  if (moment?.kind === "change") isOver = changes.length >= moment.at;
  const { exitCode, text } = operation;
  return {
    isKilled: isOver,
    exitCode,
    text,
    durationMs,
    changes,
    requests: registry.requests.length,
  };
}

function operate(project: Project, act: Act, options: OperationOptions): Promise<Operation> {
  return act === "destroy" ? project.destroy(options) : project.up(options);
}

function killOne(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

/** What outlives the CLI ends by itself, or is ended. */
async function allGone(root: string): Promise<void> {
  for (let look = 0; look < LOOKS && processesOf(root).length > 0; look += 1) await sleep(LOOK_MS);
  endProcesses(root);
}
