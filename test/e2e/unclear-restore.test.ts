/** What is not checked is not restored either, where nobody knows who has to have signed it. */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createProject } from "../support/engine";
import { FIRST, publishFiles, REPOSITORY_NAME } from "../support/manifests";
import { registryFor } from "../support/registry-for-test";

/** Another resource, and an artifact; the key is an output of one that is not there yet. */
function program(reference: string, hasKey: boolean): string {
  const verify = "verify: { keys: [key.text], ignoreTlog: true },";
  return `
    const pulumi = require("@pulumi/pulumi");
    const { OciArtifact } = require("pulumi-oci-artifact");
    class Text extends pulumi.dynamic.Resource {
      constructor(name) {
        super({ create: async () => ({ id: name, outs: { text: "k" } }) }, name, { text: undefined });
      }
    }
    new Text("other");
    ${hasKey ? 'const key = new Text("key");' : ""}
    const manifests = new OciArtifact("manifests", {
      reference: "${reference}", plainHttp: true, ${hasKey ? verify : ""}
    });
    exports.path = manifests.path;
  `;
}

test("content is not restored unverified where --target leaves the policy unknown", async (context) => {
  const registry = await registryFor(context);
  publishFiles(registry, FIRST);
  const reference = `${registry.host}/${REPOSITORY_NAME}:1`;
  const project = await createProject({ program: program(reference, false) });
  context.after(() => project.dispose());
  assert.equal((await project.up()).exitCode, 0);
  const { path } = await project.stackOutputs();
  await rm(join(project.directory, ".oci-artifacts"), { recursive: true });
  await rm(project.cache, { recursive: true });
  registry.clearRequests();
  await project.writeProgram(program(reference, true));
  const up = await project.up({ args: ["--target", "**::other"] });
  assert.equal(up.exitCode, 0, up.text);
  assert.match(up.text, /is not restored: not all inputs are known/);
  assert.deepEqual(registry.requests, []);
  assert.ok(!existsSync(join(project.directory, String(path))));
});
