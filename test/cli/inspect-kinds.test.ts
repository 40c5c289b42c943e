/** What `oci-artifact inspect` says an artifact is, and what a pull would make of it. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { publish } from "../support/artifacts";
import { CHART_FACTS, chartContent } from "../support/kind-artifacts";
import { trafficOf } from "../support/pulling";
import { registryFor } from "../support/registry-for-test";
import { providerPush } from "../support/tool-shapes";
import { inspectWorld } from "./inspect-world";

interface Inspected {
  readonly kind: string;
  readonly chart?: unknown;
  readonly manifest?: unknown;
  readonly index?: { readonly manifests: readonly unknown[] };
  readonly layers: readonly { readonly form?: { readonly name?: string } }[];
  readonly problem?: { readonly code: string; readonly message: string };
}

describe("inspect", () => {
  test("a chart: what its config says, and the names of its files", async (t) => {
    const registry = await registryFor(t);
    publish(registry, "charts/web", "1.2.3", chartContent({ provenance: "signed" }));
    const { inspect } = inspectWorld(t);
    const reference = [`${registry.host}/charts/web:1.2.3`, "--plain-http"];
    const { exitCode, stdout, stderr } = await inspect(reference);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /\nkind +helm-chart\nchart +web 1\.2\.3\+b, of v7\n/);
    assert.match(stdout, /, the file web-1\.2\.3\+b\.tgz\.prov\n[^]*, unpacked\n/);
    assert.deepEqual(
      trafficOf(registry, ({ kind }) => kind),
      ["manifest", "blob"],
    );
    const { stdout: json } = await inspect([...reference, "--json"]);
    const { kind, chart } = JSON.parse(json) as Inspected;
    assert.deepEqual({ kind, chart }, { kind: "helm-chart", chart: CHART_FACTS });
  });

  test("a provider: its packages as the files of a mirror", async (t) => {
    const registry = await registryFor(t);
    const target = { registry, repository: "example/greeting", tag: "2.1.0" };
    providerPush(target, "greeting", ["linux_amd64", "darwin_arm64"]);
    const { inspect } = inspectWorld(t);
    const reference = [`${registry.host}/example/greeting:2.1.0`, "--plain-http"];
    const { exitCode, stdout, stderr } = await inspect(reference);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /\nkind +opentofu-provider\nplatform +linux\/amd64 +sha256:/);
    assert.match(stdout, /\nlayers +2, .* to fetch\n/);
    assert.equal(registry.count({ kind: "blob" }), 0);
    const { stdout: json } = await inspect([...reference, "--json", "--platform", "darwin/arm64"]);
    const { kind, index, manifest, layers } = JSON.parse(json) as Inspected;
    assert.equal(kind, "opentofu-provider");
    assert.equal(manifest, undefined);
    assert.equal(index?.manifests.length, 2);
    assert.deepEqual(
      layers.map(({ form }) => form?.name),
      ["registry.opentofu.org/example/greeting/terraform-provider-greeting_2.1.0_darwin_arm64.zip"],
    );
  });

  test("what is not of the kind that is asked for: what it is, and why a pull would fail", async (t) => {
    const registry = await registryFor(t);
    const target = { registry, repository: "example/greeting", tag: "2.1.0" };
    providerPush(target, "greeting", ["linux_amd64"]);
    publish(registry, "charts/web", "1", chartContent());
    const { inspect } = inspectWorld(t);
    for (const [name, found, title] of [
      ["example/greeting:2.1.0", "opentofu-provider", "an OpenTofu provider"],
      ["charts/web:1", "helm-chart", "a Helm chart"],
    ] as const) {
      const flags = ["--plain-http", "--json", "--kind", "opentofu-module"];
      const { exitCode, stdout } = await inspect([`${registry.host}/${name}`, ...flags]);
      const { kind, problem } = JSON.parse(stdout) as Inspected;
      assert.deepEqual([exitCode, kind, problem?.code], [0, found, "WRONG_KIND"]);
      assert.match(String(problem?.message), new RegExp(`: it is ${title}\n`));
      const { stdout: shown } = await inspect([
        `${registry.host}/${name}`,
        "--plain-http",
        ...flags.slice(2),
      ]);
      assert.match(shown, new RegExp(`hint: set --kind ${found}, or leave`));
    }
  });
});
