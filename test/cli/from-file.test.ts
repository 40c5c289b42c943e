/** `oci-artifact pull --from-file` as a user runs it: what lies there, what it prints, what it asks for. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test, type TestContext } from "node:test";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";
import type { RegistryOptions } from "../support/registry-types";

/** Of the same build as this test. */
const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

interface Failed {
  readonly reference: string;
  readonly directory: string;
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
}

interface Succeeded {
  readonly reference: string;
  readonly directory: string;
  readonly pinned: string;
  readonly fileCount: number;
}

const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;

/** Repositories team/a … team/h, each with a file of its name. */
async function world(t: TestContext, options: RegistryOptions = {}) {
  const registry = await registryFor(t, options);
  const folder = folderFor(t);
  const digests = new Map<string, string>(
    NAMES.map((name) => {
      const layers = [{ bytes: tarGz({ [name]: name }), mediaType: MEDIA_TYPES.tarGzip }];
      return [name, publish(registry, `team/${name}`, "1", { layers }).digest];
    }),
  );
  const start = (args: readonly string[], input: string) => {
    const child = spawn(process.execPath, [COMMAND, "pull", "--plain-http", ...args], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, XDG_CACHE_HOME: join(folder, "cache") },
    });
    child.stdin.end(input);
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const result = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(
      ([exitCode, stdout, stderr]) => ({ exitCode, stdout, stderr }),
    );
    return { child, result };
  };
  const run = async (lines: readonly string[], ...flags: readonly string[]) => {
    writeFileSync(join(folder, "list.txt"), `${lines.join("\n")}\n`);
    return await start(["--from-file", "list.txt", ...flags], "").result;
  };
  const line = (name: string, output = `out/${name}`): string =>
    `${registry.host}/team/${name}:1\t${output}`;
  const pinned = (name: string): string =>
    `${registry.host}/team/${name}@${digests.get(name) ?? ""}`;
  const file = (path: string): string => readFileSync(join(folder, path), "utf8");
  return { registry, folder, start, run, line, pinned, file };
}

test("all that is listed is placed, and printed in its order", async (t) => {
  const { registry, run, line, pinned, file } = await world(t);
  const names = NAMES.toReversed();
  registry.fault({
    kind: "blob",
    repository: "team/h",
    then: { kind: "delay", milliseconds: 100 },
  });
  const { exitCode, stdout, stderr } = await run(["# all", "", ...names.map((name) => line(name))]);
  assert.equal(exitCode, 0, stderr);
  assert.equal(stderr, "");
  assert.equal(stdout, names.map((name) => `${pinned(name)}\tout/${name}\n`).join(""));
  for (const name of names) assert.equal(file(`out/${name}/${name}`), name);
  assert.equal(registry.count({ kind: "manifest" }), names.length);
  assert.equal(registry.count({ kind: "blob" }), names.length);
});

test("from standard input, with one artifact at two places, fetched once", async (t) => {
  const { registry, start, line, file } = await world(t);
  const input = [line("a", "one"), line("a", "two"), line("b", "three")].join("\r\n");
  const { exitCode, stdout, stderr } = await start(["--from-file", "-", "--json"], input).result;
  assert.equal(exitCode, 0, stderr);
  assert.deepEqual([file("one/a"), file("two/a"), file("three/b")], ["a", "a", "b"]);
  const results = JSON.parse(stdout) as readonly Succeeded[];
  assert.deepEqual(
    results.map(({ directory, fileCount }) => [directory.split("/").at(-1), fileCount]),
    [
      ["one", 1],
      ["two", 1],
      ["three", 1],
    ],
  );
  assert.equal(registry.count({ kind: "blob" }), 2);
});

test("one login for all lines: the token of a repository is asked for once", async (t) => {
  const login = { username: "robot", password: "s3cret-enough" };
  const { registry, start, folder, line } = await world(t, { auth: { kind: "basic", ...login } });
  writeFileSync(join(folder, "list.txt"), [line("a"), line("b")].join("\n"));
  const flags = ["--from-file", "list.txt", "--username", login.username, "--password-stdin"];
  const { exitCode, stderr } = await start(flags, `${login.password}\n`).result;
  assert.equal(exitCode, 0, stderr);
  const refused = registry.requests.filter(({ status }) => status === 401);
  assert.ok(refused.length <= 2, `${refused.length} refusals`);
});

