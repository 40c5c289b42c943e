/**
 * What a program pays for importing the package: nothing that pulls is loaded before something is
 * pulled.
 */
import * as assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "../support/processes";
import { REPOSITORY } from "../support/repository";

/** Prints what the second module loads that the first had not loaded. */
const LOADED = `
  const [before, subject] = process.argv.slice(1);
  require(before);
  const known = new Set(Object.keys(require.cache));
  require(subject);
  console.log(JSON.stringify(Object.keys(require.cache).filter((file) => !known.has(file))));
`;

async function loadedBy(subject: string): Promise<readonly string[]> {
  const pulumi = join(REPOSITORY, "node_modules/@pulumi/pulumi");
  const { exitCode, stdout, text } = await run(process.execPath, ["-e", LOADED, pulumi, subject], {
    environment: {},
    owner: join(tmpdir(), `oci-artifact-startup-${process.pid}`),
    timeoutMs: 60_000,
  });
  assert.equal(exitCode, 0, text);
  return JSON.parse(stdout) as readonly string[];
}

test("importing the SDK loads no package but @pulumi/pulumi, and no engine room", async () => {
  const loaded = await loadedBy(REPOSITORY);
  assert.ok(
    loaded.some((file) => file.endsWith("/dist/sdk/index.js")),
    loaded.join("\n"),
  );
  for (const name of ["undici", "tar"]) {
    const ofPackage = loaded.filter((file) => file.includes(`/node_modules/${name}/`));
    assert.deepEqual(ofPackage, [], name);
  }
  const others = loaded.filter((file) => /\/node_modules\/(?!@pulumi\/pulumi\/)/.test(file));
  assert.deepEqual(others, []);
});

test("the probe sees a package that is loaded", async () => {
  const undici = join(REPOSITORY, "node_modules/undici");
  assert.ok((await loadedBy(undici)).some((file) => file.includes("/node_modules/undici/")));
});
