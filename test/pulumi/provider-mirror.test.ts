/** An OpenTofu provider over the whole road: what is asked for, and the mirror that it becomes. */
import * as assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { buildArtifact, buildIndex, publish, type Artifact } from "../support/artifacts";
import { assertFailed, openSandbox, trafficOf } from "../support/pulling";
import { registryFor } from "../support/registry-for-test";
import { providerPush } from "../support/tool-shapes";
import { lifecycleWorld, URN } from "./lifecycle-world";

const OPENTOFU = "application/vnd.opentofu";

/** The package for one platform; nobody unpacks it. */
function providerPackage(bytes: string): Artifact {
  const layers = [{ bytes, mediaType: "archive/zip" }];
  return buildArtifact({ artifactType: `${OPENTOFU}.provider-target`, layers });
}

describe("a provider", () => {
  const REPOSITORY = "mirror/example/greeting";
  const FOLDER = "registry.opentofu.org/example/greeting";
  const PLATFORMS = ["linux_amd64", "darwin_arm64", "windows_amd64"];
  const zipOf = (platform: string, version = "2.1.0"): string =>
    `${FOLDER}/terraform-provider-greeting_${version}_${platform}.zip`;

  async function providerWorld(context: Parameters<typeof lifecycleWorld>[0]) {
    const world = await lifecycleWorld(context);
    const target = { registry: world.registry, repository: REPOSITORY, tag: "2.1.0" };
    const index = providerPush(target, "greeting", PLATFORMS);
    const reference = `${world.registry.host}/${REPOSITORY}:2.1.0`;
    return { ...world, index, given: { reference, plainHttp: true } };
  }
  const filesOf = ({ inputs }: { readonly inputs: Readonly<Record<string, unknown>> }) =>
    Object.keys(inputs["files"] as object);

  test("is a mirror of all platforms: one index, and a manifest and an archive of each", async (context) => {
    const { registry, index, given, ...world } = await providerWorld(context);
    const checked = await world.host().check(given);
    assert.deepEqual(
      filesOf(checked).toSorted(),
      PLATFORMS.map((name) => `./${zipOf(name)}`).toSorted(),
    );
    assert.equal(checked.inputs["digest"], index.digest);
    assert.equal(checked.inputs["manifestDigest"], index.digest);
    assert.equal(checked.inputs["mediaType"], index.mediaType);
    assert.equal(checked.inputs["artifactType"], "application/vnd.opentofu.provider");
    assert.deepEqual(
      trafficOf(registry, ({ kind }) => kind),
      ["manifest x4", "blob x3"],
    );
    registry.clearRequests();
    await world.host().check(given, {}, checked.inputs);
    assert.deepEqual(
      trafficOf(registry, ({ kind, method }) => `${method} ${kind}`),
      ["HEAD manifest"],
    );
  });

  test("of one platform asks for nothing of the others", async (context) => {
    const { registry, given, ...world } = await providerWorld(context);
    const checked = await world.host().check({ ...given, platform: "darwin/arm64" });
    assert.deepEqual(filesOf(checked), [`./${zipOf("darwin_arm64")}`]);
    assert.deepEqual(
      trafficOf(registry, ({ kind }) => kind),
      ["manifest x2", "blob"],
    );
  });

  test("is unpacked to folders where it shall be", async (context) => {
    const { given, ...world } = await providerWorld(context);
    const platform = "linux/amd64";
    const checked = await world.host().check({ ...given, platform, extract: "always" });
    const folder = `./${FOLDER}/2.1.0/linux_amd64`;
    assert.deepEqual(filesOf(checked), [`${folder}/terraform-provider-greeting_v2.1.0`]);
  });

  test("as files is the archive of one platform, as it was pushed", async (context) => {
    const { given, ...world } = await providerWorld(context);
    const plain = { ...given, kind: "files", platform: "linux/amd64" };
    const checked = await world.host().check(plain);
    assert.deepEqual(filesOf(checked), ["./terraform-provider-greeting_2.1.0_linux_amd64.zip"]);
    await assert.rejects(world.host().check({ ...given, kind: "files" }), {
      code: "AMBIGUOUS_PLATFORM",
    });
  });

  test("under another tag or address is another tree of the same digest", async (context) => {
    const { registry, index, given, ...world } = await providerWorld(context);
    registry.repository(REPOSITORY).tag("2.1.1", index.digest);
    const others = [
      { ...given, reference: given.reference.replace(/2\.1\.0$/, "2.1.1") },
      { ...given, providerSource: "tf.example/acme/greeting" },
      { ...given, extract: "always" },
      { ...given, platform: "linux/amd64" },
      { ...given, platform: "windows/amd64" },
      given,
    ];
    const seen = new Map<unknown, readonly string[]>();
    for (const other of others) {
      const checked = await world.host().check(other);
      assert.equal(checked.inputs["digest"], index.digest);
      seen.set(checked.inputs["path"], filesOf(checked));
    }
    assert.equal(seen.size, others.length);
    const named = { ...given, kind: "opentofu-provider", providerSource: "example/greeting" };
    const { inputs } = await world.host().check(named);
    assert.equal(seen.has(inputs["path"]), true);
  });

  test("of two variants of one platform: each has its own content", async (context) => {
    const world = await lifecycleWorld(context);
    const packageOf = (variant: string) => ({
      artifact: providerPackage(variant),
      platform: { os: "linux", architecture: "arm", variant },
    });
    const manifests = ["v6", "v7"].map(packageOf);
    const index = buildIndex({ artifactType: `${OPENTOFU}.provider`, manifests });
    publish(world.registry, REPOSITORY, "2.1.0", index);
    const reference = `${world.registry.host}/${REPOSITORY}:2.1.0`;
    for (const variant of ["v6", "v7"]) {
      const given = { reference, plainHttp: true, platform: `linux/arm/${variant}` };
      const { inputs } = await world.host().check(given);
      const file = join(world.project, String(inputs["path"]), zipOf("linux_arm"));
      assert.equal(readFileSync(file, "utf8"), variant);
    }
  });

  test("of hundreds of platforms: the first that is missing ends it, and nothing leaks", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    const warnings: Error[] = [];
    const hear = (warning: Error): void => void warnings.push(warning);
    process.on("warning", hear);
    t.after(() => process.off("warning", hear));
    const names = Array.from({ length: 200 }, (_, index) => `linux_a${index}`);
    const target = { registry, repository: REPOSITORY, tag: "2.1.0" };
    const { children } = providerPush(target, "greeting", names);
    const [, second] = children;
    registry.repository(REPOSITORY).deleteManifest(second?.digest ?? "");
    const reference = `${registry.host}/${REPOSITORY}:2.1.0`;
    assertFailed(await sandbox.pull({ reference }), "NOT_FOUND", /404/);
    assert.ok(registry.count({ kind: "manifest" }) < 12);
    assert.deepEqual(warnings, []);
  });

  test("whose content has gone since the check comes back under the same names", async (context) => {
    const { registry, index, given, ...world } = await providerWorld(context);
    registry.repository(REPOSITORY).tag("9.0.0", index.digest);
    const host = world.host();
    const reference = given.reference.replace(/2\.1\.0$/, "9.0.0");
    const { inputs } = await host.check({ ...given, reference });
    const path = String(inputs["path"]);
    rmSync(join(world.project, path), { recursive: true });
    await host.lifecycle.create(inputs, new AbortController().signal);
    assert.ok(existsSync(join(world.project, path)));
    const again = await world.host().check({ ...given, reference }, { urn: URN }, inputs);
    assert.deepEqual(again.inputs, inputs);
    assert.ok(filesOf(again).includes(`./${zipOf("linux_amd64", "9.0.0")}`));
  });

  test("in a repository that names no address asks for it", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    providerPush({ registry, repository: "greeting", tag: "2.1.0" }, "greeting", ["linux_amd64"]);
    const reference = `${registry.host}/greeting:2.1.0`;
    assertFailed(await sandbox.pull({ reference }), "INVALID_INPUT", /hint: set providerSource/);
    assert.equal(registry.count({ kind: "blob" }), 0);
    const inputs = { providerSource: "example/greeting" };
    const { files } = await sandbox.pull({ reference, inputs });
    assert.deepEqual(Object.keys(files ?? {}), [zipOf("linux_amd64")]);
  });

  test("with a package of another size than its index says is refused", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    const target = { registry, repository: REPOSITORY, tag: "2.1.0" };
    const { manifest } = providerPush(target, "greeting", ["linux_amd64"]);
    const document = JSON.parse(manifest.toString()) as { manifests: { size: number }[] };
    const manifests = document.manifests.map((child) => ({ ...child, size: child.size + 1 }));
    registry.repository(REPOSITORY).putManifest({ ...document, manifests }, { tag: "2.1.0" });
    const reference = `${registry.host}/${REPOSITORY}:2.1.0`;
    assertFailed(await sandbox.pull({ reference }), "DIGEST_MISMATCH", /in its index/);
  });
});
