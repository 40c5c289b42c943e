/**
 * Each program of examples/ is a whole one, is run by a test, and is found by readers of the docs.
 */
import * as assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { REPOSITORY } from "../support/repository";

/** Run by e2e/readme.test.ts, and configured by the Pulumi.yaml of the checkout. */
const QUICKSTART = "quickstart";

/** Takes the registry from the environment: there is no Pulumi engine in it. */
const WITHOUT_ENGINE = "cdktn";

const DOCS = ["module-sourcing", "mirrors", "publishing", "signatures"].map((name) =>
  textOf(`docs/${name}.md`),
);

for (const name of readdirSync(join(REPOSITORY, "examples"))) {
  describe(`examples/${name}`, () => {
    const folder = `examples/${name}`;

    test("is a workspace that takes this package from the checkout", () => {
      const { name: workspace, private: isPrivate, dependencies } = manifestOf(folder);
      assert.equal(workspace, `oci-artifact-${name}`);
      assert.equal(isPrivate, true);
      assert.equal(dependencies["pulumi-oci-artifact"], "file:../..");
      assert.equal(existsSync(join(REPOSITORY, "node_modules", workspace)), true);
    });

    test("is a project of the name that its configuration has", () => {
      const isProject = name !== QUICKSTART && name !== WITHOUT_ENGINE;
      assert.equal(existsSync(join(REPOSITORY, folder, "Pulumi.yaml")), isProject);
      if (isProject)
        assert.match(
          textOf(`${folder}/Pulumi.yaml`),
          new RegExp(`^name: oci-artifact-${name}$`, "m"),
        );
    });

    test("is run by a test, and linked", () => {
      const runner = name === QUICKSTART ? "readme" : `example-${name}`;
      assert.equal(existsSync(join(REPOSITORY, `test/e2e/${runner}.test.ts`)), true);
      assert.ok(DOCS.some((text) => text.includes(`](../${folder})`)));
    });
  });
}

function textOf(path: string): string {
  return readFileSync(join(REPOSITORY, path), "utf8");
}

function manifestOf(folder: string) {
  return JSON.parse(textOf(`${folder}/package.json`)) as {
    readonly name: string;
    readonly private: boolean;
    readonly dependencies: Readonly<Record<string, string>>;
  };
}
