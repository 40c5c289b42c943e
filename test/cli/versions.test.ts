/** Ranges on the command line: `tags`, and `--semver` of `pull`, lists, `inspect` and `verify`. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test, type TestContext } from "node:test";
import { publishFiles } from "../support/manifests";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";

/** Of the same build as this test. */
const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

const TAGS = ["1.2.0", "v1.10.0", "1.3.0-rc.1", "2.0.0", "latest"];

async function world(t: TestContext) {
  const registry = await registryFor(t);
  const folder = folderFor(t);
  const digests = new Map(
    TAGS.map((tag) => [tag, publishFiles(registry, { "a.txt": tag }, tag, "team/app").digest]),
  );
  const run = async (...args: readonly string[]) => {
    const child = spawn(process.execPath, [COMMAND, ...args, "--plain-http"], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, XDG_CACHE_HOME: join(folder, "cache") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: await exit, stdout, stderr };
  };
  const repository = `${registry.host}/team/app`;
  const pinned = (tag: string): string => `${repository}@${digests.get(tag) ?? ""}`;
  return { registry, folder, run, repository, pinned };
}

const ASKED = ["--semver", "^1.2"];

describe("tags", () => {
  test("lists all, as the registry has them, and asks for nothing else", async (t) => {
    const { registry, run, repository } = await world(t);
    const { exitCode, stdout, stderr } = await run("tags", repository);
    assert.deepEqual([exitCode, stderr], [0, ""]);
    assert.deepEqual(stdout.trimEnd().split("\n"), [...TAGS].sort());
    assert.deepEqual(
      registry.requests.map(({ kind }) => kind),
      ["tags"],
    );
  });

  test("lists those in a range, first the one that a pull takes", async (t) => {
    const { run, repository } = await world(t);
    const { exitCode, stdout, stderr } = await run("tags", repository, ...ASKED, "--prereleases");
    assert.deepEqual([exitCode, stdout], [0, "v1.10.0\n1.3.0-rc.1\n1.2.0\n"]);
    assert.equal(stderr, "a pull takes v1.10.0\n");
  });

  test("ends quietly where its reader has seen enough", async (t) => {
    const { registry, folder, repository } = await world(t);
    const tags = Array.from({ length: 30_000 }, (_, index) => `1.0.${index}`);
    registry.fault({ kind: "tags", then: { kind: "status", status: 200, body: { tags } } });
    const child = spawn(process.execPath, [COMMAND, "tags", repository, "--plain-http"], {
      env: { PATH: process.env["PATH"], HOME: folder, XDG_CACHE_HOME: join(folder, "cache") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.stdout.once("data", () => child.stdout.destroy());
    assert.equal(await text(child.stderr), "");
    assert.equal(await exit, 0);
  });

  test("as JSON", async (t) => {
    const { registry, run, repository } = await world(t);
    const json = async (...args: readonly string[]): Promise<unknown> =>
      JSON.parse((await run("tags", repository, "--json", ...args)).stdout) as unknown;
    const common = { repository, servedBy: registry.host };
    assert.deepEqual(await json(), { ...common, tags: [...TAGS].sort() });
    const chosen = { tag: "v1.10.0", version: "1.10.0" };
    assert.deepEqual(await json(...ASKED), { ...common, tags: ["v1.10.0", "1.2.0"], chosen });
  });

  test("of a range that nothing is in fails, and says what is near", async (t) => {
    const { run, repository } = await world(t);
    const { exitCode, stdout, stderr } = await run("tags", repository, "--semver", "^3");
    assert.deepEqual([exitCode, stdout], [1, ""]);
    assert.match(stderr, /^cannot choose a tag of .*: none of its 5 tags fits --semver "\^3"\n/);
    assert.match(stderr, /\n {2}nearest: 2\.0\.0, /);
    const held = await run("tags", repository, "--semver", ">1.2 <1.9");
    assert.match(held.stderr, /\nhint: set --prereleases, which gives 1\.3\.0-rc\.1\n$/);
  });

  test("takes a repository alone, and nothing that is about content", async (t) => {
    const { registry, run, repository } = await world(t);
    const tagged = await run("tags", `${repository}:latest`);
    assert.equal(tagged.exitCode, 1);
    assert.match(tagged.stderr, /: it names the tag latest\nhint: name the repository alone, /);
    const foreign = await run("tags", repository, "--output", "out");
    assert.equal(foreign.exitCode, 2);
    assert.match(foreign.stderr, /^oci-artifact: tags takes no --output\n/);
    assert.equal(registry.count(), 0);
  });
});

describe("--semver", () => {
  test("of pull chooses the tag, and says which", async (t) => {
    const { folder, run, repository, pinned } = await world(t);
    const { exitCode, stdout, stderr } = await run("pull", repository, "--output", "out", ...ASKED);
    assert.deepEqual([exitCode, stderr], [0, ""]);
    assert.equal(stdout, `${pinned("v1.10.0")}\ntag v1.10.0, 1 file, 7 bytes in out\n`);
    assert.equal(readFileSync(join(folder, "out", "a.txt"), "utf8"), "v1.10.0");
    const json = await run("pull", repository, "--output", "out", "--json", ...ASKED);
    const { tag, version } = JSON.parse(json.stdout) as Readonly<Record<string, unknown>>;
    assert.deepEqual([tag, version], ["v1.10.0", "1.10.0"]);
  });

  test("of inspect, too", async (t) => {
    const { registry, run, repository, pinned } = await world(t);
    const { exitCode, stdout } = await run("inspect", repository, ...ASKED);
    assert.equal(exitCode, 0);
    const head = `reference      ${pinned("v1.10.0")}\ntag            v1.10.0\nversion        1.10.0\n`;
    assert.equal(stdout.slice(0, head.length), head);
    const json = await run("inspect", repository, "--json", ...ASKED);
    const found = JSON.parse(json.stdout) as Readonly<Record<string, unknown>>;
    assert.deepEqual([found["tag"], found["version"]], ["v1.10.0", "1.10.0"]);
    assert.equal(registry.count({ kind: "blob" }), 0);
    const places = await run("inspect", repository, "--endpoints", ...ASKED);
    assert.equal(places.exitCode, 2);
  });

  test("of a list is for every line, and a line with a tag of its own is named", async (t) => {
    const { folder, registry, run, repository, pinned } = await world(t);
    publishFiles(registry, { "b.txt": "b" }, "1.4.0", "team/b");
    const lines = [`${repository}\ta`, `${registry.host}/team/b\tb`];
    const list = (...more: readonly string[]): void => {
      writeFileSync(join(folder, "list"), [...lines, ...more].join("\n"));
    };
    list(`${repository}:2.0.0\tc`, `${pinned("latest")}\td`);
    const refused = await run("pull", "--from-file", "list", ...ASKED);
    assert.equal(refused.exitCode, 2);
    const fact = "the reference names what --semver chooses: a tag, or a digest";
    assert.match(refused.stderr, new RegExp(`\n  line 3: ${fact}\n  line 4: ${fact}\n`));
    assert.equal(registry.count(), 0);
    list();
    const { exitCode, stdout, stderr } = await run("pull", "--from-file", "list", ...ASKED);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, new RegExp(`^${pinned("v1.10.0")}\ta\n.*/team/b@sha256:\\w+\tb\n$`));
  });

  test("beside a tag is a mistake, in the words of flags", async (t) => {
    const { registry, run, repository } = await world(t);
    const { exitCode, stderr } = await run("inspect", `${repository}:2.0.0`, ...ASKED);
    assert.equal(exitCode, 2);
    assert.match(
      stderr,
      /cannot use --semver: it chooses a tag, and the reference names the tag 2/,
    );
    assert.equal(registry.count(), 0);
  });
});
