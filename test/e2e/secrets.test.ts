/**
 * Credentials stay home: given as plain strings, secrets or configuration, they are in no state, no
 * event, no log and no output, and rotating them is no diff.
 */
import * as assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Operation, type Project } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

const USER = "robot$deployer";
const PASSWORD = "correct-horse-7421";
const WRONG = "incorrect-mule-9933";

/** Everything that the command showed, logged or wrote down. */
async function traces(project: Project, operation: Operation): Promise<string> {
  const files = await readdir(project.directory, { recursive: true, withFileTypes: true });
  const cached = await readdir(project.cache, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    [...files, ...cached]
      .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
      .filter(({ name }) => !/^(index\.js|Pulumi\..*yaml)$/.test(name))
      .map((entry) => readFile(join(entry.parentPath, entry.name), "latin1")),
  );
  const state = JSON.stringify(await project.exportState());
  return [operation.text, JSON.stringify(operation.events), state, ...texts].join("\n");
}

describe("credentials", () => {
  let registry: TestRegistry;
  let project: Project;
  const withLogin = (password: string): string =>
    program(plainArgs(registry, `credentials: { username: "${USER}", password: ${password} }`));

  before(async () => {
    registry = await startRegistry({
      auth: { kind: "token", username: USER, password: PASSWORD },
    });
    publishFiles(registry, FIRST);
    project = await createProject({ program: withLogin(JSON.stringify(PASSWORD)) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("given as plain strings leave no trace", async () => {
    const up = await project.up({ diff: true });
    assert.equal(up.exitCode, 0, up.text);
    const all = await traces(project, up);
    assert.ok(!all.includes(PASSWORD), "the password");
    assert.ok(!all.includes(Buffer.from(`${USER}:${PASSWORD}`).toString("base64")), "encoded");
    assert.ok(!all.includes(USER), "not even the user's name");
    assert.ok(registry.count({ kind: "token" }) > 0, "and were used");
  });

  test("that rotate are no diff, also as a secret of the configuration", async () => {
    await project.setConfig("password", PASSWORD, "secret");
    await project.writeProgram(withLogin(`new pulumi.Config().requireSecret("password")`));
    const up = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
    const { resources = [] } = (await project.exportState()).deployment;
    const artifact = resources.find(({ type }) => type.endsWith(":OciArtifact"));
    assert.ok(artifact);
    assert.ok(!JSON.stringify(artifact).includes("ciphertext"), "and no output became secret");
  });

  test("that are wrong fail with where they came from, and without their value", async () => {
    publishFiles(registry, SECOND);
    await project.writeProgram(withLogin(JSON.stringify(WRONG)));
    const preview = await project.preview({ diff: true });
    assert.notEqual(preview.exitCode, 0);
    assert.match(preview.text, /cannot read the manifest of .*team\/manifests:1: /);
    assert.match(preview.text, /input "credentials"/);
    assert.match(preview.text, /hint: /);
    const all = await traces(project, preview);
    assert.ok(!all.includes(WRONG), "the wrong password is a secret, too");
    assert.doesNotMatch(preview.text, /\n\s+at .*\(/, "no stack");
  });

  test("of Docker's config file are found", async () => {
    await mkdir(project.dockerConfig, { recursive: true });
    const auth = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");
    await writeFile(
      join(project.dockerConfig, "config.json"),
      JSON.stringify({ auths: { [registry.host]: { auth } } }),
    );
    await project.writeProgram(program(plainArgs(registry)));
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const all = await traces(project, up);
    assert.ok(!all.includes(PASSWORD) && !all.includes(auth));
  });
});
