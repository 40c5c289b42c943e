/**
 * States of earlier versions, one file each in test/data/states: this version shows no diff of them,
 * refreshes and destroys them. Before a release, `NEW_STATE=1.2.3 npm test -- e2e/upgrade` adds one;
 * those that are there never change.
 */
import * as assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { tarOf } from "../support/archives";
import { buildIndex, MEDIA_TYPES, publish } from "../support/artifacts";
import { createProject, type Project, type State } from "../support/engine";
import { startRegistry, type TestRegistry } from "../support/registry";
import { REPOSITORY } from "../support/repository";

const STATES = join(REPOSITORY, "test/data/states");

/** Stands in the files for the registry of the moment. */
const HOST = "registry.example:5000";

/** Of all kinds: a tag, a selection, a platform, a pin, a `//folder`, and one that reads the content. */
const program = (host: string, pin: string): string => `
  const pulumi = require("@pulumi/pulumi");
  const { OciArtifact } = require("pulumi-oci-artifact");
  const declare = (name, reference, more = {}, options = {}) =>
    new OciArtifact(name, { reference: reference.replace("HOST", "${host}"), plainHttp: true, ...more }, options);
  const tagged = declare("tagged", "HOST/team/app:1");
  declare("selected", "HOST/team/app:1", { subPath: "charts", include: ["*.yaml"], extract: "always" });
  declare("indexed", "HOST/team/index:1", { platform: "linux/arm64" });
  declare("pinned", "HOST/team/app", { digest: "${pin}" });
  declare("folder", "oci://HOST/team/app//charts?tag=1");
  declare("secretive", "HOST/team/app:1", {}, { additionalSecretOutputs: ["annotations"] });
  class Bundle extends pulumi.ComponentResource {
    constructor(name, args) { super("example:index:Bundle", name, args); }
  }
  new Bundle("bundle", {
    content: tagged.fileArchive(),
    values: tagged.fileAsset("charts/values.yaml"),
    digest: tagged.digest,
  });
`;

/** The same bytes for ever: not compressed, for compressed ones differ between versions of Node. */
function publishAll(registry: TestRegistry): string {
  const files = { "charts/values.yaml": "replicas: 1\n", "charts/notes.md": "", "main.tf": "" };
  const artifact = publish(registry, "team/app", "1", {
    artifactType: "application/vnd.example.app.v1",
    annotations: { "org.opencontainers.image.source": "https://git.example/team/app" },
    layers: [
      { bytes: tarOf(files), mediaType: MEDIA_TYPES.tar },
      { bytes: "Apache-2.0\n", mediaType: "text/plain", title: "LICENSE" },
    ],
  });
  const index = buildIndex({
    manifests: [
      { artifact, platform: { os: "linux", architecture: "arm64" } },
      { artifact, platform: { os: "linux", architecture: "amd64" } },
    ],
  });
  publish(registry, "team/index", "1", index);
  return artifact.digest;
}

/** Where in its source a program declared a resource is told by absolute paths. */
function withoutPlaces(key: string, value: unknown): unknown {
  return key === "sourcePosition" || key === "stackTrace" ? undefined : value;
}

describe("a state of version", () => {
  let registry: TestRegistry;
  let project: Project;
  before(async () => {
    registry = await startRegistry();
    project = await createProject({ program: program(registry.host, publishAll(registry)) });
    const version = process.env["NEW_STATE"];
    if (version === undefined) return;
    const up = await project.up({ args: ["--skip-preview"] });
    assert.equal(up.exitCode, 0, up.text);
    const text = JSON.stringify(await project.exportState(), withoutPlaces, 2);
    await mkdir(STATES, { recursive: true });
    const file = join(STATES, `${version}.json`);
    await writeFile(file, `${text.replaceAll(registry.host, HOST)}\n`, { flag: "wx" });
    await project.destroy({ args: ["--skip-preview"] });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  for (const name of readdirSync(STATES)) {
    test(`${name.replace(/\.json$/, "")} shows no diff, is refreshed and destroyed`, async () => {
      const text = await readFile(join(STATES, name), "utf8");
      await project.importState(JSON.parse(text.replaceAll(HOST, registry.host)) as State);
      const up = await project.up({ args: ["--expect-no-changes"] });
      assert.equal(up.exitCode, 0, up.text);
      assert.ok(up.steps.filter(({ operation }) => operation === "same").length >= 7, up.text);
      const refreshed = await project.refresh({ args: ["--expect-no-changes"] });
      assert.equal(refreshed.exitCode, 0, refreshed.text);
      const destroyed = await project.destroy({ args: ["--skip-preview"] });
      assert.equal(destroyed.exitCode, 0, destroyed.text);
      assert.deepEqual((await project.exportState()).deployment.resources ?? [], []);
    });
  }
});
