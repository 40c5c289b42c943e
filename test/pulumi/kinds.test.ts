/** The kinds over the whole road: what is asked for, what lies there, and what the outputs say. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { UNKNOWN } from "../../provider/pulumi/known";
import { publish } from "../support/artifacts";
import { CHART_FACTS, CHART_FILES, chartContent } from "../support/kind-artifacts";
import {
  assertFailed,
  assertPulled,
  openSandbox,
  publishKnown,
  trafficOf,
} from "../support/pulling";
import { registryFor } from "../support/registry-for-test";
import { modulePush, providerPush } from "../support/tool-shapes";
import { lifecycleWorld } from "./lifecycle-world";

const PROVENANCE = "hash and signature\n";

describe("a chart", () => {
  const content = chartContent({ provenance: PROVENANCE });

  test("its config is asked for once, and told in each check", async (context) => {
    const world = await lifecycleWorld(context);
    publish(world.registry, "team/app", "1", content);
    const given = { reference: world.reference, plainHttp: true };
    const { inputs } = await world.host().check(given);
    assert.deepEqual(inputs["chart"], CHART_FACTS);
    assert.deepEqual(
      trafficOf(world.registry, ({ kind }) => kind),
      ["manifest", "blob x3"],
    );
    world.registry.clearRequests();
    const again = await world.host().check(given, {}, inputs);
    assert.deepEqual(again.inputs, inputs);
    assert.deepEqual(
      trafficOf(world.registry, ({ kind, method }) => `${method} ${kind}`),
      ["HEAD manifest"],
    );
  });

  test("is known by name in a preview that pulls nothing", async (context) => {
    const world = await lifecycleWorld(context);
    publish(world.registry, "team/app", "1", content);
    const given = { reference: world.reference, plainHttp: true, pullOnPreview: false };
    const { inputs } = await world.host().check(given, { preview: true });
    assert.deepEqual(inputs["chart"], CHART_FACTS);
    assert.equal(inputs["path"], UNKNOWN);
    assert.deepEqual(
      trafficOf(world.registry, ({ kind }) => kind),
      ["manifest", "blob"],
    );
  });

  test("a state of before it was told has no diff", async (context) => {
    const world = await lifecycleWorld(context);
    publish(world.registry, "team/app", "1", chartContent());
    const { inputs } = await world.host().check({ reference: world.reference, plainHttp: true });
    const { chart: _chart, ...olds } = inputs;
    assert.deepEqual(await world.host().lifecycle.diff("id", olds, inputs), { changes: false });
  });

  test("as files: by the names that helm gives them, and without stripped ones", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    const archive = Buffer.from("an archive that nobody opens");
    publishKnown(registry, chartContent({ provenance: PROVENANCE, archive }));
    assertPulled(await sandbox.pull({ inputs: { extract: "never" } }), {
      "web-1.2.3+b.tgz": archive.toString(),
      "web-1.2.3+b.tgz.prov": PROVENANCE,
    });
    publishKnown(registry, content);
    const stripped = Object.entries(CHART_FILES).map(([path, text]) => [path.slice(4), text]);
    assertPulled(
      await sandbox.pull({ inputs: { stripComponents: 1 } }),
      Object.fromEntries(stripped) as Record<string, string>,
    );
    const inputs = { kind: "files", exclude: ["web/**"] } as const;
    const { chart } = assertPulled(await sandbox.pull({ inputs }), { "blob-0.prov": PROVENANCE });
    assert.equal(chart, undefined);
  });

  for (const [name, broken, code, words] of [
    [
      "is no JSON",
      { config: "no" },
      "UNSUPPORTED_MANIFEST",
      /it is no valid JSON\nhint: .*helm push/,
    ],
    [
      "tells no version",
      { config: '{"name":"web"}' },
      "UNSUPPORTED_MANIFEST",
      /it has no "version"/,
    ],
  ] as const) {
    test(`whose config ${name} is none where one is asked for, else its layers`, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry, chartContent(broken));
      assertFailed(await sandbox.pull({ inputs: { kind: "helm-chart" } }), code, words);
      assert.equal(assertPulled(await sandbox.pull(), CHART_FILES).chart, undefined);
    });
  }

  test("whose config is another than the manifest names is refused", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    publishKnown(registry, content);
    const fault = registry.fault({
      kind: "blob",
      then: { kind: "body", bytes: (body) => Buffer.from(body).fill(" ") },
    });
    assertFailed(await sandbox.pull(), "DIGEST_MISMATCH", /sha256:/);
    fault.remove();
    assertPulled(await sandbox.pull(), { ...CHART_FILES, "web-1.2.3+b.tgz.prov": PROVENANCE });
  });

  test("whose config is too large is not asked for it", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    publishKnown(registry, chartContent({ config: `{"name":"${"x".repeat(5_000)}"}` }));
    const pulled = await sandbox.pull({ limits: { manifestBytes: 4_096 } });
    assertFailed(pulled, "LIMIT_EXCEEDED", /limit manifestBytes of 4096/);
    assert.equal(registry.count({ kind: "blob" }), 0);
  });

  test("reaches the engine as data", async (context) => {
    const world = await lifecycleWorld(context);
    const facts = { name: "a\u001b[31mb", version: UNKNOWN };
    publish(world.registry, "team/app", "1", chartContent({ config: JSON.stringify(facts) }));
    const { inputs } = await world.host().check({ reference: world.reference, plainHttp: true });
    const { name, version } = inputs["chart"] as Readonly<Record<string, string>>;
    assert.doesNotMatch(String(name), /\u001b/);
    assert.equal(version, `"${UNKNOWN}"`);
  });
});

describe("a named kind", () => {
  test("is refused before anything of the content is asked for", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    publishKnown(registry, chartContent());
    const pulled = await sandbox.pull({ inputs: { kind: "opentofu-module" } });
    assertFailed(pulled, "WRONG_KIND", /as an OpenTofu module: it is a Helm chart\n/);
    assert.deepEqual(
      trafficOf(registry, ({ kind }) => kind),
      ["manifest"],
    );
  });

  test("of an index is refused at the index", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    providerPush({ registry, repository: "a/b", tag: "1" }, "b", ["linux_amd64", "linux_arm64"]);
    const reference = `${registry.host}/a/b:1`;
    const pulled = await sandbox.pull({ reference, inputs: { kind: "opentofu-module" } });
    const words =
      /as an OpenTofu module: it is an OpenTofu provider\n {2}linux\/amd64 sha256:\w+\n {2}linux\/arm64 .*\nhint: set kind: "opentofu-provider"/;
    assertFailed(pulled, "WRONG_KIND", words);
    assert.deepEqual(
      trafficOf(registry, ({ kind }) => kind),
      ["manifest"],
    );
  });

  test("that holds makes the same tree as none", async (context) => {
    const world = await lifecycleWorld(context);
    modulePush({ registry: world.registry, repository: "team/app", tag: "1" }, { "main.tf": "" });
    const given = { reference: world.reference, plainHttp: true };
    const { inputs } = await world.host().check(given);
    const named = await world.host().check({ ...given, kind: "opentofu-module" });
    assert.equal(named.inputs["path"], inputs["path"]);
    assert.deepEqual(Object.keys(inputs["files"] as object), ["./main.tf"]);
    assert.equal(named.inputs["kind"], "opentofu-module", "what is enforced is stored");
  });

  for (const [given, words] of [
    [{ kind: "chart" }, /input "kind": it must be one of auto, opentofu-module/],
    [{ providerSource: "Acme/x" }, /input "providerSource": its namespace is not/],
    [
      { providerSource: "a/b", kind: "flux" },
      /input "providerSource": .* another kind is asked for/,
    ],
  ] as const) {
    test(`is checked with its inputs: ${JSON.stringify(given)}`, async (context) => {
      const world = await lifecycleWorld(context);
      const { failures } = await world.host().check({ reference: world.reference, ...given });
      assert.equal(failures.length, 1);
      assert.match(failures.join(), words);
      assert.equal(world.registry.count(), 0);
    });
  }
});