describe("one that fails", () => {
  test("stops no other, and is named with its line and its reason", async (t) => {
    const { registry, run, line, pinned, folder } = await world(t);
    const lines = [line("a"), line("none"), line("b"), line("c", "list.txt"), line("d")];
    const { exitCode, stdout, stderr } = await run(lines);
    assert.equal(exitCode, 1);
    assert.equal(stdout, ["a", "b", "d"].map((name) => `${pinned(name)}\tout/${name}\n`).join(""));
    const [none, , , end] = stderr.split(/^(?=\S)/m);
    assert.match(none ?? "", /^\S+\/team\/none:1 \(line 2\):\n {2}cannot [^]*\n {2}hint: /);
    assert.ok(none?.startsWith(`${registry.host}/`));
    assert.match(stderr, /^\S+\/team\/c:1 \(line 4\):\n {2}cannot place content at .*list\.txt/m);
    assert.equal(stderr.split("\n").at(-2), "3 of 5 pulled, 2 failed");
    assert.equal(end, undefined);
    assert.deepEqual(readdirSync(join(folder, "out")).sort(), ["a", "b", "d"]);
  });

  test("has its error in the JSON, in its place", async (t) => {
    const { registry, folder, run, line, pinned } = await world(t);
    const { exitCode, stdout, stderr } = await run([line("none"), line("a")], "--json");
    assert.deepEqual([exitCode, stderr], [1, ""]);
    const [failed, succeeded] = JSON.parse(stdout) as readonly [Failed, Succeeded];
    assert.deepEqual(Object.keys(failed), ["reference", "directory", "error"]);
    assert.equal(failed.reference, `${registry.host}/team/none:1`);
    assert.equal(failed.directory, join(folder, "out/none"));
    assert.equal(failed.error.code, "NOT_FOUND");
    assert.match(failed.error.message, /^cannot /);
    assert.equal(succeeded.reference, `${registry.host}/team/a:1`);
    assert.equal(succeeded.pinned, pinned("a"));
    assert.equal(succeeded.directory, join(folder, "out/a"));
  });
});

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`ended by ${signal}: exit ${code}, what is under way is left as it was, and no more is begun`, async (t) => {
    const { registry, folder, start, line } = await world(t);
    registry.fault({ kind: "blob", repository: "team/a", then: { kind: "stall", afterBytes: 0 } });
    const fault = registry.fault({ kind: "manifest", then: { kind: "stall", afterBytes: 0 } });
    const lines = Array.from({ length: 5 }, (_, at) =>
      NAMES.map((name) => line(name, `out/${at}/${name}`)),
    ).flat();
    const { child, result } = start(["--from-file", "-"], lines.join("\n"));
    while (fault.applied < 32 && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill(signal);
    const { exitCode, stdout, stderr } = await result;
    assert.equal(exitCode, code, stderr);
    assert.equal(stdout, "");
    assert.equal(stderr, "0 of 40 pulled, 40 cancelled\n");
    assert.equal(registry.count({ kind: "manifest" }), 32, "many at a time, not all");
    assert.equal(existsSync(join(folder, "out")), false);
  });
}

test("a warning has its reference in front", async (t) => {
  const { registry, run, line, pinned } = await world(t);
  const digest = pinned("b").split("@")[1] ?? "";
  publish(registry, "team/b", "1", {
    layers: [{ bytes: "new", mediaType: "text/plain", title: "new" }],
  });
  const moved = `${registry.host}/team/b:1@${digest}`;
  const { exitCode, stderr } = await run([line("a"), `${moved}\tout/b`]);
  assert.equal(exitCode, 0, stderr);
  assert.ok(stderr.startsWith(`warning: ${moved}: `), stderr);
  assert.equal(stderr.split("\n").length, 2);
});

describe("nothing is pulled, and the exit code is 2,", () => {
  test("where lines are wrong", async (t) => {
    const { registry, folder, run, line } = await world(t);
    const { exitCode, stdout, stderr } = await run([line("a"), "team/a out", line("b", "out/a/b")]);
    assert.equal(exitCode, 2);
    assert.equal(stdout, "");
    assert.equal(
      stderr,
      [
        "oci-artifact: list.txt cannot be pulled as it is; nothing was",
        "  line 2: there is no tab between reference and folder",
        "  line 3: its folder lies in that of line 1",
        "hint: oci-artifact --help lists commands and flags",
        "",
      ].join("\n"),
    );
    assert.equal(registry.requests.length, 0);
    assert.deepEqual(readdirSync(folder), ["list.txt"]);
  });

  test("where a flag is wrong for all of them: said once", async (t) => {
    const { registry, run, line } = await world(t);
    const { exitCode, stderr } = await run([line("a"), line("b")], "--include", "/x");
    assert.equal(exitCode, 2);
    assert.equal(stderr.split("cannot use --include").length, 2, stderr);
    assert.equal(registry.requests.length, 0);
  });

  test("where there is no list", async (t) => {
    const { start } = await world(t);
    for (const [name, reason] of [
      ["none.txt", "ENOENT"],
      [".", "EISDIR"],
    ] as const) {
      const { exitCode, stderr } = await start(["--from-file", name], "").result;
      assert.equal(exitCode, 2);
      assert.ok(stderr.startsWith(`oci-artifact: ${name} cannot be read (${reason})\n`), stderr);
    }
  });
});
