/** `oci-artifact cache`: its command line, what it prints, and its exit codes. */
import * as assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { parseCacheCommand } from "../../cli/cache";
import { digestOf } from "../../provider/digest";
import { openBlobs } from "../../provider/store/blobs";
import { openClaims } from "../../provider/store/claims";
import { openHomeNotes } from "../../provider/store/homes";
import { openTrees } from "../../provider/store/trees";
import { CONTENT, filler, KEY } from "../store/content";
import { folderFor } from "../support/folder-for-test";
import { FIRST, publishFiles, SECOND } from "../support/manifests";
import { registryFor } from "../support/registry-for-test";
import { recordReport } from "../support/report-for-test";

const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

/** File modes do not bind root, so its processes become nobody. */
const USER = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** In a process of its own, in `cwd`, with the cache beside it. */
function run(cwd: string, args: readonly string[], environment: object = {}, user = {}): Run {
  const module = join(__dirname, "..", "..", "cli", "cache.js");
  const script = `require(${JSON.stringify(module)}).cacheCommand(process.argv.slice(1)).then((code) => { process.exitCode = code; })`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["-e", script, "--", ...args], {
    ...user,
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

  test("of a tree: whether a resource claims it, and when it was used", async (context) => {
    const cwd = folderFor(context);
    const trees = openTrees(cwd);
    const { size } = await trees.ensure(KEY, filler(CONTENT).fill, recordReport());
    const lines = (): readonly string[] => run(cwd, ["ls"]).stdout.split("\n");
    const tree = (use: string) =>
      new RegExp(
        `^\\.oci-artifacts/${KEY.name}  ${size} bytes  ${use}, used \\d{4}(-\\d\\d){2} \\d\\d:\\d\\d$`,
      );
    assert.match(lines()[0] ?? "", tree("unclaimed"));
    await openClaims(trees.directory).claim("resource", KEY.name);
    assert.match(lines()[0] ?? "", tree("claimed"));
    const places = join(cwd, "cache");
    const kept = run(cwd, ["prune", "--all"]);
    assert.equal(
      kept.stdout,
      `freed 0 bytes: 0 blobs and 0 trees; 0 bytes stay in ${places}\n`,
      "what a resource claims stays",
    );
    await openClaims(trees.directory).release("resource");
    const { stdout } = run(cwd, ["prune", "--all", "--json"]);
    const { trees: gone, freed } = JSON.parse(stdout) as { trees: object[]; freed: number };
    assert.deepEqual([gone.length, freed], [1, size]);
    await trees.ensure(KEY, filler(CONTENT).fill, recordReport());
    assert.equal(
      run(cwd, ["prune", "--all"]).stdout,
      `removed .oci-artifacts/${KEY.name}\nfreed ${size} bytes: 0 blobs and 1 tree; 0 bytes stay in ${places}\n`,
    );
  });

  test("of damage in a cache that may not be written: it cannot be removed", async (context) => {
    const cwd = folderFor(context);
    const digest = digestOf("content");
    const blobs = openBlobs(join(cwd, "cache"));
    await blobs.put(digest, Buffer.from("content"));
    writeFileSync(blobs.file(digest), "CONTENT");
    const folder = dirname(blobs.file(digest));
    for (const path of [cwd, join(cwd, "cache"), dirname(folder)]) chmodSync(path, 0o755);
    chmodSync(folder, 0o555);
    chmodSync(blobs.file(digest), 0o644);
    const { exitCode, stdout } = run(cwd, ["verify"], {}, USER);
    chmodSync(folder, 0o755);
    assert.equal(exitCode, 1);
    assert.equal(
      stdout,
      `damaged: ${digest} (it cannot be removed)\n1 blob, 7 bytes read, 1 damaged\n`,
    );
    assert.ok(existsSync(blobs.file(digest)));
  });

  test("of a prune that cannot remove something: what, and why", async (context) => {
    const cwd = folderFor(context);
    const digest = digestOf("content");
    const blobs = openBlobs(join(cwd, "cache"));
    await blobs.put(digest, Buffer.from("content"));
    const folder = dirname(blobs.file(digest));
    const tags = join(cwd, "cache", "tags");
    mkdirSync(tags);
    writeFileSync(join(tags, "0".repeat(64)), digest);
    for (const path of [cwd, join(cwd, "cache"), dirname(folder)]) chmodSync(path, 0o755);
    for (const path of [folder, tags]) chmodSync(path, 0o555);
    const { exitCode, stdout } = run(cwd, ["prune", "--all"], {}, USER);
    const json = run(cwd, ["prune", "--all", "--json"], {}, USER);
    for (const path of [folder, tags]) chmodSync(path, 0o755);
    assert.deepEqual([exitCode, json.exitCode], [0, 0], "it does what it can");
    const fact = "it may not be written (EACCES)";
    assert.equal(
      stdout,
      `cannot remove ${digest}: ${fact}\nfreed 0 bytes: 0 blobs and 0 trees; 7 bytes stay in ${join(cwd, "cache")}\n`,
    );
    const { refused } = JSON.parse(json.stdout) as { refused: unknown };
    assert.deepEqual(refused, [{ name: digest, fact }]);
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

test("prune --all spares what says which folders are ours", async (context) => {
  const cwd = folderFor(context);
  const registry = await registryFor(context);
  const homes = openHomeNotes(join(cwd, "cache"));
  await homes.note("resource", "/program");
  const pull = async (): Promise<number | null> => {
    const reference = `${registry.host}/team/manifests:1`;
    const args = ["pull", reference, "--plain-http", "--output", "out"];
    const child = spawn(process.execPath, [COMMAND, ...args], {
      cwd,
      env: { HOME: cwd, OCI_ARTIFACT_CACHE: join(cwd, "cache") },
      stdio: "ignore",
    });
    return await new Promise((resolve) => child.once("close", resolve));
  };
  publishFiles(registry, FIRST);
  assert.equal(await pull(), 0);
  const { stdout } = run(cwd, ["prune", "--all"]);
  assert.match(stdout, /^freed [^:]+: \d blobs and 0 trees; 0 bytes stay in /);
  assert.equal(await homes.find("resource"), "/program");
  publishFiles(registry, SECOND);
  assert.equal(await pull(), 0, "the folder is still known as ours");
  assert.equal(existsSync(join(cwd, "out", "service.yaml")), false);
});
