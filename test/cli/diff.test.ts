/** `oci-artifact diff` as a user runs it. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, linkSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { publish } from "../support/artifacts";
import { artifactOf, layoutIn, REF_NAME } from "../support/layouts";
import { registryFor } from "../support/registry-for-test";
import { COMMAND, publishWorld } from "./publish-world";

const OLD = { "a.txt": "one\ntwo\nthree\n", "b/gone.txt": "gone", "same.txt": "same" };
const NEW = { "a.txt": "one\n2\nthree\n", "c/new.txt": "new\u001b[31m\n", "same.txt": "same" };

const LISTED = `~ a.txt  14 bytes => 12 bytes
- b/gone.txt  4 bytes
+ c/new.txt  9 bytes
1 added, 1 removed, 1 changed, 1 the same
`;

const TEXT = `--- a/a.txt
+++ b/a.txt
@@ -1,3 +1,3 @@
 one
-two
+2
 three
--- a/b/gone.txt
+++ /dev/null
@@ -1,1 +0,0 @@
-gone
\\ No newline at end of file
--- /dev/null
+++ b/c/new.txt
@@ -0,0 +1,1 @@
+new\ufffd[31m
`;

describe("two references", () => {
  test("added, removed and changed, with sizes; nothing is left in the folder", async (t) => {
    const registry = await registryFor(t);
    publish(registry, "team/app", "1", artifactOf(OLD));
    publish(registry, "team/app", "2", artifactOf(NEW));
    const { folder, run } = publishWorld(t);
    const before = readdirSync(folder);
    const references = ["1", "2"].map((tag) => `${registry.host}/team/app:${tag}`);
    const { exitCode, stdout, stderr } = await run("diff", ...references, "--plain-http");
    assert.deepEqual([exitCode, stdout], [0, LISTED], stderr);
    const left = readdirSync(folder).filter((name) => !before.includes(name));
    assert.deepEqual(left, [".cache"]);
  });

  test("a file's name makes no lines of its own in the list", async (t) => {
    const registry = await registryFor(t);
    publish(registry, "team/app", "1", artifactOf({ "same.txt": "same" }));
    publish(registry, "team/app", "2", artifactOf({ "same.txt": "same", "x\n- y\tz": "new" }));
    const { run } = publishWorld(t);
    const words = ["diff", ...["1", "2"].map((tag) => `${registry.host}/team/app:${tag}`)];
    const { stdout, stderr } = await run(...words, "--plain-http");
    assert.equal(stdout, "+ x\ufffd- y\ufffdz  3 bytes\n1 added, 1 the same\n", stderr);
  });

  test("--text: unified diffs, through the gate of what is printed; --json has both", async (t) => {
    const registry = await registryFor(t);
    const { digest } = publish(registry, "team/app", "1", artifactOf(OLD));
    publish(registry, "team/app", "2", artifactOf(NEW));
    const { run } = publishWorld(t);
    const words = ["diff", ...["1", "2"].map((tag) => `${registry.host}/team/app:${tag}`)];
    const shown = await run(...words, "--plain-http", "--text");
    assert.deepEqual([shown.exitCode, shown.stdout], [0, TEXT], shown.stderr);
    const { stdout } = await run(...words, "--plain-http", "--text", "--json");
    const found = JSON.parse(stdout) as {
      readonly before: object;
      readonly added: readonly { readonly path: string; readonly size: number }[];
      readonly changed: readonly { readonly path: string; readonly before: { size: number } }[];
      readonly same: number;
      readonly text: string;
    };
    assert.deepEqual(found.before, { pinned: `${registry.host}/team/app@${digest}`, digest });
    assert.deepEqual([found.added[0]?.path, found.added[0]?.size], ["c/new.txt", 9]);
    assert.deepEqual([found.changed[0]?.path, found.changed[0]?.before.size], ["a.txt", 14]);
    assert.equal(found.same, 1);
    assert.equal(found.text.replace("\u001b", "\ufffd"), TEXT);
  });

  test("--exit-code: 3 where anything differs, 0 where nothing does, 1 for a failure", async (t) => {
    const registry = await registryFor(t);
    publish(registry, "team/app", "1", artifactOf(OLD));
    publish(registry, "team/app", "2", artifactOf(NEW));
    const { run } = publishWorld(t);
    const [one = "", two = ""] = ["1", "2"].map((tag) => `${registry.host}/team/app:${tag}`);
    const flags = ["--plain-http", "--exit-code"];
    assert.equal((await run("diff", one, two, ...flags)).exitCode, 3);
    const same = await run("diff", one, one, ...flags);
    assert.deepEqual([same.exitCode, same.stdout], [0, "3 the same\n"]);
    assert.equal((await run("diff", one, `${registry.host}/team/app:3`, ...flags)).exitCode, 1);
  });
});

describe("a reference and a folder", () => {
  test("modes beyond execution, times and empty folders are no difference", async (t) => {
    const { folder, run, write } = publishWorld(t);
    layoutIn(join(folder, "bundle")).put(artifactOf(OLD), { [REF_NAME]: "1" });
    for (const [name, content] of Object.entries(OLD)) write(`work/${name}`, content);
    chmodSync(join(folder, "work/a.txt"), 0o600);
    const words = ["diff", "oci-layout://bundle:1", "./work", "--exit-code"];
    const same = await run(...words);
    assert.deepEqual([same.exitCode, same.stdout], [0, "3 the same\n"], same.stderr);
    chmodSync(join(folder, "work/a.txt"), 0o755);
    symlinkSync("a.txt", join(folder, "work/link"));
    write("work/binary", Buffer.from([1, 0, 2]));
    const changed = await run(...words);
    assert.equal(
      changed.stdout,
      "~ a.txt  14 bytes, now executable\n+ binary  3 bytes\n+ link -> a.txt\n2 added, 1 changed, 2 the same\n",
    );
    const texts = await run(...words, "--text");
    assert.equal(
      texts.stdout,
      [
        "a/a.txt and b/a.txt differ: now executable",
        "/dev/null and b/binary differ: no text",
        "--- /dev/null",
        "+++ b/link",
        "@@ -0,0 +1,1 @@",
        "+a.txt",
        "\\ No newline at end of file\n",
      ].join("\n"),
    );
  });

  test("--text hides nothing: empty files, modes and kinds are a sentence each", async (t) => {
    const { folder, run, write } = publishWorld(t);
    for (const side of ["old", "new"]) {
      write(`${side}/run.sh`, "true\n");
      write(`${side}/same`, "");
    }
    write("old/gone", "");
    write("new/come", "");
    write("old/kind", "x");
    symlinkSync("x", join(folder, "new/kind"));
    chmodSync(join(folder, "new/run.sh"), 0o755);
    const { exitCode, stdout, stderr } = await run("diff", "./old", "./new", "--text");
    assert.deepEqual(
      [exitCode, stdout],
      [
        0,
        [
          "/dev/null and b/come differ: an empty file",
          "a/gone and /dev/null differ: an empty file",
          "a/kind and b/kind differ: now a link",
          "a/run.sh and b/run.sh differ: now executable\n",
        ].join("\n"),
      ],
      stderr,
    );
  });

  test("--text of more than memory holds: a text at a time, also as JSON", async (t) => {
    const { folder, write } = publishWorld(t);
    write("old/keep", "");
    write("new/0", `${"0123456789abcdef".repeat(64)}\n`.repeat(1_000));
    const count = 300;
    for (let index = 1; index < count; index += 1) {
      linkSync(join(folder, "new/0"), join(folder, `new/${index}`));
    }
    for (const flags of [["--text"], ["--text", "--json"]]) {
      const words = ["--max-old-space-size=96", COMMAND, "diff", "./old", "./new", ...flags];
      const child = spawn(process.execPath, words, {
        cwd: folder,
        env: { HOME: folder, TMPDIR: folder },
        stdio: ["ignore", "pipe", "inherit"],
      });
      let size = 0;
      child.stdout.on("data", (chunk: Buffer) => (size += chunk.length));
      const [exitCode] = (await once(child, "close")) as [number | null];
      assert.equal(exitCode, 0);
      assert.ok(size > count * 1_025_000, `${size} bytes`);
    }
  });

  test("what is no folder is called so", async (t) => {
    const { run, write } = publishWorld(t);
    write("file", "a");
    const file = await run("diff", "./file", "./none");
    assert.equal(file.exitCode, 1);
    assert.match(file.stderr, /^cannot compare .*\/file: it is no folder\nhint: name a folder, or/);
    const none = await run("diff", "./none", "./file");
    assert.match(none.stderr, /^cannot compare .*\/none: it is not there\n/);
  });

  test("an empty word is a variable that is not set, and no name of the working directory", async (t) => {
    const { run, write } = publishWorld(t);
    write("new/a", "a");
    const { exitCode, stderr } = await run("diff", "", "./new");
    assert.equal(exitCode, 2);
    assert.match(stderr, /diff was given an empty word.*\nhint: oci-artifact diff --help/);
  });

  test("a text that may be either is refused, with both forms", async (t) => {
    const { run, write } = publishWorld(t);
    write("vendor/crds/a.txt", "a");
    const { exitCode, stderr } = await run("diff", "vendor/crds", "./vendor/crds");
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /hint: write \.\/vendor\/crds for the folder, or oci:\/\/vendor\/crds for the reference/,
    );
  });

  test("what is for one registry is refused for two", async (t) => {
    const { run } = publishWorld(t);
    const { exitCode, stderr } = await run("diff", "a.example/x", "b.example/x", "--plain-http");
    assert.equal(exitCode, 2);
    assert.match(
      stderr,
      /--plain-http is for one registry, and there are a\.example and b\.example/,
    );
  });
});
