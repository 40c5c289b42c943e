/**
 * A pull on a terminal and in a log: progress while it lasts, signals that leave nothing.
 */
import * as assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { publish } from "../support/artifacts";
import { startRegistry, type TestRegistry } from "../support/registry";

const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

describe("a pull that takes its time", () => {
  let registry: TestRegistry;
  let folder: string;

  before(async () => {
    registry = await startRegistry();
    folder = await mkdtemp(join(tmpdir(), "oci-artifact-terminal-"));
    publish(registry, "team/big", "1", {
      layers: [{ bytes: Buffer.alloc(3 << 20, 7), mediaType: "text/plain", title: "big.bin" }],
    });
  });
  after(async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** One that has got a part of the blob, and waits for the rest. */
  async function stalledPull() {
    const fault = registry.fault({ kind: "blob", then: { kind: "stall", afterBytes: 1 << 20 } });
    const child = pull();
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    while (fault.applied === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    return { child, exit, fault };
  }

  async function assertNothingLeft(): Promise<void> {
    assert.deepEqual(await readdir(folder), ["cache"]);
    const staging = join(folder, "cache", "pulumi-oci-artifact", "staging");
    assert.deepEqual(await readdir(staging).catch(() => []), []);
  }

  function pull(): ChildProcess {
    return spawn(
      process.execPath,
      [COMMAND, "pull", `${registry.host}/team/big:1`, "--plain-http", "--output", "out"],
      {
        cwd: folder,
        env: { PATH: process.env["PATH"], HOME: folder, XDG_CACHE_HOME: join(folder, "cache") },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
  }

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    test(`is ended by ${signal}: exit ${code}, words, and nothing left behind`, async () => {
      const { child, exit, fault } = await stalledPull();
      assert.ok(child.stdout && child.stderr);
      const output = Promise.all([text(child.stdout), text(child.stderr)]);
      child.kill(signal);
      const [stdout, stderr] = await output;
      assert.equal(await exit, code, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, /^cannot .*: it was cancelled\n$/);
      fault.remove();
      await assertNothingLeft();
    });
  }

  test("cleans up also where the terminal is gone, and nobody hears it", async () => {
    const { child, exit, fault } = await stalledPull();
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.kill("SIGHUP");
    assert.equal(await exit, 129);
    fault.remove();
    await assertNothingLeft();
  });

  test("prints no bar where nobody watches", async () => {
    const child = pull();
    assert.ok(child.stderr);
    assert.equal(await text(child.stderr), "");
    assert.deepEqual((await readdir(join(folder, "out"))).sort(), ["big.bin"]);
  });
});
