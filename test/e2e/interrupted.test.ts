/**
 * Creates and updates that fail, and runs that are ended in the middle of a pull: what was there
 * stays whole, nothing half appears, and the next run recovers by itself.
 */
import * as assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Artifact } from "../support/artifacts";
import { createProject, type Operation, type Project, type RunningEngine } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

/**
 * Between check and create nothing happens, so all the work is done in check. As long as there is a
 * file `lose`, a resource of the program takes the content away in between, and create has to pull
 * it again: with one operation at a time, the artifact's waits for that resource's.
 */
const LOSER = `exports.handler = () => {
  const { existsSync, readdirSync, rmSync, writeFileSync } = require("node:fs");
  const isTree = (name) => !name.startsWith(".");
  const isThere = () => existsSync(".oci-artifacts") && readdirSync(".oci-artifacts").some(isTree);
  const lose = async (outs) => {
    writeFileSync("losing", "");
    while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 20));
    rmSync(".oci-artifacts", { recursive: true });
    rmSync(process.env.XDG_CACHE_HOME, { recursive: true });
    return { id: "loser", outs };
  };
  return {
    diff: async (_id, olds, news) => ({ changes: olds.turn !== news.turn }),
    create: lose,
    update: (_id, _olds, news) => lose(news),
  };
};`;

/** What waits for another resource is not pulled ahead: so the loser sees the work of check. */
function source(registry: TestRegistry): string {
  return `
    const { existsSync, readFileSync, rmSync } = require("node:fs");
    const { ComponentResource, CustomResource } = require("@pulumi/pulumi");
    const isLost = existsSync("lose");
    const options = isLost ? { dependsOn: [new ComponentResource("example:index:Push", "push")] } : {};
    if (isLost) {
      const args = { __provider: ${JSON.stringify(LOSER)}, turn: readFileSync("lose", "utf8") };
      rmSync("losing", { force: true });
      new CustomResource("pulumi-nodejs:dynamic:Resource", "loser", args);
    }
    async function untilLosing() {
      while (isLost && !existsSync("losing")) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    ${program(plainArgs(registry), "options").replace("reference: ", "reference: untilLosing().then(() => ").replace(':1"', ':1")')}
  `;
}

const ONE_AT_A_TIME = ["--skip-preview", "--parallel", "1"];

/** A blob that stops halfway. */
interface HeldBlob {
  /** Resolves when somebody has got the first half. */
  readonly underWay: Promise<void>;
  /** Sends the rest. */
  finish(): void;
}

/** Holds back the blob of the request that comes after `skip` others. */
function holdBlob(registry: TestRegistry, artifact: Artifact, skip = 0): HeldBlob {
  const bytes = Buffer.from(artifact.blobs.get(artifact.layers[0]?.digest ?? "") ?? []);
  const half = bytes.length >> 1;
  let finish: (() => void) | undefined;
  const underWay = new Promise<void>((resolve) => {
    registry.fault({
      kind: "blob",
      skip,
      times: 1,
      then: {
        kind: "handler",
        handle(_request, response) {
          response.writeHead(200, { "content-length": bytes.length });
          response.write(bytes.subarray(0, half));
          finish = () => response.end(bytes.subarray(half));
          resolve();
        },
      },
    });
  });
  return { underWay, finish: () => finish?.() };
}

/** Looks again and again, for half a minute at most; the caller asserts on what it finds then. */
async function until(isSo: () => boolean): Promise<void> {
  for (let round = 0; round < 300 && !isSo(); round += 1) await setTimeout(100);
}

