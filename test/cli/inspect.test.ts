/**
 * `oci-artifact inspect` as a user runs it: what a reference is, without its content.
 */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { tarGz } from "../support/archives";
import { buildArtifact, buildIndex, MEDIA_TYPES, publish } from "../support/artifacts";
import { startRegistry, type TestRegistry } from "../support/registry";

const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

describe("oci-artifact inspect", () => {
  let registry: TestRegistry;
  let folder: string;

  before(async () => {
    registry = await startRegistry();
    folder = await mkdtemp(join(tmpdir(), "oci-artifact-inspect-"));
  });
  after(async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function inspect(...args: readonly string[]): Promise<{
    readonly exitCode: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }> {
    const child = spawn(process.execPath, [COMMAND, "inspect", "--plain-http", ...args], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, XDG_CACHE_HOME: join(folder, "cache") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: await exit, stdout, stderr };
  }

  test("an artifact: its layers, and what a pull would make of each, without a blob", async () => {
    const { digest } = publish(registry, "team/app", "1", {
      artifactType: "application/vnd.example.app.v1",
      annotations: { "org.opencontainers.image.revision": "abc123" },
      layers: [
        { bytes: tarGz({ "a.txt": "a" }), mediaType: MEDIA_TYPES.tarGzip },
        { bytes: "{}", mediaType: "application/json", title: "config.json" },
      ],
    });
    const { exitCode, stdout, stderr } = await inspect(`${registry.host}/team/app:1`);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, new RegExp(`^reference +${registry.host}/team/app@${digest}\n`));
    assert.match(stdout, /\nartifact type +application\/vnd\.example\.app\.v1\n/);
    assert.match(stdout, /\nannotation +org\.opencontainers\.image\.revision: abc123\n/);
    assert.match(stdout, /\nlayers +2, .* to fetch\n/);
    assert.match(stdout, /\n +0 +sha256:\w{64} .*, unpacked\n/);
    assert.match(stdout, /\n +1 +sha256:\w{64} 2 bytes application\/json, the file config\.json\n/);
    assert.equal(registry.count({ kind: "blob" }), 0);
    assert.deepEqual((await readdir(folder)).sort(), ["cache"], "and nothing is placed");
  });

  test("an index: its platforms; with --platform, the manifest of one", async () => {
    const artifactFor = (name: string) =>
      buildArtifact({ layers: [{ bytes: tarGz({ name }), mediaType: MEDIA_TYPES.tarGzip }] });
    const [amd64, arm64] = [artifactFor("amd64"), artifactFor("arm64")];
    publish(
      registry,
      "team/index",
      "1",
      buildIndex({
        manifests: [
          { artifact: amd64, platform: { os: "linux", architecture: "amd64" } },
          { artifact: arm64, platform: { os: "linux", architecture: "arm64", variant: "v8" } },
        ],
      }),
    );
    const whole = await inspect(`${registry.host}/team/index:1`);
    assert.equal(whole.exitCode, 0, whole.stderr);
    assert.match(whole.stdout, new RegExp(`\nplatform +linux/amd64 +${amd64.digest} `));
    assert.match(whole.stdout, new RegExp(`\nplatform +linux/arm64/v8 +${arm64.digest} `));
    assert.doesNotMatch(whole.stdout, /\nlayers /);

    const one = await inspect(
      `${registry.host}/team/index:1`,
      "--platform",
      "linux/arm64",
      "--json",
    );
    assert.equal(one.exitCode, 0, one.stderr);
    const found = JSON.parse(one.stdout) as Record<string, unknown>;
    assert.equal(found["manifestDigest"], arm64.digest);
    assert.equal((found["layers"] as unknown[]).length, 1);
  });

  test("what a pull would refuse is said", async () => {
    publish(registry, "team/evil", "1", {
      layers: [{ bytes: "x", mediaType: "text/plain", title: "../outside.txt" }],
    });
    const { exitCode, stdout } = await inspect(`${registry.host}/team/evil:1`);
    assert.equal(exitCode, 0);
    assert.match(stdout, /\nproblem +cannot unpack .*title "\.\.\/outside\.txt"/);
  });

  test("control sequences of the registry do not reach the terminal", async () => {
    publish(registry, "team/paint", "1", {
      annotations: { note: "\u001b[31mred\u001b[0m" },
      layers: [{ bytes: "x", mediaType: "text/plain", title: "a.txt" }],
    });
    const { stdout } = await inspect(`${registry.host}/team/paint:1`);
    assert.match(stdout, /annotation +note: /);
    assert.ok(!stdout.includes("\u001b"));
  });

  test("no such tag: the error, and exit 1", async () => {
    const { exitCode, stdout, stderr } = await inspect(`${registry.host}/team/app:none`);
    assert.equal(exitCode, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^cannot read the manifest of .*:none: /);
  });

  test("is bounded by --timeout", async () => {
    const fault = registry.fault({ repository: "team/slow", then: { kind: "stall" } });
    const { exitCode, stderr } = await inspect(`${registry.host}/team/slow:1`, "--timeout", "1");
    fault.remove();
    assert.equal(exitCode, 1);
    assert.match(stderr, /it takes longer than the 1 second/);
  });

  test("takes no --output", async () => {
    const { exitCode, stderr } = await inspect(`${registry.host}/team/app:1`, "--output", "x");
    assert.equal(exitCode, 2);
    assert.match(stderr, /inspect takes no --output/);
  });
});
