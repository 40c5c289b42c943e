/**
 * Publishing on the real engine to a real registry (CNCF distribution): what a preview shows before
 * anything is pushed, what an update pushes, drift, and what a destroy takes away.
 */
import * as assert from "node:assert/strict";
import { rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifactOf } from "../push/push-stage";
import { startDistribution, type Distribution } from "../support/distribution";
import { createProject, type Project } from "../support/engine";
import { pushOverHttp } from "../support/push-over-http";

function program(host: string, more = ""): string {
  return `
    const { OciArtifactPush } = require("pulumi-oci-artifact");
    const content = new OciArtifactPush("content", {
      source: "./content",
      reference: "${host}/team/content:1",
      tags: ["latest"],
      ${more}
    });
    exports.digest = content.digest;
    exports.pinned = content.pinned;
    exports.owned = content.owned;
  `;
}

describe("a push on the real engine", () => {
  let registry: Distribution;
  let project: Project;
  before(async () => {
    registry = await startDistribution();
    project = await createProject({
      program: program(registry.host),
      files: { "content/main.tf": "a = 1\n", "content/docs/README.md": "# One\n" },
    });
    // What refresh and destroy know, where no program runs.
    const path = `oci-artifact:registries["${registry.host}"].plainHttp`;
    const stack = ["--stack", "dev", "--non-interactive"];
    const set = await project.run("pulumi", ["config", "set", "--path", path, "true", ...stack]);
    assert.equal(set.exitCode, 0, set.text);
  });
  after(async () => {
    await project.dispose();
    await registry.stop();
  });

  /** The digest that a tag names, by the registry's own word. */
  async function digestOf(tag: string): Promise<string | undefined> {
    const accept = "application/vnd.oci.image.manifest.v1+json";
    const reply = await fetch(`${registry.url}/v2/team/content/manifests/${tag}`, {
      method: "HEAD",
      headers: { accept },
    });
    return reply.status === 404 ? undefined : (reply.headers.get("docker-content-digest") ?? "");
  }

  const writes = (): number =>
    registry.log().match(/"http\.request\.method":"(POST|PUT|PATCH)"/g)?.length ?? 0;

  async function digest(): Promise<string> {
    return String((await project.stackOutputs())["digest"]);
  }

  test("a preview shows digest and files, and writes nothing", async () => {
    const preview = await project.preview({ diff: true });
    assert.equal(preview.exitCode, 0, preview.text);
    assert.match(preview.text, /digest *: "sha256:[0-9a-f]{64}"/);
    assert.match(preview.text, /\.\/docs\/README\.md *: "[0-9a-f]{12}"/);
    assert.match(preview.text, /\.\/main\.tf *: "[0-9a-f]{12}"/);
    assert.equal(writes(), 0);
    assert.equal(await digestOf("1"), undefined);
  });

  test("an update pushes it, and the next one has nothing to do", async () => {
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(up.previewed.at(-1)?.inputs["digest"], await digest());
    assert.deepEqual(
      [await digestOf("1"), await digestOf("latest")],
      [await digest(), await digest()],
    );
    assert.deepEqual((await project.stackOutputs())["owned"], {
      manifest: true,
      tags: ["1", "latest"],
    });
    const before = writes();
    const again = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
    assert.equal(writes(), before);
  });

  test("other times and another order are no change", async () => {
    const file = join(project.directory, "content/main.tf");
    await rm(file);
    await writeFile(file, "a = 1\n");
    await utimes(file, 1_000, 1_000);
    const up = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
  });

  test("another file is, and shown before it is pushed", async () => {
    const old = await digest();
    await writeFile(join(project.directory, "content/main.tf"), "a = 2\n");
    const before = writes();
    const preview = await project.preview({ diff: true });
    assert.equal(preview.exitCode, 0, preview.text);
    assert.match(preview.text, new RegExp(`~ digest *: "${old}" => "sha256:[0-9a-f]{64}"`));
    assert.match(preview.text, /~ \.\/main\.tf *: "[0-9a-f]{12}" => "[0-9a-f]{12}"/);
    assert.doesNotMatch(preview.text, /~ \.\/docs/);
    assert.equal(writes(), before);
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(await digestOf("latest"), await digest());
    assert.notEqual(await digest(), old);
  });

  test("drift is shown by a refresh, and put right by an update", async () => {
    const { digest: foreign } = await pushOverHttp(
      registry.host,
      "team/content",
      "latest",
      artifactOf({ "other.txt": "by another" }),
    );
    const shown = await project.preview({ diff: true });
    assert.equal(shown.step("content").operation, "update", shown.text);
    assert.match(
      shown.text,
      new RegExp(`the tag latest names ${foreign}, and not what was pushed`),
    );
    const refreshed = await project.refresh({ diff: true });
    assert.equal(refreshed.exitCode, 0, refreshed.text);
    assert.match(refreshed.text, new RegExp(`~ latest: "${await digest()}" => "${foreign}"`));
    const preview = await project.preview({ diff: true });
    assert.match(preview.text, new RegExp(`~ latest: "${foreign}" => "${await digest()}"`));
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(await digestOf("latest"), await digest());
    const again = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
  });

  test("the state holds neither how the registry is reached, nor a path of the machine", async () => {
    const { deployment } = await project.exportState();
    const found = deployment.resources?.find(({ urn }) => urn.endsWith("::content"));
    const text = JSON.stringify([found?.inputs, found?.outputs]);
    assert.ok(found !== undefined);
    assert.doesNotMatch(text, /plainHttp|__run/);
    assert.ok(!text.includes(project.directory), text);
  });

  test("a destroy takes away what was made only if it is asked to", async () => {
    const kept = await digest();
    const destroyed = await project.destroy();
    assert.equal(destroyed.exitCode, 0, destroyed.text);
    assert.equal(await digestOf("1"), kept);
    await project.writeProgram(
      program(registry.host, "deleteOnDestroy: true").replaceAll("content:1", "content:mine"),
    );
    await writeFile(join(project.directory, "content/main.tf"), "a = 3\n");
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const mine = await digest();
    const gone = await project.destroy();
    assert.equal(gone.exitCode, 0, gone.text);
    assert.doesNotMatch(gone.text, /stays/);
    assert.deepEqual(
      [await digestOf("mine"), await digestOf("latest"), await digestOf(mine)],
      [undefined, undefined, undefined],
    );
    assert.equal(await digestOf("1"), kept);
  });

  test("a wrong input fails the preview in words", async () => {
    await project.writeProgram(program(registry.host, 'kind: "chart"'));
    const preview = await project.preview();
    assert.notEqual(preview.exitCode, 0);
    assert.match(preview.text, /cannot use input "kind": it must be one of/);
    assert.doesNotMatch(preview.text, /\n\s+at /);
  });
});
