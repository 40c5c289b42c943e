/** What importing the SDK costs: nothing heavy, no network, no open handle. */
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { folderFor } from "../support/folder-for-test";

const SDK = JSON.stringify(join(__dirname, "../../sdk/index.js"));

/** The modules that a script has loaded when it ends, as paths. */
function loadedBy(script: string, cwd: string): readonly string[] {
  const whole = `${script}
    ;process.on("exit", () => process.stdout.write(JSON.stringify(Object.keys(require.cache))))`;
  const run = spawnSync(process.execPath, ["-e", whole], {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd },
    timeout: 60_000,
  });
  assert.equal(run.stderr, "");
  assert.equal(run.status, 0);
  return JSON.parse(run.stdout) as readonly string[];
}

const PULUMI = `require(require.resolve("@pulumi/pulumi", { paths: [require("path").dirname(${SDK})] }))`;

const HEAVY =
  /[\\/]node_modules[\\/](?:undici|tar)[\\/]|[\\/]provider[\\/](?:pull|world|registry|unpack|store)\b/;

/** What the script loads of the engine room, beyond what Pulumi itself has loaded by then. */
function heavyIn(script: string, cwd: string): readonly string[] {
  const own = new Set(loadedBy(PULUMI, cwd));
  const modules = loadedBy(script, cwd);
  assert.ok(modules.some((path) => path.endsWith(join("sdk", "artifact.js"))));
  return modules.filter((path) => HEAVY.test(path) && !own.has(path));
}

test("importing it loads neither undici nor tar, nor any part of the engine room", (context) => {
  assert.deepEqual(heavyIn(`require(${SDK})`, folderFor(context)), []);
});

test("declaring an artifact under mocks does not either, and the process ends", (context) => {
  const script = `
    const pulumi = ${PULUMI};
    pulumi.runtime.setMocks({ newResource: (a) => ({ id: "x", state: a.inputs }), call: (a) => a.inputs })
      .then(() => {
        const { OciArtifact } = require(${SDK});
        const a = new OciArtifact("a", { reference: "registry.invalid/a:1", credentials: { username: "u", password: "p" } });
        a.fileArchive(); a.fileAsset("x");
      });`;
  assert.deepEqual(heavyIn(script, folderFor(context)), []);
});
