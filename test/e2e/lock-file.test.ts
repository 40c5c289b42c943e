/**
 * A lock file on the real engine: the function and the resource take what it says in every phase, also
 * where the tag has moved, and `oci-artifact lock` beside the program moves them on.
 */
import * as assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Operation, type Project } from "../support/engine";
import { FIRST, publishFiles, REPOSITORY_NAME, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

const LOCK_FILE = "oci-artifact.lock.json";

/** The same artifact by the function and by the resource. */
const program = (host: string, rule = ""): string => `
  const { getOciArtifact, OciArtifact } = require("pulumi-oci-artifact");
  module.exports = async () => {
    const args = { reference: "${host}/${REPOSITORY_NAME}:1", plainHttp: true, lockFile: "${LOCK_FILE}", ${rule} };
    const { digest, files } = await getOciArtifact(args);
    const resource = new OciArtifact("manifests", args);
    return { digest, files, resource: resource.digest };
  };
`;

describe("a lock file", () => {
  let registry: TestRegistry;
  let project: Project;
  let reference: string;
  let first: string;
  before(async () => {
    registry = await startRegistry();
    reference = `${registry.host}/${REPOSITORY_NAME}:1`;
    first = publishFiles(registry, FIRST).digest;
    project = await createProject({ program: program(registry.host) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  /** The command of the package that the program uses. */
  const lock = async (...args: readonly string[]): Promise<string> => {
    const command = "node_modules/pulumi-oci-artifact/dist/cli/main.js";
    const finished = await project.run("node", [command, "lock", ...args, "--plain-http"]);
    assert.equal(finished.exitCode, 0, finished.text);
    return finished.text;
  };

  const warnings = ({ diagnostics }: Operation): readonly string[] =>
    diagnostics.filter(({ severity }) => severity === "warning").map(({ message }) => message);

  test("that is not there is an error with the command that makes it", async () => {
    const up = await project.preview();
    assert.notEqual(up.exitCode, 0);
    assert.match(
      up.text,
      /there is no oci-artifact\.lock\.json\n +hint: to lock it: oci-artifact lock /,
    );
    assert.equal(registry.count(), 0);
  });

  test("says what is taken, and nothing of it is stored", async () => {
    assert.match(await lock(reference), / added: sha256:/);
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.deepEqual(warnings(up), []);
    const { digest, resource } = await project.stackOutputs();
    assert.deepEqual([digest, resource], [first, first]);
    assert.equal(up.step("manifests").inputs["lockFile"], undefined);
  });

  test("is outdated where the tag has moved: its content stays, and a warning names the command", async () => {
    const { digest: second } = publishFiles(registry, SECOND);
    const up = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
    const { digest, files } = await project.stackOutputs();
    assert.equal(digest, first);
    assert.deepEqual(
      Object.keys(files as object).sort(),
      Object.keys(FIRST)
        .map((name) => `./${name}`)
        .sort(),
    );
    const text = `the tag 1 points to ${second}, and ${LOCK_FILE} has ${first}, which is taken: the lock file is outdated\nhint: look at what changed, and renew the lock file: oci-artifact lock ${reference}`;
    const rows = up.diagnostics
      .filter(({ severity, message }) => severity === "warning" && message.includes(text))
      .map(({ urn }) => urn.split("::").at(-1));
    assert.deepEqual([...new Set(rows)].sort(), ["", "manifests"], "by function and resource");
    const [ofResource, ofFunction] = ["manifests", ""].map((name) =>
      rows.filter((row) => row === name),
    );
    assert.equal(ofResource?.length, ofFunction?.length, "each once in a phase");
  });

  test('is an error then with onTagMove: "error"', async () => {
    await project.writeProgram(program(registry.host, `onTagMove: "error"`));
    const up = await project.up();
    assert.notEqual(up.exitCode, 0);
    assert.match(up.text, /the tag 1 points to .*\n.*renew the lock file: oci-artifact lock /);
    await project.writeProgram(program(registry.host));
  });

  test("that is renewed makes an update", async () => {
    assert.match(await lock(), / => sha256:\w+, 3 files changed\n/);
    const up = await project.up({ diff: true });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(up.step("manifests").operation, "update");
    assert.match(up.text, /~ digest/);
    assert.deepEqual(warnings(up), []);
  });

  test("that was not merged yet is refused", async () => {
    const path = join(project.directory, LOCK_FILE);
    await writeFile(path, `<<<<<<< HEAD\n${await readFile(path, "utf8")}`);
    const up = await project.preview();
    assert.notEqual(up.exitCode, 0);
    assert.match(up.text, /line 1 is a mark of a merge that was not resolved\n.*take either side/);
  });
});
