/**
 * GHSA-wcmj-x466-56mm: a checkout came with a symlink at the place where content is installed, and the
 * content went to where that led. A planted link is replaced where the place is ours, and refused
 * where it is the user's; what it leads to stays as it is.
 */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test, type TestContext } from "node:test";
import { folderFor } from "../support/folder-for-test";
import { assertPulled, openSandbox, publishKnown, REPOSITORY } from "../support/pulling";
import { registryFor } from "../support/registry-for-test";

const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

describe("a symlink at the place of a tree", () => {
  for (const [name, target] of Object.entries({
    "to another folder": "../../canary",
    "to nothing": "../../canary/not-there",
    "to itself": "",
    "to a file": "../../canary/song",
  })) {
    test(`${name} gives way to the tree`, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry);
      const { tree } = assertPulled(await sandbox.pull());
      rmSync(tree.directory, { recursive: true });
      symlinkSync(target === "" ? tree.name : target, tree.directory);
      assertPulled(await sandbox.pull());
      assert.ok(lstatSync(tree.directory).isDirectory());
    });
  }

  test("is not followed before the first pull either", async (t) => {
    const registry = await registryFor(t);
    const first = openSandbox(t, registry);
    const sandbox = openSandbox(t, registry);
    publishKnown(registry);
    const { name } = assertPulled(await first.pull()).tree;
    const folder = join(sandbox.folder, "project", ".oci-artifacts");
    mkdirSync(folder);
    symlinkSync("../../canary", join(folder, name));
    assertPulled(await sandbox.pull());
    assert.ok(lstatSync(join(folder, name)).isDirectory());
  });
});

/** Runs `oci-artifact pull` into `out`, which is a symlink to `target` below the test's folder. */
async function pullToLink(t: TestContext, target: string) {
  const registry = await registryFor(t);
  publishKnown(registry);
  const folder = folderFor(t);
  for (const name of ["work", "empty", "full/sub"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const output = join(folder, "work", "out");
  symlinkSync(`../${target}`, output);
  const line = ["pull", `${registry.host}/${REPOSITORY}:1`, "--plain-http", "--output", output];
  const child = spawn(process.execPath, [COMMAND, ...line], {
    cwd: join(folder, "work"),
    env: { HOME: folder, OCI_ARTIFACT_CACHE: join(folder, "cache"), TMPDIR: folder },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const errors = await text(child.stderr);
  return { exitCode: await ended, errors, folder, output };
}

describe("an --output that is a symlink", () => {
  for (const target of ["full", "empty", "not-there"]) {
    test(`to a folder that is ${target} is refused, and stays`, async (t) => {
      const { exitCode, errors, folder, output } = await pullToLink(t, target);
      assert.equal(exitCode, 1, errors);
      assert.match(errors, /cannot place content at .*\/work\/out: ./);
      assert.ok(lstatSync(output).isSymbolicLink());
      assert.deepEqual(readdirSync(join(folder, "work")), ["out"]);
      assert.deepEqual(readdirSync(join(folder, "full")), ["sub"]);
      assert.deepEqual(readdirSync(join(folder, "empty")), []);
      assert.deepEqual(readdirSync(folder).sort(), ["cache", "empty", "full", "work"]);
    });
  }
});
