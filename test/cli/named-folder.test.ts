/** `oci-artifact pull` of a reference that names a folder of the content: `oci://…//charts?tag=1`. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { folderFor } from "../support/folder-for-test";
import { publishFiles } from "../support/manifests";
import { registryFor } from "../support/registry-for-test";

/** Of the same build as this test. */
const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

test("content without the folder that is named leaves what was there", async (t) => {
  const registry = await registryFor(t);
  const folder = folderFor(t);
  const pull = async (tag: string) => {
    const reference = `oci://${registry.host}/team/app//charts?tag=${tag}`;
    const args = [COMMAND, "pull", reference, "--output", "out", "--plain-http"];
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, XDG_CACHE_HOME: join(folder, "cache") },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    return { stderr: await text(child.stderr), exitCode: await exit };
  };
  publishFiles(registry, { "charts/a.yaml": "a" }, "1", "team/app");
  publishFiles(registry, { "b.yaml": "b" }, "2", "team/app");
  const first = await pull("1");
  assert.equal(first.exitCode, 0, first.stderr);
  const { exitCode, stderr } = await pull("2");
  assert.equal(exitCode, 1);
  assert.match(stderr, /^cannot use \/\/charts of .*: the content has no such folder\n/);
  assert.deepEqual(readdirSync(join(folder, "out")), ["charts"]);
  assert.equal(readFileSync(join(folder, "out/charts/a.yaml"), "utf8"), "a");
});
