/**
 * `oci-artifact pull` where the cache or the output folder cannot be written: the content comes all
 * the same, or the message names the folder that is in the way.
 */
import * as assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { folderFor } from "../support/folder-for-test";
import { FIRST, publishFiles, SECOND } from "../support/manifests";
import { registryFor } from "../support/registry-for-test";
import { contentOf } from "../store/content";

const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

/** File modes do not bind root, so its processes become this user. */
const NOBODY = 65_534;
const USER = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

async function machine(context: TestContext) {
  const registry = await registryFor(context);
  publishFiles(registry, FIRST);
  const folder = folderFor(context);
  if (USER.uid !== undefined) chownSync(folder, NOBODY, NOBODY);
  mkdirSync(join(folder, "locked"), { mode: 0o555 });
  writeFileSync(join(folder, "file"), "");
  symlinkSync("nowhere", join(folder, "dangling"));
  chmodSync(folder, 0o755);
  const pull = async (output: string, cache: string) => {
    const reference = `${registry.host}/team/manifests:1`;
    const args = [COMMAND, "pull", reference, "--plain-http", "--output", output];
    const child = spawn(process.execPath, args, {
      ...USER,
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { HOME: folder, TMPDIR: folder, OCI_ARTIFACT_CACHE: join(folder, cache) },
    });
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: await exit, stderr };
  };
  return { registry, folder, pull };
}

for (const cache of ["locked", "locked/cache", "file", "dangling"]) {
  test(`the cache is ${cache}: the content comes, with a warning`, async (context) => {
    const { registry, folder, pull } = await machine(context);
    const { exitCode, stderr } = await pull("out", cache);
    assert.equal(exitCode, 0, stderr);
    assert.equal(stderr.split("so other content will be refused there").length, 2, stderr);
    const content = Object.entries(contentOf(join(folder, "out")));
    assert.deepEqual(
      Object.fromEntries(content.filter(([name]) => !name.endsWith("/"))),
      Object.fromEntries(Object.entries(FIRST)),
    );
    const again = await pull("out", cache);
    assert.equal(again.exitCode, 0, again.stderr);
    publishFiles(registry, SECOND);
    const other = await pull("out", cache);
    assert.equal(other.exitCode, 1);
    assert.match(other.stderr, /^cannot place content at .*out: /m);
  });
}

for (const [parent, named, fact] of [
  ["locked", "locked", "it may not be written (EACCES)"],
  ["file", "file/out", "a part of its path is no folder (ENOTDIR)"],
  ["dangling", "dangling", "it is not there and cannot be made (ENOENT)"],
] as const) {
  test(`the output is below ${parent}: the message names it`, async (context) => {
    const { folder, pull } = await machine(context);
    const { exitCode, stderr } = await pull(`${parent}/out`, "cache");
    assert.equal(exitCode, 1);
    const expected = `cannot write below ${join(folder, named)}: ${fact}\nhint: choose another folder for the copy, or make this one writable\n`;
    assert.ok(stderr.endsWith(expected), stderr);
  });
}

test("a standard output that takes nothing: one line, and no stack trace", (context) => {
  const folder = folderFor(context);
  writeFileSync(join(folder, "file"), "");
  // Opened for reading: each write to it fails, as on a full disk.
  const output = openSync(join(folder, "file"), "r");
  context.after(() => {
    closeSync(output);
  });
  for (const args of [["--version"], ["--help"], ["cache", "ls"], ["cache", "ls", "--json"]]) {
    const { status, stderr } = spawnSync(process.execPath, [COMMAND, ...args], {
      stdio: ["ignore", output, "pipe"],
      env: { HOME: folder },
      encoding: "utf8",
    });
    assert.equal(status, 1, args.join(" "));
    assert.equal(
      stderr,
      "cannot write to standard output: it takes nothing (EBADF)\nhint: check where the output of the command leads\n",
    );
  }
});

for (const [title, args] of Object.entries({
  "of one pull": ["127.0.0.1:1/app", "--output", "out"],
  "of a list": ["--from-file", "-"],
})) {
  test(`a working directory that was removed is named, ${title}`, (context) => {
    const folder = folderFor(context);
    const script = `cd gone && rmdir ../gone && exec "$0" "$@"`;
    mkdirSync(join(folder, "gone"));
    const words = [process.execPath, COMMAND, "pull", ...args];
    const { status, stderr } = spawnSync("sh", ["-c", script, ...words], {
      cwd: folder,
      env: { HOME: folder, PATH: process.env["PATH"] },
      encoding: "utf8",
      input: "127.0.0.1:1/app\tout\n",
    });
    assert.equal(status, 1);
    assert.equal(
      stderr.slice(stderr.indexOf("cannot")),
      "cannot use the working directory: it was removed (ENOENT)\nhint: change to a folder that is there, and run again\n",
    );
  });
}
