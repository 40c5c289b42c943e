/**
 * A range of versions on the real engine: what a preview prints of a new version, what the update of
 * the same run applies, and what holds a version from one command to the next.
 */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Operation, type Project } from "../support/engine";
import {
  FIRST,
  plainArgs,
  program,
  publishFiles,
  REPOSITORY_NAME,
  SECOND,
} from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

const THIRD = { "deployment.yaml": "kind: Deployment\nreplicas: 5\n" };

/** The artifact of a range, and all that it says of what was chosen. */
const ranged = (host: string, more = "", options = "{}"): string => `
  ${program(`{ reference: "${host}/${REPOSITORY_NAME}", semver: "^1.2", plainHttp: true, ${more} }`, options)}
  exports.version = manifests.version;
  exports.tag = manifests.tag;
`;

describe("a range of versions", () => {
  let registry: TestRegistry;
  let project: Project;
  const digests = new Map<string, string>();
  const publish = (tag: string, files: Readonly<Record<string, string>>): void => {
    digests.set(tag, publishFiles(registry, files, tag).digest);
  };
  const outputs = async (): Promise<readonly unknown[]> => {
    const { version, tag, digest } = await project.stackOutputs();
    return [version, tag, digest];
  };
  /** Lines of a diff for these properties, of resources and of the stack's outputs alike. */
  const changesOf = ({ text }: Operation, names: RegExp): readonly string[] => {
    const lines = text.split("\n").map((line) => line.trim().replace(/ +:/, ":"));
    return [...new Set(lines.filter((line) => names.test(line)))];
  };

  before(async () => {
    registry = await startRegistry();
    publish("v1.2.3", FIRST);
    publish("2.0.0", THIRD);
    project = await createProject({ program: ranged(registry.host) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("chooses the highest, in the first preview already", async () => {
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const shown = up.previewed.find(({ name }) => name === "manifests");
    assert.equal(shown?.inputs["version"], "1.2.3");
    assert.deepEqual(await outputs(), ["1.2.3", "v1.2.3", digests.get("v1.2.3")]);
  });

  test("where nothing moved: one list and one HEAD a phase, and no diff", async () => {
    registry.clearRequests();
    const preview = await project.preview({ args: ["--expect-no-changes"] });
    assert.equal(preview.exitCode, 0, preview.text);
    const asked = registry.requests.map(({ method, kind }) => `${method} ${kind}`);
    assert.deepEqual(asked, ["GET tags", "HEAD manifest"]);
  });

  test("a new version is printed, and applied though a newer one comes in between", async () => {
    publish("1.3.0", SECOND);
    const preview = await project.preview({ diff: true });
    assert.equal(preview.exitCode, 0, preview.text);
    const [before, after] = [digests.get("v1.2.3"), digests.get("1.3.0")];
    assert.deepEqual(changesOf(preview, /^~ (digest|tag|version):/), [
      `~ digest: "${before ?? ""}" => "${after ?? ""}"`,
      '~ tag: "v1.2.3" => "1.3.0"',
      '~ version: "1.2.3" => "1.3.0"',
    ]);
    assert.match(preview.text, /manifests moved: v1\.2\.3 => 1\.3\.0, sha256:\w+ => sha256:\w+; /);

    const up = await project.up({
      onEvent(event) {
        if (event.summaryEvent?.isPreview === true) publish("1.4.0", THIRD);
      },
    });
    assert.equal(up.exitCode, 0, up.text);
    assert.ok(digests.has("1.4.0"), "it was pushed in between");
    assert.deepEqual(await outputs(), ["1.3.0", "1.3.0", digests.get("1.3.0")]);
  });

  test("a frozen digest keeps its version, and nobody is asked", async () => {
    await project.writeProgram(ranged(registry.host, "", `{ ignoreChanges: ["digest"] }`));
    registry.clearRequests();
    const up = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(registry.count(), 0);
    assert.deepEqual(await outputs(), ["1.3.0", "1.3.0", digests.get("1.3.0")]);
  });

  test('so does "keep"; and "error" refuses what comes', async () => {
    await project.writeProgram(ranged(registry.host, `onTagMove: "keep"`));
    const kept = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(kept.exitCode, 0, kept.text);
    await project.writeProgram(ranged(registry.host, `onTagMove: "error"`));
    const refused = await project.preview();
    assert.notEqual(refused.exitCode, 0, refused.text);
    assert.match(
      refused.text,
      /semver "\^1\.2" now chooses 1\.4\.0 .* and 1\.3\.0 .* was recorded/,
    );
  });

  test("content of the state comes back where the resource is left out", async () => {
    await project.writeProgram(ranged(registry.host));
    const elsewhere = await project.elsewhere();
    try {
      registry.clearRequests();
      const up = await elsewhere.up({ args: ["--target", "**::bundle"] });
      assert.equal(up.exitCode, 0, up.text);
      assert.doesNotMatch(up.text, /warning/);
      const { path, version } = await elsewhere.stackOutputs();
      assert.equal(version, "1.3.0", "also where the range would choose another now");
      assert.ok(existsSync(join(elsewhere.directory, String(path), "ingress.yaml")));
    } finally {
      await elsewhere.dispose();
    }
  });
});

test("a state from before there were ranges has no diff, and takes one as a change", async () => {
  const registry = await startRegistry();
  publishFiles(registry, FIRST);
  publishFiles(registry, FIRST, "1.2.3");
  const project = await createProject({ program: program(plainArgs(registry)) });
  try {
    const created = await project.up({ args: ["--skip-preview"] });
    assert.equal(created.exitCode, 0, created.text);
    const { resources = [] } = (await project.exportState()).deployment;
    const state = resources.find(({ urn }) => urn.endsWith("::manifests"))?.outputs ?? {};
    assert.equal("version" in state, false, "as states were");
    const same = await project.preview({ args: ["--expect-no-changes"] });
    assert.equal(same.exitCode, 0, same.text);
    await project.writeProgram(ranged(registry.host));
    const ranges = await project.up();
    assert.equal(ranges.exitCode, 0, ranges.text);
    assert.equal((await project.stackOutputs())["version"], "1.2.3");
  } finally {
    await project.dispose();
    await registry.close();
  }
});