describe("an artifact whose run does not come to its end", () => {
  let registry: TestRegistry;
  let project: Project;
  let first: Artifact;
  let turn = 0;

  before(async () => {
    registry = await startRegistry();
    first = publishFiles(registry, FIRST);
    project = await createProject({ program: source(registry) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  /** Runs `up` until the blob is halfway, then does that to the CLI, and waits for its end. */
  async function upUntil(
    blob: HeldBlob,
    end: (engine: RunningEngine) => void | Promise<void>,
  ): Promise<Operation> {
    let engine: RunningEngine | undefined;
    const running = project.up({
      args: ONE_AT_A_TIME,
      onStart(started) {
        engine = started;
      },
    });
    await Promise.race([blob.underWay, running]);
    assert.ok(engine);
    await end(engine);
    return await running;
  }

  /** Has the next runs lose what their check has brought, until {@link keep}. */
  function lose(): void {
    turn += 1;
    writeFileSync(join(project.directory, "lose"), String(turn));
    rmSync(join(project.directory, ".oci-artifacts"), { recursive: true, force: true });
    rmSync(project.cache, { recursive: true, force: true });
  }

  function keep(): void {
    rmSync(join(project.directory, "lose"));
  }

  async function recorded(): Promise<unknown> {
    const { resources = [] } = (await project.exportState()).deployment;
    return resources.find(({ type }) => type.endsWith(":OciArtifact"))?.outputs?.["digest"];
  }

  async function pending(): Promise<number> {
    return (await project.exportState()).deployment.pending_operations?.length ?? 0;
  }

  /** Names of the trees; those under way do not count. */
  function trees(): readonly string[] {
    const folder = join(project.directory, ".oci-artifacts");
    if (!existsSync(folder)) return [];
    return readdirSync(folder).filter((name) => !name.startsWith("."));
  }

  async function assertApplied(
    up: Operation,
    artifact: Artifact,
    files: typeof FIRST,
  ): Promise<void> {
    assert.equal(up.exitCode, 0, up.text);
    const { path, digest } = await project.stackOutputs();
    assert.equal(digest, artifact.digest);
    for (const [name, text] of Object.entries(files)) {
      assert.equal(readFileSync(join(project.directory, String(path), name), "utf8"), text);
    }
  }

  /** Work on trees under way, or left behind. */
  function staged(): readonly string[] {
    return readdirSync(join(project.directory, ".oci-artifacts/.pulumi/staging"));
  }

  test("a create that fails says why, and leaves no resource", async () => {
    lose();
    registry.fault({ reference: first.digest, then: { kind: "status", status: 403 } });
    const up = await project.up({ args: ONE_AT_A_TIME });
    registry.clearFaults();
    assert.notEqual(up.exitCode, 0);
    const step = up.step("manifests");
    assert.deepEqual([step.operation, step.failed], ["create", true]);
    const errors = up.diagnostics.filter(
      ({ urn, severity }) => urn === step.urn && severity === "error",
    );
    assert.equal(errors.length, 1, up.text);
    assert.match(errors[0]?.message ?? "", /: the registry denies access\n[^]*hint: /);
    assert.doesNotMatch(up.text, /\n\s+at .*\(/, "no stack");
    assert.equal(await recorded(), undefined);
    assert.equal(await pending(), 0);
    assert.deepEqual(trees(), []);
  });

  test("Ctrl-C while the program waits ends it at once, and leaves nothing", async () => {
    keep();
    const up = await upUntil(holdBlob(registry, first), (engine) => {
      engine.interrupt();
    });
    assert.notEqual(up.exitCode, 0);
    await until(() => project.processes().length === 0);
    assert.deepEqual(project.processes(), []);
    assert.equal(await recorded(), undefined);
    assert.equal(await pending(), 0);
    assert.deepEqual(trees(), []);
  });

  test("Ctrl-C twice in the middle of a create leaves it pending, and no tree", async () => {
    lose();
    const blob = holdBlob(registry, first, 1);
    const up = await upUntil(blob, async (engine) => {
      engine.interrupt();
      await setTimeout(500);
      engine.interrupt();
    });
    blob.finish();
    assert.notEqual(up.exitCode, 0);
    await until(() => project.processes().length === 0);
    assert.deepEqual(project.processes(), []);
    assert.equal(await recorded(), undefined);
    assert.equal(await pending(), 1);
    assert.deepEqual(trees(), []);
  });

  test("the next up creates it, and a refresh clears the pending operation", async () => {
    keep();
    await assertApplied(await project.up(), first, FIRST);
    const refreshed = await project.refresh({ args: ["--clear-pending-creates"] });
    assert.equal(refreshed.exitCode, 0, refreshed.text);
    assert.equal(await pending(), 0);
    assert.equal(await recorded(), first.digest);
  });

  test("Ctrl-C once in the middle of an update lets it end", async () => {
    const second = publishFiles(registry, SECOND);
    lose();
    const blob = holdBlob(registry, second, 1);
    const up = await upUntil(blob, async (engine) => {
      engine.interrupt();
      await setTimeout(500);
      blob.finish();
    });
    assert.notEqual(up.exitCode, 0);
    assert.match(up.text, /update cancell?ed/);
    assert.equal(await recorded(), second.digest);
    assert.equal(await pending(), 0);
    keep();
    await assertApplied(await project.up(), second, SECOND);
    assert.deepEqual(staged(), []);
  });

  test("an update that fails keeps the digest of the state, and the next one applies the new", async () => {
    const moved = publishFiles(registry, { ...FIRST, "moved.yaml": "kind: Moved\n" });
    const before = await recorded();
    lose();
    registry.fault({ reference: moved.digest, then: { kind: "status", status: 404 } });
    const up = await project.up({ args: ONE_AT_A_TIME });
    registry.clearFaults();
    assert.notEqual(up.exitCode, 0);
    assert.ok(up.step("manifests").failed);
    assert.match(up.text, /: the registry does not have it\n/);
    assert.equal(await recorded(), before);
    keep();
    await assertApplied(await project.up(), moved, { ...FIRST, "moved.yaml": "kind: Moved\n" });
  });

  test("a killed CLI leaves its lock; after `pulumi cancel` the next up recovers", async () => {
    const [before = ""] = trees();
    const last = publishFiles(registry, FIRST);
    rmSync(project.cache, { recursive: true });
    const blob = holdBlob(registry, last);
    const up = await upUntil(blob, (engine) => {
      engine.kill();
    });
    assert.equal(up.exitCode, -1);
    assert.deepEqual(trees(), [before]);
    const locked = await project.up();
    assert.notEqual(locked.exitCode, 0);
    assert.match(locked.text, /currently locked .*`pulumi cancel`/);
    const cancelled = await project.run("pulumi", ["cancel", "--yes", "--stack", "dev"]);
    assert.equal(cancelled.exitCode, 0, cancelled.text);
    // The program of the killed CLI may still be at it; nobody waits for it, or takes its files.
    await assertApplied(await project.up(), last, FIRST);
    blob.finish();
    await until(() => staged().length === 0);
    assert.deepEqual(staged(), []);
    await assertApplied(await project.up({ args: ["--expect-no-changes"] }), last, FIRST);
  });
});
