/**
 * `oci-artifact pull` as a user runs it: a process of its own, exit codes, what it prints, and what
 * lies at the output folder.
 */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { publish } from "../support/artifacts";
import { createCertificates } from "../support/certificates";
import { FIRST, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";
import { REPOSITORY } from "../support/repository";

/** Of the same build as this test. */
const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

/** Where the package has it: it finds the version by its place. */
const PACKAGED = join(REPOSITORY, "dist", "cli", "main.js");

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe("oci-artifact pull", () => {
  const certificates = createCertificates();
  let registry: TestRegistry;
  let folder: string;

  before(async () => {
    registry = await startRegistry();
    folder = await mkdtemp(join(tmpdir(), "oci-artifact-cli-"));
  });
  after(async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function run(
    args: readonly string[],
    input = "",
    cache = "cache",
    command = COMMAND,
  ): Promise<Run> {
    const child = spawn(process.execPath, [command, ...args], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, XDG_CACHE_HOME: join(folder, cache) },
    });
    child.stdin.end(input);
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: await exit, stdout, stderr };
  }

  const reference = (tag = "1"): string => `${registry.host}/team/manifests:${tag}`;

  async function contentOf(output: string): Promise<Readonly<Record<string, string>>> {
    const root = join(folder, output);
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return Object.fromEntries(
      await Promise.all(
        files.map(async ({ parentPath, name }) => {
          const path = join(parentPath, name);
          return [path.slice(root.length + 1), await readFile(path, "utf8")] as const;
        }),
      ),
    );
  }

  test("places the whole content, and prints what it is", async () => {
    const { digest } = publishFiles(registry, FIRST);
    const { exitCode, stdout, stderr } = await run([
      "pull",
      reference(),
      "--plain-http",
      "--output",
      "out",
    ]);
    assert.equal(exitCode, 0, stderr);
    assert.equal(stdout.split("\n")[0], `${registry.host}/team/manifests@${digest}`);
    assert.match(stdout, /\n3 files, \d+ bytes in out\n$/);
    assert.equal(stderr, "");
    assert.deepEqual(await contentOf("out"), FIRST);
    assert.deepEqual((await readdir(folder)).sort(), ["cache", "out"]);
  });

  test("again: one manifest request, no blob, nothing touched", async () => {
    registry.clearRequests();
    const { exitCode, stderr } = await run([
      "pull",
      reference(),
      "--plain-http",
      "--output",
      "out",
    ]);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(
      registry.requests.map(({ kind }) => kind),
      ["manifest"],
    );
  });

  test("of a moved tag replaces what it placed, and nothing of the old stays", async () => {
    publishFiles(registry, SECOND);
    const { exitCode, stdout, stderr } = await run([
      "pull",
      reference(),
      "--plain-http",
      "--output",
      "out",
      "--json",
    ]);
    assert.equal(exitCode, 0, stderr);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    assert.equal(result["directory"], join(folder, "out"));
    assert.equal(result["servedBy"], registry.host);
    assert.equal(result["fileCount"], 3);
    assert.deepEqual(Object.keys(result["files"] as object).sort(), [
      "./crds/widget.yaml",
      "./deployment.yaml",
      "./ingress.yaml",
    ]);
    assert.deepEqual(await contentOf("out"), SECOND);
  });

  test("content does not go to the cache or to trees, and nobody is asked for it", async () => {
    registry.clearRequests();
    const before = await readdir(join(folder, "cache"), { recursive: true });
    const own = [
      "cache/pulumi-oci-artifact",
      "cache/pulumi-oci-artifact/blobs",
      ".oci-artifacts/x",
    ];
    for (const output of own) {
      const { exitCode, stderr } = await run([
        "pull",
        reference(),
        "--plain-http",
        "--output",
        output,
      ]);
      assert.equal(exitCode, 1, stderr);
      assert.match(stderr, /^cannot place content at \S+: it (?:is|lies in)/);
      assert.match(stderr, /\nhint: choose another folder/);
    }
    assert.deepEqual(registry.requests, []);
    assert.deepEqual(await readdir(join(folder, "cache"), { recursive: true }), before);
  });

  test("does not touch a file of the user's that is in the way", async () => {
    await mkdir(join(folder, "mine"));
    await writeFile(join(folder, "mine", "ingress.yaml"), "precious");
    const { exitCode, stdout, stderr } = await run([
      "pull",
      reference(),
      "--plain-http",
      "--output",
      "mine",
    ]);
    assert.equal(exitCode, 1);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^cannot place content at mine: .* not placed by oci-artifact: .*ingress\.yaml/,
    );
    assert.match(stderr, /\nhint: choose another folder/);
    assert.deepEqual(await contentOf("mine"), { "ingress.yaml": "precious" });
  });

  test("a folder of another machine: the same content is taken over, other content is refused with what to do", async () => {
    publishFiles(registry, FIRST, "shared");
    const pull = async (machine: string): Promise<Run> =>
      await run(["pull", reference("shared"), "--plain-http", "--output", "shared"], "", machine);
    assert.equal((await pull("cache")).exitCode, 0);
    const { ino } = await stat(join(folder, "shared", "service.yaml"));
    const taken = await pull("cache-2");
    assert.equal(taken.exitCode, 0, taken.stderr);
    assert.equal((await stat(join(folder, "shared", "service.yaml"))).ino, ino, "nothing moved");

    publishFiles(registry, SECOND, "shared");
    const refused = await pull("cache-3");
    assert.equal(refused.exitCode, 1);
    assert.match(
      refused.stderr,
      /^cannot place content at shared: .* not placed by oci-artifact: .*deployment\.yaml.*\nhint: choose another folder, or move away what lies there\n$/,
    );
    assert.deepEqual(await contentOf("shared"), FIRST);
    const goesOn = await pull("cache-2");
    assert.equal(goesOn.exitCode, 0, goesOn.stderr);
    assert.deepEqual(await contentOf("shared"), SECOND);
    await rename(join(folder, "shared"), join(folder, "away"));
    assert.equal((await pull("cache-3")).exitCode, 0);
    assert.deepEqual(await contentOf("shared"), SECOND);
  });

  test("leaves what was there when the new content is damaged on the way", async () => {
    publishFiles(registry, { "broken.txt": "never seen" }, "broken");
    const fault = registry.fault({
      kind: "blob",
      then: { kind: "body", bytes: Buffer.from("no") },
    });
    const { exitCode, stderr } = await run([
      "pull",
      reference("broken"),
      "--plain-http",
      "--output",
      "out",
    ]);
    fault.remove();
    assert.equal(exitCode, 1);
    assert.match(stderr, /^cannot /);
    assert.deepEqual(await contentOf("out"), SECOND);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.includes("oci-artifact")),
      [],
    );
  });

  test("raw files with titles, by digest; the tag beside it is only compared", async () => {
    const { digest } = publish(registry, "team/policy", "1", {
      layers: [
        { bytes: "package a\n", mediaType: "application/vnd.opa.rego", title: "policy/a.rego" },
        { bytes: "{}", mediaType: "application/json", title: "data.json" },
      ],
    });
    const { exitCode, stderr } = await run([
      "pull",
      `${registry.host}/team/policy:1@${digest}`,
      "--plain-http",
      "--output",
      "policy",
    ]);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await contentOf("policy"), {
      "data.json": "{}",
      "policy/a.rego": "package a\n",
    });
    assert.deepEqual(
      registry.matching({ reference: "1", repository: "team/policy" }).map(({ method }) => method),
      ["HEAD"],
    );
  });

  test("over HTTPS with --ca-file, and with a login from --password-stdin", async () => {
    const secure = await startRegistry({
      tls: certificates.server,
      auth: { kind: "basic", username: "robot$puller", password: "s3cret-enough" },
    });
    try {
      publishFiles(secure, FIRST);
      await writeFile(join(folder, "ca.pem"), certificates.authority.cert);
      const target = `${secure.localhost}/team/manifests:1`;
      const flags = ["--output", "secure", "--ca-file", "ca.pem"];
      const login = ["--username", "robot$puller", "--password-stdin"];
      const refused = await run(["pull", target, ...flags, ...login], "wrong-one\n");
      assert.equal(refused.exitCode, 1);
      assert.match(refused.stderr, /credentials: --username, --password-stdin/);
      assert.ok(!refused.stderr.includes("wrong-one"));
      const placed = await run(["pull", target, ...flags, ...login], "s3cret-enough\n");
      assert.equal(placed.exitCode, 0, placed.stderr);
      assert.deepEqual(await contentOf("secure"), FIRST);
      const unverified = await run(
        ["pull", target, "--output", "other", "--skip-tls-verify", ...login],
        "s3cret-enough",
      );
      assert.equal(unverified.exitCode, 0, unverified.stderr);
    } finally {
      await secure.close();
    }
  });

  test("a wrong value or reference is a wrong command line, as in a list, with the same error", async () => {
    registry.clearRequests();
    for (const [args, code] of [
      [[reference(), "--extract", "banana"], "INVALID_INPUT"],
      [["registry.test/Team/app:1"], "INVALID_REFERENCE"],
    ] as const) {
      const command = ["pull", ...args, "--output", "never"];
      const plain = await run(command);
      assert.equal(plain.exitCode, 2, plain.stderr);
      assert.equal(plain.stdout, "");
      const { exitCode, stdout, stderr } = await run([...command, "--json"]);
      assert.deepEqual([exitCode, stderr], [2, ""]);
      const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
      assert.equal(error.code, code);
      assert.equal(`${error.message}\n`, plain.stderr);
    }
    assert.deepEqual(registry.requests, []);
  });

  test("--json prints errors as JSON, with code and hint", async () => {
    const { exitCode, stdout, stderr } = await run([
      "pull",
      reference("none"),
      "--plain-http",
      "--output",
      "none",
      "--json",
    ]);
    assert.equal(exitCode, 1);
    assert.equal(stderr, "");
    const { error } = JSON.parse(stdout) as { error: Record<string, unknown> };
    assert.equal(error["code"], "NOT_FOUND");
    assert.equal(error["status"], 404);
    assert.equal(typeof error["hint"], "string");
    assert.ok(!(await readdir(folder)).includes("none"));
  });

  test("a wrong command line is exit 2, and says what there is", async () => {
    for (const args of [
      ["pull"],
      ["pull", reference()],
      ["fetch", reference()],
      ["pull", reference(), "--output", "x", "--plain-htp"],
      ["pull", reference(), "--output", "x", "--username", "me"],
    ]) {
      const { exitCode, stdout, stderr } = await run(args);
      assert.equal(exitCode, 2, args.join(" "));
      assert.equal(stdout, "");
      assert.match(stderr, /^oci-artifact: .+\nhint: oci-artifact --help/);
    }
  });

  test("--help names every flag, --version the version", async () => {
    const help = await run(["--help"]);
    assert.equal(help.exitCode, 0);
    for (const flag of ["--plain-http", "--skip-tls-verify", "--ca-file", "--username"]) {
      assert.ok(help.stdout.includes(flag), flag);
    }
    assert.match(help.stdout, /exit codes:\n +0 /);
    assert.match((await run(["--version"], "", "cache", PACKAGED)).stdout, /^\d+\.\d+\.\d+\n$/);
  });
});
