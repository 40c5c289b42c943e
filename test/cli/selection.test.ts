/** The flags that choose content and raise limits, in processes of their own. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";

/** Of the same build as this test. */
const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

const FILES = { "app-1.0/charts/a.yaml": "a", "app-1.0/charts/b.yaml": "b", "app-1.0/c.md": "c" };

async function world(t: TestContext) {
  const registry = await registryFor(t);
  const folder = folderFor(t);
  publish(registry, "team/app", "1", {
    layers: [
      { bytes: tarGz(FILES), mediaType: MEDIA_TYPES.tarGzip },
      { bytes: "{}", mediaType: "application/json", title: "config.json" },
    ],
  });
  const run = async (verb: string, ...flags: readonly string[]) => {
    const args = [COMMAND, verb, `${registry.host}/team/app:1`, "--plain-http", ...flags];
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, XDG_CACHE_HOME: join(folder, "cache") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: await exit, stdout, stderr };
  };
  const pull = async (...flags: readonly string[]) => {
    const { exitCode, stderr } = await run("pull", "--output", "out", ...flags);
    assert.equal(exitCode, 0, stderr);
    const entries = readdirSync(join(folder, "out"), { recursive: true, encoding: "utf8" });
    return entries.sort();
  };
  return { registry, run, pull };
}

test("another selection replaces the content at the same folder", async (t) => {
  const { pull } = await world(t);
  assert.deepEqual(await pull("--layer", "1"), ["config.json"]);
  assert.deepEqual(await pull("--title", "config.json", "--layer=0", "--layer=1"), ["config.json"]);
  assert.deepEqual(await pull("--media-type", "application/json"), ["config.json"]);
  const charts = ["--strip-components", "1", "--sub-path", "charts"];
  assert.deepEqual(await pull(...charts), ["a.yaml", "b.yaml"]);
  assert.deepEqual(await pull(...charts, "--exclude", "b.*", "--exclude", "x"), ["a.yaml"]);
  assert.deepEqual(await pull("--include", "**/*.md", "--include", "*.json"), [
    "app-1.0",
    "app-1.0/c.md",
    "config.json",
  ]);
  assert.deepEqual(await pull("--extract", "never"), ["blob-0.tar.gz", "config.json"]);
});

test("--limit raises what its error names", async (t) => {
  const { run, pull } = await world(t);
  const { exitCode, stderr } = await run("pull", "--output", "out", "--limit", "entries=2");
  assert.equal(exitCode, 1);
  assert.match(stderr, /limit entries of 2 .*\nhint: .*--limit entries=…\n$/);
  assert.equal((await pull("--limit", "entries=6", "--limit", "layers=2")).length, 6);
});

test("what is refused names the flag that allows it, and that flag does", async (t) => {
  const { registry, run, pull } = await world(t);
  const publishFiles = (...layers: readonly Readonly<Record<string, string>>[]): void => {
    publish(registry, "team/app", "1", {
      layers: layers.map((files) => ({ bytes: tarGz(files), mediaType: MEDIA_TYPES.tarGzip })),
    });
  };
  const refusal = async (): Promise<string> => (await run("pull", "--output", "out")).stderr;

  publishFiles({ a: "1", b: "1" }, { a: "2" });
  assert.match(
    await refusal(),
    /"a" of layer 1 .* is in layer 0 .*\nhint: set --allow-overwrite to/,
  );
  assert.deepEqual(await pull("--allow-overwrite"), ["a", "b"]);

  publishFiles({ README: "1", readme: "2" });
  assert.match(await refusal(), /differ only in case.*\nhint: set --allow-name-clashes where/);
  assert.deepEqual(await pull("--allow-name-clashes"), ["README", "readme"]);

  publishFiles({});
  assert.match(await refusal(), /hold no files\nhint: .*set --allow-empty\n$/);
  assert.deepEqual(await pull("--allow-empty"), []);
});

test("what comes to one path names the flag that leaves one of them out", async (t) => {
  const { registry, run, pull } = await world(t);
  const bytes = tarGz({ "a/f": "1", "b/f": "2", "b/g": "3" });
  publish(registry, "team/app", "1", { layers: [{ bytes, mediaType: MEDIA_TYPES.tarGzip }] });
  const { stderr } = await run("pull", "--output", "out", "--strip-components", "1");
  assert.match(stderr, /both come to "f"\nhint: lower --strip-components, .* by --exclude\n$/);
  assert.deepEqual(await pull("--strip-components", "1", "--exclude", "f"), ["g"]);
});

test("inspect shows which layers are chosen, and why none is", async (t) => {
  const { run } = await world(t);
  const { stdout } = await run("inspect", "--layer", "1");
  assert.match(stdout, /\nlayers +2, 2 bytes to fetch\n/);
  assert.match(stdout, /\n +0 +sha256:.*, not fetched\n +1 +sha256:.*, the file config\.json\n/);
  const json = JSON.parse((await run("inspect", "--layer", "1", "--json")).stdout) as {
    readonly layers: readonly { readonly isChosen: boolean }[];
  };
  assert.deepEqual(
    json.layers.map(({ isChosen }) => isChosen),
    [false, true],
  );
  const none = await run("inspect", "--title", "x");
  assert.equal(none.exitCode, 0);
  assert.match(
    none.stdout,
    /\nproblem +cannot choose layers of .*--title matches none of its layers/,
  );
});
