/**
 * `oci-artifact:registries` in the stack's configuration: what it says of a registry counts for the
 * resource and for the function, its passwords stay home, and changing it is no diff.
 */
import * as assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createProject, type Project } from "../support/engine";
import { FIRST, publishFiles } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

const PASSWORD = "correct-horse-5518";
const AUTH = { kind: "basic", username: "robot", password: PASSWORD } as const;

/** Says nothing of how the registry is reached. */
function program({ host }: TestRegistry, more = ""): string {
  return `
    const { OciArtifact, getOciArtifactOutput } = require("pulumi-oci-artifact");
    const reference = "${host}/team/manifests:1";
    const manifests = new OciArtifact("manifests", { reference, ${more} });
    exports.digest = manifests.digest;
    exports.size = getOciArtifactOutput({ reference, ${more} }).size;`;
}

describe("stack configuration", () => {
  let registry: TestRegistry;
  let project: Project;
  const path = (option: string): string => `oci-artifact:registries["${registry.host}"].${option}`;
  const set = async (option: string, value: string, secret = false): Promise<void> => {
    const kind = secret ? ["--secret"] : [];
    const set = ["config", "set", "--path", ...kind, path(option), value];
    const { exitCode, text } = await project.run("pulumi", set);
    assert.equal(exitCode, 0, text);
  };

  before(async () => {
    registry = await startRegistry({ auth: AUTH });
    publishFiles(registry, FIRST);
    project = await createProject({ program: program(registry) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("without it the error names what is missing", async () => {
    const preview = await project.preview();
    assert.notEqual(preview.exitCode, 0);
    assert.match(preview.text, /plain HTTP/);
  });

  test("it counts for the resource and the function, and leaves no trace", async () => {
    await set("plainHttp", "true");
    await set("credentials.username", "robot");
    await set("credentials.password", PASSWORD, true);
    const up = await project.up({ diff: true });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(typeof (await project.stackOutputs())["size"], "number");
    const state = JSON.stringify(await project.exportState());
    const all = [up.text, JSON.stringify(up.events), state].join("\n");
    assert.ok(!all.includes(PASSWORD));
    assert.ok(!all.includes(Buffer.from(`robot:${PASSWORD}`).toString("base64")));
    const { resources = [] } = (await project.exportState()).deployment;
    const artifact = resources.find(({ type }) => type.endsWith(":OciArtifact"));
    assert.equal("registries" in (artifact?.inputs ?? {}), false);
  });

  test("another option in it is no diff, and an option of the resource wins", async () => {
    await set("timeouts.connect", "5");
    const same = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(same.exitCode, 0, same.text);
    await project.writeProgram(program(registry, "plainHttp: false"));
    const preview = await project.preview();
    assert.notEqual(preview.exitCode, 0);
    assert.match(preview.text, /plain HTTP/);
  });

  test("a wrong option in it fails by its name", async () => {
    await project.writeProgram(program(registry));
    await set("plainHtp", "true");
    const preview = await project.preview();
    assert.notEqual(preview.exitCode, 0);
    assert.match(preview.text, /registries\[".*"\]\.plainHtp": there is no such input/);
    assert.match(preview.text, /did you mean/);
    assert.ok(!preview.text.includes(PASSWORD));
  });
});
