/**
 * examples/component, with a package that the real npm has packed: its component is registered in the
 * preview, and shares the SDK of the program.
 */
import * as assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { exampleFor } from "../support/example-for-test";
import { registryFor } from "../support/registry-for-test";
import { orasPush } from "../support/tool-shapes";

const SITE = {
  "site/package.json": JSON.stringify({
    name: "site",
    version: "1.0.0",
    main: "index.js",
    peerDependencies: { "@pulumi/pulumi": "^3.216.0" },
  }),
  "site/index.js": `
    const pulumi = require("@pulumi/pulumi");
    exports.Site = class Site extends pulumi.ComponentResource {
      constructor(name, { title }, options) {
        super("example:index:Site", name, { title }, options);
        this.page = pulumi.interpolate\`<h1>\${title}</h1>\`;
        this.registerOutputs({ page: this.page });
      }
    };
  `,
};

test("examples/component: the preview registers the component of the artifact", async (t) => {
  const registry = await registryFor(t);
  const project = await exampleFor(t, "component", registry, SITE);
  const packed = await project.run("npm", ["pack", "./site"]);
  assert.equal(packed.exitCode, 0, packed.text);
  const name = "site-1.0.0.tgz";
  const target = { registry, repository: "components/site", tag: "1.0.0" };
  orasPush(target, { [name]: await readFile(join(project.directory, name)) });

  const preview = await project.preview();
  assert.equal(preview.exitCode, 0, preview.text);
  const { inputs, operation, type } = preview.step("docs");
  assert.deepEqual([type, operation], ["example:index:Site", "create"]);
  assert.deepEqual(inputs, { title: "Documents" });
  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);
  assert.deepEqual(await project.stackOutputs(), { page: "<h1>Documents</h1>" });
  assert.equal(registry.count({ kind: "blob" }), 1);
});
