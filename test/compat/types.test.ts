/**
 * The types of the packed package in a strict program, with the declarations of the oldest and the
 * newest SDK, which are checked too.
 */
import * as assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { linkInstalled, packageManagerEnvironment, packBuild } from "../support/compat-package";
import { installedTree } from "../support/compat-trees";
import { run, type Finished } from "../support/processes";
import { REPOSITORY } from "../support/repository";

const PROGRAM = `
  import * as pulumi from "@pulumi/pulumi";
  import { OciArtifact, getOciArtifactOutput, type OciArtifactArgs } from "pulumi-oci-artifact";

  const inputs: OciArtifactArgs = { reference: pulumi.output("registry.example/app:1") };
  const app = new OciArtifact("app", inputs, { ignoreChanges: ["digest"] });
  export const digest: pulumi.Output<string> = app.digest;
  export const asset: pulumi.Output<pulumi.asset.FileAsset> = app.fileAsset("a.yaml");
  export const pulled = getOciArtifactOutput(inputs).apply(({ absolutePath }) => absolutePath);
  // @ts-expect-error -- it is a text
  export const wrong: pulumi.Output<number> = app.digest;
  // @ts-expect-error -- no such input
  new OciArtifact("unknown", { reference: "a", refrence: "b" });
`;

const FLAGS = [
  ...["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"],
  ...["--target", "es2022", "--module", "node16", "--moduleResolution", "node16"],
  ...["--typeRoots", join(REPOSITORY, "node_modules/@types"), "--types", "node"],
] as const;

let root = "";
let tarball = "";

before(async () => {
  root = await mkdtemp(join(tmpdir(), "oci-artifact-types-"));
  tarball = await packBuild(root);
});

after(() => rm(root, { recursive: true, force: true }));

for (const name of ["oldest", "newest"] as const) {
  test(`a program with the ${name} SDK`, async () => {
    await linkInstalled(root, await installedTree(name, tarball), tarball);
    await writeFile(join(root, "program.ts"), PROGRAM);
    const { exitCode, text } = await compile();
    assert.equal(exitCode, 0, text);
  });
}

function compile(): Promise<Finished> {
  const compiler = join(REPOSITORY, "node_modules/typescript/bin/tsc");
  return run(process.execPath, [compiler, ...FLAGS, "program.ts"], {
    cwd: root,
    environment: packageManagerEnvironment,
    owner: root,
    timeoutMs: 120_000,
  });
}
