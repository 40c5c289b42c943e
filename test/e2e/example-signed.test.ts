/**
 * examples/signed, as it lies in the checkout but for the port of this run: what another key has signed
 * does not pass, and with the key pair of its user it does.
 */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { exampleFiles } from "../support/example-files";
import { publishFiles } from "../support/manifests";
import { projectFor } from "../support/project-for-test";
import { registryFor } from "../support/registry-for-test";
import { putReferrer, signedBundle, signingKey } from "../support/sigstore-signing";

test("examples/signed: the key in cosign.pub decides", async (t) => {
  const registry = await registryFor(t);
  const { digest } = publishFiles(
    registry,
    { "policy.rego": "package main\n" },
    "1",
    "team/policies",
  );
  const key = signingKey();
  putReferrer(registry.repository("team/policies"), digest, signedBundle(key, digest));
  const { "index.ts": source = "", ...files } = await exampleFiles("signed");
  const program = source.replaceAll("localhost:5000", registry.localhost);
  assert.ok(program.includes(`"${registry.localhost}/team/policies:1"`));
  const project = await projectFor(t, { program, typescript: true, files });

  const refused = await project.preview();
  assert.notEqual(refused.exitCode, 0);
  assert.match(refused.text, /cannot verify .*: the signature does not hold with the key/);
  assert.equal(existsSync(join(project.directory, ".oci-artifacts")), false);

  await writeFile(join(project.directory, "cosign.pub"), key.publicKey);
  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);
  const outputs = await project.stackOutputs();
  assert.equal(outputs["digest"], digest);
  assert.match(String(outputs["signers"]), /^key sha256:[0-9a-f]{64}$/);
  assert.ok(existsSync(join(project.directory, String(outputs["path"]), "policy.rego")));
});
