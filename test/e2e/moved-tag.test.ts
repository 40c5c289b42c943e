/**
 * What a moved tag costs under each rule: who asks the registry, what the row says, and how an error
 * ends. What becomes of it from one command to the next is in tag-moves.test.ts.
 */
import * as assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createProject, type Operation, type Project } from "../support/engine";
import { FIRST, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

function said(operation: Operation, name: string): string {
  return operation.diagnostics
    .filter(({ urn }) => urn.endsWith(`::${name}`))
    .map(({ severity, message }) => `${severity}: ${message}`)
    .join("\n");
}

describe("several rules for a tag that moves", () => {
  let registry: TestRegistry;
  let project: Project;
  let first: string;
  let second: string;

  /** One artifact for each rule, in a repository of its own. */
  const programWith = (strict = "", both = "update"): string => `
    const { OciArtifact } = require("pulumi-oci-artifact");
    const artifact = (name, args, options, tag = "1") => {
      const reference = "${registry.host}/team/" + name + ":" + tag;
      exports[name] = new OciArtifact(name, { reference, plainHttp: true, ...args }, options).digest;
    };
    artifact("update", { onTagMove: "update" });
    artifact("keep", { onTagMove: "keep" });
    artifact("frozen", {}, { ignoreChanges: ["digest"] });
    artifact("both", { onTagMove: "${both}" }, {}, "1@${first}");
    artifact("strict", { onTagMove: "error", ${strict} });`;

  const publishAll = (files: Readonly<Record<string, string>>, names: readonly string[]): string =>
    names.map((name) => publishFiles(registry, files, "1", `team/${name}`).digest).at(-1) ?? "";

  before(async () => {
    registry = await startRegistry();
    first = publishAll(FIRST, ["update", "keep", "frozen", "both", "strict"]);
    project = await createProject({ program: programWith() });
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("update follows it, keep and ignoreChanges ask nobody, a digest beside it wins", async () => {
    second = publishAll(SECOND, ["update", "keep", "frozen", "both"]);
    registry.clearRequests();
    const up = await project.up({ diff: true });
    assert.equal(up.exitCode, 0, up.text);
    assert.deepEqual(
      ["update", "keep", "frozen", "both", "strict"].map((name) => up.step(name).operation),
      ["update", "same", "same", "same", "same"],
    );
    assert.match(up.text, new RegExp(`~ digest +: "${first}"\\s+=> "${second}"`));
    assert.match(
      said(up, "update"),
      /info: .*team\/update:1 moved: sha256:\w+ => sha256:\w+; files: ~ \.\/deployment\.yaml, \+ \.\/ingress\.yaml, - \.\/service\.yaml/,
    );
    assert.match(said(up, "both"), /warning: the tag 1 points to sha256:.+; the digest is taken/);
    assert.equal(said(up, "keep") + said(up, "frozen"), "");
    assert.deepEqual(
      ["keep", "frozen"].map((name) => registry.count({ repository: `team/${name}` })),
      [0, 0],
    );
    assert.equal(registry.count({ kind: "blob" }), 1, "the new layer, and no other");
  });

  test("error refuses it in the preview, until the new digest is given", async () => {
    publishAll(SECOND, ["strict"]);
    const refused = await project.up();
    assert.notEqual(refused.exitCode, 0);
    assert.match(
      refused.text,
      new RegExp(`cannot use .*team/strict:1: its tag has moved from ${first} to ${second}`),
    );
    assert.match(refused.text, /hint: .*pin the new digest/);
    assert.equal((await project.stackOutputs())["strict"], first);
    await project.writeProgram(programWith(`digest: "${second}"`));
    const pinned = await project.up();
    assert.equal(pinned.exitCode, 0, pinned.text);
    assert.equal((await project.stackOutputs())["strict"], second);
  });

  test("error refuses a tag that points elsewhere than the digest beside it", async () => {
    await project.writeProgram(programWith(`digest: "${second}"`, "error"));
    const refused = await project.preview();
    assert.notEqual(refused.exitCode, 0);
    assert.match(
      refused.text,
      new RegExp(`the tag 1 points to ${second}, and the reference names ${first}`),
    );
  });
});
