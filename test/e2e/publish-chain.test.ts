/**
 * One program that publishes, refers to what it publishes, and pulls it: by outputs, in one go.
 */
import * as assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { projectFor } from "../support/project-for-test";
import { registryFor } from "../support/registry-for-test";

test("what a program publishes, it can refer to and pull", async (t) => {
  const registry = await registryFor(t);
  const project = await projectFor(t, {
    program: `
      const { OciArtifact, OciArtifactPush } = require("pulumi-oci-artifact");
      const plainHttp = true;
      const repository = "${registry.host}/team/app";
      const app = new OciArtifactPush("app", { source: "./app", reference: repository + ":1", plainHttp });
      const bill = { source: "./bill.json", artifactType: "application/spdx+json", reference: repository };
      new OciArtifactPush("bill", { ...bill, subject: app.digest, plainHttp });
      const content = new OciArtifact("content", { reference: app.pinned, plainHttp });
      exports.file = content.file("a.txt");
      exports.digest = app.digest;
    `,
    files: { "app/a.txt": "first\n", "bill.json": "{}\n" },
  });
  const file = async (): Promise<string> => {
    const { file: path } = await project.stackOutputs();
    return await readFile(join(project.directory, String(path)), "utf8");
  };
  const referrers = async (): Promise<number> => {
    const { digest } = await project.stackOutputs();
    const reply = await fetch(`${registry.url}/v2/team/app/referrers/${String(digest)}`);
    return ((await reply.json()) as { manifests: readonly object[] }).manifests.length;
  };

  const preview = await project.preview();
  assert.equal(preview.exitCode, 0, preview.text);
  assert.deepEqual(registry.repository("team/app").manifests(), []);
  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);
  assert.equal(await file(), "first\n");
  assert.equal(await referrers(), 1);
  const again = await project.up({ args: ["--expect-no-changes"] });
  assert.equal(again.exitCode, 0, again.text);

  await writeFile(join(project.directory, "app/a.txt"), "second\n");
  const next = await project.up();
  assert.equal(next.exitCode, 0, next.text);
  assert.equal(await file(), "second\n");
  assert.equal(await referrers(), 1);
});
