/**
 * Unknown inputs preview as unknown and never as an error; what they turn out to be is applied.
 */
import * as assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { UNKNOWN } from "../../provider/pulumi/known";
import { createProject, type Project } from "../support/engine";
import { FIRST, publishFiles, REPOSITORY_NAME, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

/** A dynamic resource whose output is unknown until it has been created, or updated. */
const program = (reference: string, value: string, more = ""): string => `
  const pulumi = require("@pulumi/pulumi");
  const { OciArtifact } = require("pulumi-oci-artifact");
  class Source extends pulumi.dynamic.Resource {
    constructor(name, given) {
      super({ create: async (inputs) => ({ id: name, outs: { given: inputs.given, value: inputs.given } }),
              diff: async (_id, olds, news) => ({ changes: olds.given !== news.given }),
              update: async (_id, _olds, inputs) => ({ outs: { given: inputs.given, value: inputs.given } }),
            }, name, { given, value: undefined });
    }
  }
  const source = new Source("source", "${value}");
  const manifests = new OciArtifact("manifests", {
    reference: pulumi.interpolate\`${reference}\`,
    plainHttp: true, ${more}
  });
  exports.digest = manifests.digest;
  exports.path = manifests.path;
  exports.file = manifests.file("deployment.yaml");
`;

describe("a reference that another resource makes", () => {
  let registry: TestRegistry;
  let project: Project;
  let digest: string;
  before(async () => {
    registry = await startRegistry();
    digest = publishFiles(registry, FIRST).digest;
    project = await createProject({
      program: program(`${registry.host}/${REPOSITORY_NAME}:\${source.value}`, "1"),
    });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("previews as unknown, and asks no registry", async () => {
    const preview = await project.preview({ diff: true });
    assert.equal(preview.exitCode, 0, preview.text);
    assert.equal(preview.step("manifests").operation, "create");
    assert.match(preview.text, /digest *: \[unknown\]/);
    assert.match(preview.text, /path *: \[unknown\]/);
    assert.equal(registry.count(), 0);
  });

  test("is applied when it is known", async () => {
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const outputs = await project.stackOutputs();
    assert.equal(outputs["digest"], digest);
    assert.equal(outputs["file"], `${String(outputs["path"])}/deployment.yaml`);
    const again = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
  });
});

describe("a digest that another resource makes", () => {
  let registry: TestRegistry;
  let project: Project;
  let digest: string;
  before(async () => {
    registry = await startRegistry();
    digest = publishFiles(registry, FIRST).digest;
    registry.repository(REPOSITORY_NAME).deleteManifest(digest);
    project = await createProject({
      program: `
        const pulumi = require("@pulumi/pulumi");
        const { OciArtifact } = require("pulumi-oci-artifact");
        class Pin extends pulumi.dynamic.Resource {
          constructor(name) {
            super({ create: async () => ({ id: "pin", outs: { value: "${digest}" } }) }, name, { value: undefined });
          }
        }
        const manifests = new OciArtifact("manifests", {
          reference: "${registry.host}/${REPOSITORY_NAME}",
          digest: new Pin("pin").value,
          plainHttp: true,
        });
        exports.digest = manifests.digest;
        exports.pinned = manifests.pinned;
      `,
    });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("is unknown in the preview; if nothing has it, the update fails in words", async () => {
    const up = await project.up();
    assert.notEqual(up.exitCode, 0);
    const shown = up.previewed.find(({ name }) => name === "manifests");
    assert.deepEqual([shown?.operation, shown?.inputs["path"]], ["create", UNKNOWN]);
    assert.match(
      up.text,
      /cannot read the manifest of .*: the registry does not have it[^]*hint: /,
    );
    const { resources = [] } = (await project.exportState()).deployment;
    const names = resources.map(({ urn }) => urn.slice(urn.lastIndexOf("::") + 2));
    assert.ok(names.includes("pin") && !names.includes("manifests"), names.join());
  });

  test("is pulled by the next up, once it is there", async () => {
    publishFiles(registry, FIRST);
    const up = await project.up({ args: ["--skip-preview"] });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(up.step("manifests").operation, "create");
    const { digest: pulled, pinned } = await project.stackOutputs();
    assert.deepEqual([pulled, pinned], [digest, `${registry.host}/${REPOSITORY_NAME}@${digest}`]);
    const again = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
  });
});

describe("a digest that another resource makes, beside a tag", () => {
  let registry: TestRegistry;
  let project: Project;
  let first: string;
  let second: string;
  const source = (digest: string): string =>
    program(`${registry.host}/${REPOSITORY_NAME}:1`, digest, "digest: source.value");

  before(async () => {
    registry = await startRegistry();
    first = publishFiles(registry, FIRST).digest;
    second = publishFiles(registry, SECOND).digest;
    project = await createProject({ program: source(first) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("previews as unknown, and the update takes it, whatever the tag points to", async () => {
    const up = await project.up({
      diff: true,
      onEvent({ summaryEvent }) {
        if (summaryEvent?.isPreview === true) assert.equal(registry.count(), 0);
      },
    });
    assert.equal(up.exitCode, 0, up.text);
    assert.match(up.text, /digest *: \[unknown\]/);
    assert.match(up.text, /path *: \[unknown\]/);
    assert.equal((await project.stackOutputs())["digest"], first);
    assert.ok(
      registry.matching({ kind: "manifest" }).every(({ reference }) => reference === first),
    );
  });

  test("previews as an update when it becomes unknown again", async () => {
    await project.writeProgram(source(second));
    registry.clearRequests();
    const preview = await project.preview();
    assert.equal(preview.exitCode, 0, preview.text);
    assert.equal(preview.step("manifests").operation, "update");
    assert.deepEqual(
      preview.diagnostics.filter(({ severity }) => /warning|error/.test(severity)),
      [],
    );
    assert.equal(registry.count(), 0);
    const up = await project.up({ args: ["--skip-preview"] });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal((await project.stackOutputs())["digest"], second);
    const again = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
  });
});

describe("a destination that another resource makes", () => {
  let registry: TestRegistry;
  let project: Project;
  before(async () => {
    registry = await startRegistry();
    publishFiles(registry, FIRST);
    const source = program(
      `${registry.host}/${REPOSITORY_NAME}:1`,
      "vendor/manifests",
      "destination: source.value",
    );
    project = await createProject({
      program: `${source}\nexports.placedAt = manifests.placedAt;`,
    });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("previews as unknown and places nothing; the update places the copy there", async () => {
    const up = await project.up({
      diff: true,
      onEvent({ summaryEvent }) {
        if (summaryEvent?.isPreview !== true) return;
        assert.equal(existsSync(join(project.directory, "vendor")), false);
        assert.equal(registry.count(), 0);
      },
    });
    assert.equal(up.exitCode, 0, up.text);
    const shown = up.previewed.find(({ name }) => name === "manifests");
    assert.deepEqual([shown?.operation, shown?.inputs["placedAt"]], ["create", UNKNOWN]);
    assert.match(up.text, /placedAt *: \[unknown\]/);
    assert.equal((await project.stackOutputs())["placedAt"], "vendor/manifests");
    const file = join(project.directory, "vendor/manifests/deployment.yaml");
    assert.equal(readFileSync(file, "utf8"), FIRST["deployment.yaml"]);
    const again = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
  });
});
