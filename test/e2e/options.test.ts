/**
 * Pulumi's resource options on an artifact, on the real engine: each does what it does for every
 * other resource, or is refused in words.
 */
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Operation, type Project, type State } from "../support/engine";
import { FIRST, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

type StoredResource = NonNullable<State["deployment"]["resources"]>[number];

/** A program that declares with `declare(name, args?, options?)` in `body`. */
const program = (host: string, body: string): string => `
  const pulumi = require("@pulumi/pulumi");
  const { OciArtifact } = require("pulumi-oci-artifact");
  class Group extends pulumi.ComponentResource {
    constructor(name, options) { super("example:index:Group", name, {}, options); }
  }
  const declare = (name, args = {}, options = {}) =>
    new OciArtifact(name, { reference: "${host}/team/manifests:1", plainHttp: true, ...args }, options);
  ${body}
`;

const operations = ({ steps }: Operation): Readonly<Record<string, string>> =>
  Object.fromEntries(steps.map(({ name, operation }) => [name, operation]));

async function stored(project: Project, name: string): Promise<StoredResource | undefined> {
  const { resources = [] } = (await project.exportState()).deployment;
  return resources.find(({ urn }) => urn.endsWith(`::${name}`));
}

/** The file that claims the tree for the resource of this name. */
async function claimOf(project: Project, name: string): Promise<string> {
  const id = (await stored(project, name))?.id ?? "";
  return createHash("sha256").update(id).digest("hex").slice(0, 32);
}

describe("resource options", () => {
  let registry: TestRegistry;
  let project: Project;
  let first: string;
  let other: string;
  const write = (body: string): Promise<void> => project.writeProgram(program(registry.host, body));

  before(async () => {
    registry = await startRegistry();
    first = publishFiles(registry, FIRST).digest;
    other = publishFiles(registry, { "other.txt": "other\n" }, "1", "team/others").digest;
    project = await createProject({ program: "" });
    await write(`
      declare("top");
      declare("child", {}, { parent: new Group("group") });
      declare("secretive", {}, { additionalSecretOutputs: ["annotations"] });
      declare("rewritten", {}, { transforms: [({ props, opts }) => ({
        props: { ...props, reference: props.reference.replace("manifests", "others") }, opts,
      })] });
      declare("quiet", {}, { hideDiffs: ["files"] });
      declare("guarded", {}, { protect: true });
      declare("retained", {}, { retainOnDelete: true });
      const owner = declare("owner");
      declare("owned", {}, { deletedWith: owner, dependsOn: [owner] });
    `);
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("parent: a child of a component, under its URN", async () => {
    const child = await stored(project, "child");
    assert.match(child?.urn ?? "", /::example:index:Group\$pulumi-nodejs:dynamic\/oci-artifact:/);
    assert.equal(child?.outputs?.["digest"], first);
  });

  test("additionalSecretOutputs: the state has it encrypted, and only it", async () => {
    const { outputs = {} } = (await stored(project, "secretive")) ?? {};
    assert.match(JSON.stringify(outputs["annotations"]), /"ciphertext":/);
    assert.equal(outputs["digest"], first);
  });

  test("transforms: what a transform makes of the reference is pulled", async () => {
    const { outputs = {} } = (await stored(project, "rewritten")) ?? {};
    assert.equal(outputs["digest"], other);
    const file = join(project.directory, String(outputs["path"]), "other.txt");
    assert.equal(await readFile(file, "utf8"), "other\n");
  });

  test("aliases: a resource that moves into a component stays the same", async () => {
    await write(`
      declare("top", {}, { parent: new Group("group"), aliases: [{ parent: pulumi.rootStackResource }] });
      declare("guarded", {}, { protect: true });
      declare("retained", {}, { retainOnDelete: true });
      declare("quiet", {}, { hideDiffs: ["files"] });
      declare("secretive", {}, { additionalSecretOutputs: ["annotations"] });
      const owner = declare("owner");
      declare("owned", {}, { deletedWith: owner, dependsOn: [owner] });
    `);
    const before = await stored(project, "top");
    const up = await project.up({ args: ["--skip-preview"] });
    assert.equal(up.exitCode, 0, up.text);
    const after = await stored(project, "top");
    assert.match(after?.urn ?? "", /::example:index:Group\$/);
    assert.equal(after?.id, before?.id);
    assert.equal(operations(up)["top"], "same");
    assert.equal(operations(up)["secretive"], "same");
  });

  test("hideDiffs: the diff of a moved tag leaves out what is hidden, and is still one", async () => {
    publishFiles(registry, SECOND);
    const up = await project.up({ diff: true });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(operations(up)["quiet"], "update");
    const [, shown = ""] =
      /OciArtifact::quiet\]\n([^]*?)\n +[~=+-]? *pulumi-nodejs:/.exec(up.text) ?? [];
    assert.match(shown, /~ files \(hidden\)[^]*~ digest/);
    assert.doesNotMatch(shown, /ingress\.yaml"? *:/);
  });

  test("deletedWith: the owner's delete is the only one that is asked for", async () => {
    const claims = join(project.directory, ".oci-artifacts/.pulumi/claims");
    const owner = await claimOf(project, "owner");
    const owned = await claimOf(project, "owned");
    const before = await readdir(claims);
    assert.ok(before.includes(owner) && before.includes(owned), before.join());
    await write(`
      declare("guarded", {}, { protect: true });
      declare("retained", {}, { retainOnDelete: true });
    `);
    const up = await project.up({ args: ["--skip-preview"] });
    assert.equal(up.exitCode, 0, up.text);
    assert.deepEqual([operations(up)["owner"], operations(up)["owned"]], ["delete", "delete"]);
    assert.equal(await stored(project, "owned"), undefined);
    const left = await readdir(claims);
    assert.deepEqual([left.includes(owner), left.includes(owned)], [false, true], left.join());
  });

  test("protect, retainOnDelete: what a destroy leaves, and what of it is kept", async () => {
    const refused = await project.destroy();
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.text, /guarded.*protect|protect.*guarded/);
    const path = String((await stored(project, "retained"))?.outputs?.["path"]);
    await write("");
    const unprotect = ["state", "unprotect", "--all", "--yes", "--stack", "dev"];
    assert.equal((await project.run("pulumi", unprotect)).exitCode, 0);
    const destroyed = await project.destroy();
    assert.equal(destroyed.exitCode, 0, destroyed.text);
    assert.deepEqual((await project.exportState()).deployment.resources ?? [], []);
    const file = join(project.directory, path, "deployment.yaml");
    assert.equal(await readFile(file, "utf8"), SECOND["deployment.yaml"]);
  });

  test("import, id, customTimeouts, replaceOnChanges: the program ends with what to do, without a stack", async () => {
    for (const [options, hint] of [
      [`{ import: "x" }`, /"import": there is nothing to import.*\n.*hint: /],
      [`{ id: "x" }`, /"id": an artifact cannot be looked up.*\n.*hint: .*getOciArtifact/],
      [
        `{ replaceOnChanges: ["digest"] }`,
        /"replaceOnChanges": .*an update, never a replacement\n.*hint: .*on the resources that use/,
      ],
      [
        `{ customTimeouts: { create: "5m" } }`,
        /"customTimeouts": .*\n.*hint: .*timeouts: \{ total/,
      ],
    ] as const) {
      await write(`declare("refused", {}, ${options})`);
      const preview = await project.preview();
      assert.notEqual(preview.exitCode, 0);
      assert.match(preview.text, hint);
      assert.doesNotMatch(preview.text, /\n\s+at /);
    }
  });
});
