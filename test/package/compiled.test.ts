/**
 * The published command compiles once: its first start keeps what it has compiled beside its code, and
 * the second has nothing to keep. Where that cannot be, or shall not, it works as ever.
 */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test, type TestContext } from "node:test";
import { folderFor } from "../support/folder-for-test";
import { FIRST, publishFiles } from "../support/manifests";
import { registryFor } from "../support/registry-for-test";
import { REPOSITORY } from "../support/repository";

interface Start {
  /** Of Node itself. */
  readonly flags?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

/** File modes do not bind root, so its processes become nobody. */
const ORDINARY: Start = process.getuid?.() === 0 ? { uid: 65_534 } : {};

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Installed {
  /** Where its code lies. */
  readonly bin: string;
  /** Where it keeps what it has compiled. */
  readonly compiled: string;
  /** Everything in that folder that was not installed. */
  readonly added: () => readonly string[];
  readonly start: (args: readonly string[], how?: Start) => Promise<Ended>;
  /** Pulls into a folder of its own, and looks at what came. */
  readonly pull: (how?: Start) => Promise<void>;
}

/** The package as it would be installed, in a folder of its own. */
async function install(t: TestContext): Promise<Installed> {
  const registry = await registryFor(t);
  publishFiles(registry, FIRST);
  const folder = folderFor(t);
  chmodSync(folder, 0o777);
  const bin = join(folder, "package", "dist", "bin");
  const filter = (path: string): boolean => !path.startsWith(join(REPOSITORY, "dist/bin/compiled"));
  cpSync(join(REPOSITORY, "dist", "bin"), bin, { recursive: true, filter });
  cpSync(join(REPOSITORY, "package.json"), join(folder, "package", "package.json"));
  symlinkSync(join(REPOSITORY, "node_modules"), join(folder, "package", "node_modules"));
  const installed = new Set(readdirSync(bin));
  let pulls = 0;
  const start: Installed["start"] = async (args, { flags = [], variables = {}, uid } = {}) => {
    const all = [...flags, join(bin, "oci-artifact.js"), ...args];
    const child = spawn(process.execPath, all, {
      ...(uid === undefined ? {} : { uid, gid: uid }),
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { HOME: folder, OCI_ARTIFACT_CACHE: join(folder, `cache-${uid ?? 0}`), ...variables },
    });
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: await exit, stdout, stderr };
  };
  return {
    bin,
    compiled: join(bin, "compiled"),
    added: () => readdirSync(bin).filter((name) => !installed.has(name)),
    start,
    async pull(how) {
      pulls += 1;
      const output = join(folder, `out-${pulls}`);
      const reference = `${registry.host}/team/manifests:1`;
      const ended = await start(["pull", reference, "--plain-http", "--output", output], how);
      assert.equal(ended.exitCode, 0, ended.stderr);
      assert.equal(ended.stderr, "");
      for (const [name, content] of Object.entries(FIRST)) {
        assert.equal(readFileSync(join(output, name), "utf8"), content);
      }
    },
  };
}

/** Which file it is, and of when. */
function markOf(path: string): string {
  const { ino, mtimeMs, size } = statSync(path);
  return JSON.stringify({ ino, mtimeMs, size });
}

/** As if it had not been touched for two days. */
function age(path: string): void {
  const then = Date.now() / 1_000 - 2 * 24 * 60 * 60;
  utimesSync(path, then, then);
}

