/**
 * `npm run demo`, without what npm does before: it shows what it promises, and leaves nothing, also
 * when it is interrupted.
 */
import * as assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { processesOf, run, type Finished } from "../support/processes";

const DEMO = join(__dirname, "../../scripts/demo.js");

describe("the demo", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "oci-artifact-demo-test-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test("goes from the first preview to destroy", async () => {
    const { exitCode, text } = await demo(folder);
    assert.equal(exitCode, 0, text);
    assert.match(text, /\+ 2 to create[^]*\+ 2 created[^]*for manifests, 0 for blobs/);
    assert.match(text, /~ digest +: "sha256:[0-9a-f]{64}" => "sha256:[0-9a-f]{64}"/);
    assert.match(text, /~ \.\/deployment\.yaml[^]*\+ \.\/ingress\.yaml[^]*- \.\/service\.yaml/);
    assert.match(text, /deployment\.yaml:\n {2}kind: Deployment\n {2}replicas: 3\n[^]*- 2 deleted/);
    await leavesNothing(folder, text);
  });

  test("leaves nothing when it is interrupted", async () => {
    const { exitCode, text } = await demo(folder, "$ pulumi up");
    assert.equal(exitCode, 130, text);
    await leavesNothing(folder, text);
  });

  test("says what to do where neither Pulumi nor Go is there", async () => {
    const { exitCode, text } = await demo(folder, undefined, { PATH: folder });
    assert.equal(exitCode, 1, text);
    assert.match(text, /^cannot prepare pulumi: .+\nhint: install Pulumi .+ or Go .+\n$/);
    await leavesNothing(folder, text);
  });
});

/** Runs the demo with temporary files in `folder`; Ctrl-C as soon as it prints `interruptAt`. */
async function demo(
  folder: string,
  interruptAt?: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const inherited = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  // Without the engine on PATH, none must be found in the cache.
  const cache = environment["PATH"] === undefined ? {} : { XDG_CACHE_HOME: join(folder, "none") };
  return await run(process.execPath, [DEMO], {
    environment: { ...inherited, ...cache, ...environment, TMPDIR: folder },
    owner: folder,
    timeoutMs: 5 * 60_000,
    onStart(child) {
      let printed = "";
      child.stdout?.on("data", (chunk: string) => {
        const isBefore = interruptAt !== undefined && !printed.includes(interruptAt);
        printed += chunk;
        if (isBefore && printed.includes(interruptAt)) child.kill("SIGINT");
      });
    },
  });
}

/** Neither a file in the temporary folder nor a process that the demo started. */
async function leavesNothing(folder: string, text: string): Promise<void> {
  const root = /^state +([^,\n]+),/m.exec(text)?.[1];
  if (root !== undefined) assert.deepEqual(processesOf(root), []);
  assert.deepEqual(await readdir(folder), []);
}
