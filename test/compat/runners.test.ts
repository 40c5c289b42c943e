/**
 * The packed package under the test runners of its users: unit tests under mocks dial nobody and end by
 * themselves, and a pull in the process of a runner works, worker threads included.
 */
import * as assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { publish } from "../support/artifacts";
import { linkInstalled, packBuild } from "../support/compat-package";
import {
  MAIN_FILE,
  mocksTestText,
  PASSED,
  programText,
  pullTestText,
  type Format,
  type Runner,
} from "../support/compat-programs";
import { installedTree } from "../support/compat-trees";
import { run } from "../support/processes";
import { startRegistry, type TestRegistry } from "../support/registry";
import { LARGE, LARGE_LAYER } from "./command";

interface Row {
  readonly runner: Runner;
  readonly format: Format;
  /** What Node is started with, before the name of the test. */
  readonly command: readonly string[];
}

const TAP = ["--test", "--test-reporter=tap"] as const;

const ROWS: readonly Row[] = [
  { runner: "node", format: "commonjs", command: TAP },
  { runner: "node", format: "module", command: TAP },
  { runner: "vitest", format: "module", command: ["node_modules/vitest/vitest.mjs", "run"] },
  { runner: "jest", format: "commonjs", command: ["node_modules/jest/bin/jest.js"] },
];

const TEST_FILE = "program.test.js";

/** What runners say of a test that leaves something open. */
const UNENDED = /did not exit|open handle|timed out|force exited/i;

let root = "";
let tarball = "";
let tree = "";
let registry: TestRegistry;

before(async () => {
  root = await mkdtemp(join(tmpdir(), "oci-artifact-runners-"));
  tarball = await packBuild(root);
  tree = await installedTree("runners", tarball);
  registry = await startRegistry();
  publish(registry, "team/large", "1", { layers: [LARGE_LAYER] });
});

after(async () => {
  await registry.close();
  await rm(root, { recursive: true, force: true });
});

for (const row of ROWS) {
  const { runner, format } = row;
  describe(`${runner}, ${format}`, () => {
    let folder = "";

    before(async () => {
      folder = await projectFor(row);
    });

    test("passes a test of a program under mocks, and dials nobody", async () => {
      registry.clearRequests();
      await assertPasses(row, folder, mocksTestText(runner, format));
      assert.equal(registry.count(), 0);
    });

    test("passes a test that pulls", async () => {
      registry.clearRequests();
      await assertPasses(row, folder, pullTestText(runner, format, registry.host, LARGE.length));
      assert.equal(registry.count({ kind: "blob" }), 1);
    });
  });
}

async function projectFor({ runner, format }: Row): Promise<string> {
  const folder = join(root, `${runner}-${format}`);
  await mkdir(folder);
  const manifest = { name: "example", private: true, type: format };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await writeFile(join(folder, MAIN_FILE), programText(registry.host, format));
  await linkInstalled(folder, tree, tarball);
  return folder;
}

/** The runner ends by itself and says that the one test of this text has passed. */
async function assertPasses({ runner, command }: Row, folder: string, text: string): Promise<void> {
  await writeFile(join(folder, TEST_FILE), text);
  const finished = await run(process.execPath, [...command, TEST_FILE], {
    cwd: folder,
    environment: {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: folder,
      XDG_CACHE_HOME: join(folder, "cache"),
      NO_COLOR: "1",
    },
    owner: folder,
    timeoutMs: 60_000,
  });
  assert.equal(finished.exitCode, 0, finished.text);
  assert.match(finished.text, PASSED[runner]);
  assert.doesNotMatch(finished.text, UNENDED);
}