describe("the command", () => {
  test("compiles once, whichever way it goes, and keeps one file", async (t) => {
    const { added, compiled, pull, start } = await install(t);
    const ways = [
      async () => {
        assert.match((await start(["--version"])).stdout, /^\d/);
      },
      pull,
      async () => {
        assert.equal((await start(["cache", "verify"])).exitCode, 0);
      },
    ];
    for (const way of ways) {
      const before = existsSync(compiled) ? markOf(compiled) : "";
      await way();
      assert.notEqual(markOf(compiled), before, "there was something to keep");
    }
    const kept = markOf(compiled);
    for (const way of [...ways, ...ways.reverse()]) await way();
    assert.equal(markOf(compiled), kept);
    assert.deepEqual(added(), ["compiled"]);
    assert.ok(statSync(compiled).size < 3 * 1024 ** 2);
    assert.equal(statSync(compiled).mode & 0o022, 0);
  });

  test("is whole after four that started at once", async (t) => {
    const { added, compiled, pull } = await install(t);
    await Promise.all([pull(), pull(), pull(), pull()]);
    const kept = markOf(compiled);
    await pull();
    assert.equal(markOf(compiled), kept);
    assert.deepEqual(added(), ["compiled"]);
  });

  test("pulls with any byte of the file damaged", async (t) => {
    const { compiled, pull } = await install(t);
    await pull();
    for (const part of [0, 3e-6, 5e-5, 0.01, 0.5, 1]) {
      const bytes = readFileSync(compiled);
      const place = Math.floor((bytes.length - 1) * part);
      bytes.writeUInt8(bytes.readUInt8(place) ^ 0x55, place);
      writeFileSync(compiled, bytes);
      await pull();
      age(compiled);
      await pull();
      const kept = markOf(compiled);
      await pull();
      assert.equal(markOf(compiled), kept, `byte ${place}`);
    }
  });

  test("leaves what another engine has kept for a day, and replaces it then", async (t) => {
    const { compiled, pull } = await install(t);
    await pull();
    const kept = markOf(compiled);
    const another = { flags: ["--no-lazy-feedback-allocation"] };
    await pull(another);
    assert.equal(markOf(compiled), kept);
    age(compiled);
    await pull(another);
    assert.notEqual(markOf(compiled), kept);
    const replaced = markOf(compiled);
    await pull(another);
    await pull();
    assert.equal(markOf(compiled), replaced);
  });

  test("goes on where a run was killed while it kept", async (t) => {
    const { added, bin, compiled, pull } = await install(t);
    const draft = join(bin, "compiled.new");
    writeFileSync(draft, "half");
    await pull();
    assert.deepEqual(added(), ["compiled.new"], "somebody may be writing it");
    age(draft);
    await pull();
    assert.deepEqual(added(), ["compiled"]);
    assert.ok(statSync(compiled).size > 1_000);
  });
});

describe("the command keeps nothing", () => {
  test("in a folder that it may not write", async (t) => {
    const { added, bin, pull } = await install(t);
    chmodSync(bin, 0o555);
    await pull(ORDINARY).finally(() => {
      chmodSync(bin, 0o755);
    });
    assert.deepEqual(added(), []);
  });

  test("where something else has the name, and leaves no draft", async (t) => {
    const { added, compiled, pull } = await install(t);
    mkdirSync(compiled);
    age(compiled);
    await pull();
    assert.deepEqual(added(), ["compiled"]);
    assert.deepEqual(readdirSync(compiled), []);
  });

  test("when it fails", async (t) => {
    const { added, start } = await install(t);
    assert.equal((await start(["pull", "127.0.0.1:1/a:1", "--output", "o"])).exitCode, 1);
    assert.deepEqual(added(), []);
  });

  for (const name of ["NODE_DISABLE_COMPILE_CACHE", "NODE_V8_COVERAGE"]) {
    test(`and uses nothing, with ${name}`, async (t) => {
      const { added, bin, compiled, pull } = await install(t);
      const variables = { [name]: join(bin, "..", "1") };
      await pull({ variables });
      assert.deepEqual(added(), []);
      writeFileSync(compiled, "");
      age(compiled);
      const kept = markOf(compiled);
      await pull({ variables });
      assert.equal(markOf(compiled), kept);
    });
  }

  const special = ["--enable-source-maps", "--require=./hook.js", "--import=data:text/javascript,"];
  for (const flag of special) {
    test(`with ${flag}`, async (t) => {
      const { added, bin, pull } = await install(t);
      writeFileSync(join(bin, "..", "..", "..", "hook.js"), "");
      await pull({ flags: [flag] });
      await pull({ variables: { NODE_OPTIONS: flag } });
      assert.deepEqual(added(), []);
    });
  }
});

test("what one user has kept serves another, who may not write it and keeps nothing", async (t) => {
  const { added, bin, compiled, pull } = await install(t);
  await pull();
  const kept = markOf(compiled);
  chmodSync(bin, 0o555);
  await pull(ORDINARY).finally(() => {
    chmodSync(bin, 0o755);
  });
  assert.equal(markOf(compiled), kept);
  assert.deepEqual(added(), ["compiled"]);
});
