/**
 * examples/chart, with a chart that the real helm has packed and pushed, and that it renders from the
 * path of the artifact in the preview.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import type { Project } from "../support/engine";
import { exampleFor, withOnPath } from "../support/example-for-test";
import { registryFor } from "../support/registry-for-test";
import { findOrBuild } from "../support/toolchain";

const CHART = {
  "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: v7\n",
  "web/values.yaml": "replicas: 1\n",
  "web/templates/deployment.yaml":
    "kind: Deployment\nspec:\n  replicas: {{ .Values.replicas }}\n  image: web:{{ .Chart.AppVersion }}\n",
};

test("examples/chart: what helm has pushed, helm renders in the preview", async (t) => {
  const registry = await registryFor(t);
  const project = await exampleFor(t, "chart", registry, CHART);
  await helm(project, ["package", "web"]);
  await helm(project, [
    "push",
    "web-1.2.3.tgz",
    `oci://${registry.localhost}/charts`,
    "--plain-http",
  ]);

  const environment = await withOnPath("helm");
  const preview = await project.preview({ environment });
  assert.equal(preview.exitCode, 0, preview.text);
  assert.deepEqual(preview.step("chart").inputs["chart"], {
    appVersion: "v7",
    name: "web",
    version: "1.2.3",
  });
  const manifests = String(preview.step("manifests").inputs["input"]);
  assert.match(manifests, /replicas: 3\n {2}image: web:v7/);
  const up = await project.up({ environment });
  assert.equal(up.exitCode, 0, up.text);
  assert.equal(up.step("manifests").outputs["output"], manifests);
});

async function helm(project: Project, helmArguments: readonly string[]): Promise<void> {
  const { exitCode, text } = await project.run(await findOrBuild("helm"), helmArguments);
  assert.equal(exitCode, 0, text);
}
