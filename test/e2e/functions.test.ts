/**
 * The plain functions where a program uses them: to glob files and register a resource for each, to
 * pull what another resource names, and as a script without an engine.
 */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Project } from "../support/engine";
import type { Step } from "../support/engine-events";
import { FIRST, publishFiles, REPOSITORY_NAME, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

/** A resource for each file of one artifact; another one is named by what has yet to be created. */
const program = (host: string): string => `
  const { readdirSync, readFileSync } = require("node:fs");
  const { join } = require("node:path");
  const pulumi = require("@pulumi/pulumi");
  const { getOciArtifact, getOciArtifactOutput } = require("pulumi-oci-artifact");
  class Release extends pulumi.dynamic.Resource {
    constructor(name) {
      super({ create: async () => ({ id: name, outs: { tag: "1" } }) }, name, { tag: undefined });
    }
  }
  module.exports = async () => {
    const manifests = await getOciArtifact({ reference: "${host}/${REPOSITORY_NAME}:1", plainHttp: true });
    const { absolutePath, digest, path, pinned } = manifests;
    for (const file of readdirSync(absolutePath, { recursive: true })) {
      if (!file.endsWith(".yaml")) continue;
      const text = readFileSync(join(absolutePath, file), "utf8");
      new pulumi.ComponentResource("example:index:Manifest", file, { text });
    }
    const { tag } = new Release("release");
    const released = getOciArtifactOutput({
      reference: pulumi.interpolate\`${host}/team/released:\${tag}\`,
      plainHttp: true,
      include: ["deployment.yaml"],
    });
    return { digest, path, pinned, released: released.files };
  };
`;

/** "create deployment.yaml", for each resource that stands for a file. */
function manifestsIn(steps: readonly Step[]): readonly string[] {
  return steps
    .filter(({ type }) => type === "example:index:Manifest")
    .map(({ name, operation }) => `${operation} ${name}`)
    .sort();
}

describe("functions", () => {
  let registry: TestRegistry;
  let project: Project;
  let digest: string;
  before(async () => {
    registry = await startRegistry();
    ({ digest } = publishFiles(registry, FIRST));
    publishFiles(registry, FIRST, "1", "team/released");
    project = await createProject({ program: program(registry.host) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("a preview has a resource for each file, and waits for no unknown reference", async () => {
    const preview = await project.preview();
    assert.equal(preview.exitCode, 0, preview.text);
    const created = Object.keys(FIRST).map((file) => `create ${file}`);
    assert.deepEqual(manifestsIn(preview.steps), created.sort());
    assert.match(preview.text, /released: \[unknown\]/);
    assert.equal(registry.count({ repository: "team/released" }), 0);
  });

  test("an update has the same, and pulls what has become known", async () => {
    const up = await project.up({ args: ["--skip-preview"] });
    assert.equal(up.exitCode, 0, up.text);
    const outputs = await project.stackOutputs();
    assert.equal(outputs["digest"], digest);
    assert.deepEqual(Object.keys(outputs["released"] as object), ["./deployment.yaml"]);
    assert.ok(existsSync(join(project.directory, String(outputs["path"]), "crds/widget.yaml")));
  });

  test("unchanged tags cost one request a phase, and are no diff", async () => {
    registry.clearRequests();
    const up = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(registry.count({ kind: "manifest" }), 4, "two functions in two phases");
    assert.equal(registry.count({ kind: "blob" }), 0);
  });

  test("a moved tag: resources come, go and change with the files", async () => {
    publishFiles(registry, SECOND);
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const expected = [
      "create ingress.yaml",
      "delete service.yaml",
      "same crds/widget.yaml",
      "update deployment.yaml",
    ];
    assert.deepEqual(manifestsIn(up.previewed), expected);
    assert.deepEqual(manifestsIn(up.steps), expected);
  });

  test("without an engine: the same content, and from the cache where there is no registry", async () => {
    const { path, pinned } = await project.stackOutputs();
    await registry.stop();
    const script = `
      import { getOciArtifact, getOciArtifactOutput } from "pulumi-oci-artifact";
      const [reference, tag] = process.argv.slice(2);
      const { path, servedBy = "the cache" } = await getOciArtifact({ reference, plainHttp: true });
      const code = await getOciArtifact({ reference: tag, plainHttp: true }).catch((error) => error.code);
      getOciArtifactOutput({ reference, plainHttp: Promise.resolve(true) }).apply(({ fileCount }) => {
        console.log(JSON.stringify({ path, servedBy, code, fileCount }));
      });`;
    await writeFile(join(project.directory, "script.mjs"), script);
    const tag = `${registry.host}/${REPOSITORY_NAME}:1`;
    const finished = await project.run("node", ["script.mjs", String(pinned), tag]);
    assert.equal(finished.exitCode, 0, finished.text);
    assert.deepEqual(JSON.parse(finished.text), {
      path,
      servedBy: "the cache",
      code: "UNREACHABLE",
      fileCount: Object.keys(SECOND).length,
    });
  });
});
