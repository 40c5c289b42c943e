/** `oci-artifact cache`: its command line, what it prints, and its exit codes. */
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseCacheCommand } from "../../cli/cache";
import { digestOf } from "../../provider/digest";
import { openBlobs } from "../../provider/store/blobs";
import { folderFor } from "../support/folder-for-test";

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** In a process of its own, in `cwd`, with the cache beside it. */
function run(cwd: string, args: readonly string[], environment: object = {}): Run {
  const module = join(__dirname, "..", "..", "cli", "cache.js");
  const script = `require(${JSON.stringify(module)}).cacheCommand(process.argv.slice(1)).then((code) => { process.exitCode = code; })`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["-e", script, "--", ...args], {
    cwd,
    env: { HOME: cwd, OCI_ARTIFACT_CACHE: join(cwd, "cache"), ...environment },
    encoding: "utf8",
  });
  return { exitCode: status, stdout, stderr };
}

describe("the command line", () => {
  const cases: readonly [string, object | RegExp][] = [
    ["ls", { verb: "ls", json: false, all: false, olderThanMs: undefined }],
    ["verify --json", { verb: "verify", json: true, all: false, olderThanMs: undefined }],
    ["prune", { verb: "prune", json: false, all: false, olderThanMs: undefined }],
    ["prune --all", { verb: "prune", json: false, all: true, olderThanMs: undefined }],
    ["prune --older-than 12h", { verb: "prune", json: false, all: false, olderThanMs: 43_200_000 }],
    [
      "prune --older-than=2w",
      { verb: "prune", json: false, all: false, olderThanMs: 1_209_600_000 },
    ],
    ["", /^cache needs a command$/],
    ["list", /^there is no command "cache list"$/],
    ["ls more", /^cache ls takes nothing more, and got "more"$/],
    ["ls --all", /^--all and --older-than belong to cache prune$/],
    ["prune --all --older-than 1d", /exclude each other$/],
    ["prune --older-than 1y", /^--older-than takes a time such as 12h, 30d or 4w$/],
    ["prune --older-than -1d", /./],
    ["prune --force", /^Unknown option '--force'/],
  ];
  for (const [line, wanted] of cases) {
    test(`"${line}"`, () => {
      const command = parseCacheCommand(line.split(" ").filter((part) => part !== ""));
      if (!(wanted instanceof RegExp)) {
        assert.deepEqual(command, wanted);
        return;
      }
      assert.ok(typeof command === "string");
      assert.match(command, wanted);
    });
  }

  test("a wrong one: exit code 2, a hint, and nothing on standard output", (context) => {
    const { exitCode, stdout, stderr } = run(folderFor(context), ["clear"]);
    assert.equal(exitCode, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^oci-artifact: there is no command "cache clear"\nhint: /);
  });
});

describe("what it prints", () => {
  test("when asked for help", (context) => {
    const { exitCode, stdout } = run(folderFor(context), ["--help"]);
    assert.equal(exitCode, 0);
    for (const word of ["ls", "prune", "verify", "--older-than", "--all", "--json"]) {
      assert.ok(stdout.includes(` ${word} `), word);
    }
  });

  test("of an empty cache, which stays unmade", (context) => {
    const cwd = folderFor(context);
    const { exitCode, stdout, stderr } = run(cwd, ["ls"]);
    assert.deepEqual([exitCode, stderr], [0, ""]);
    assert.equal(stdout, `0 blobs, 0 bytes of 10 GiB in ${join(cwd, "cache")}\n`);
    assert.equal(existsSync(join(cwd, "cache")), false);
  });

  test("of a cache with a blob", async (context) => {
    const cwd = folderFor(context);
    const digest = digestOf("content");
    await openBlobs(join(cwd, "cache")).put(digest, Buffer.from("content"));
    const lines = run(cwd, ["ls"]).stdout.split("\n");
    assert.match(
      lines[0] ?? "",
      new RegExp(`^${digest}  7 bytes  used \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d$`),
    );
    assert.match(lines[1] ?? "", /^1 blob, 7 bytes of 10 GiB in /);
    const listing = JSON.parse(run(cwd, ["ls", "--json"]).stdout) as Record<string, unknown>;
    assert.deepEqual(Object.keys(listing), ["directory", "maxBytes", "size", "blobs", "trees"]);
    const { stdout } = run(cwd, ["prune", "--all"]);
    assert.equal(
      stdout,
      `freed 7 bytes: 1 blob and 0 trees; 0 bytes stay in ${join(cwd, "cache")}\n`,
    );
  });

  test("of damage: exit code 1, and 0 once it is gone", async (context) => {
    const cwd = folderFor(context);
    const digest = digestOf("content");
    const blobs = openBlobs(join(cwd, "cache"));
    await blobs.put(digest, Buffer.from("content"));
    writeFileSync(blobs.file(digest), "CONTENT");
    const first = run(cwd, ["verify"]);
    assert.equal(first.exitCode, 1);
    assert.equal(
      first.stdout,
      `damaged: ${digest} (removed; the next pull fetches it again)\n1 blob, 7 bytes read, 1 damaged\n`,
    );
    const second = run(cwd, ["verify", "--json"]);
    assert.equal(second.exitCode, 0);
    assert.deepEqual(JSON.parse(second.stdout), {
      directory: join(cwd, "cache"),
      checked: 0,
      size: 0,
      damaged: [],
    });
  });

  test("of a bound that is no size: exit code 1, in words or as JSON", (context) => {
    const cwd = folderFor(context);
    const environment = { OCI_ARTIFACT_CACHE_MAX: "plenty" };
    const { exitCode, stderr } = run(cwd, ["ls"], environment);
    assert.equal(exitCode, 1);
    assert.equal(
      stderr,
      'cannot read the environment variable OCI_ARTIFACT_CACHE_MAX: "plenty" is no size\nhint: set it to a number of bytes, or to a size such as 500MiB or 20GiB\n',
    );
    const { stdout } = run(cwd, ["ls", "--json"], environment);
    assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, "CONFIG");
  });
});
