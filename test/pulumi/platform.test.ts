/** Which manifest of an index is taken: by `platform`, or the only one, and never by the machine. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import { formatPlatform, isFor, parsePlatform } from "../../provider/reference/platform";
import { tarGz } from "../support/archives";
import {
  buildArtifact,
  buildIndex,
  MEDIA_TYPES,
  publish,
  type Artifact,
} from "../support/artifacts";
import { lifecycleWorld, type LifecycleWorld } from "./lifecycle-world";

const artifactFor = (platform: string): Artifact =>
  buildArtifact({
    layers: [{ bytes: tarGz({ "platform.txt": platform }), mediaType: MEDIA_TYPES.tarGzip }],
  });

/** Publishes an index with a manifest for each platform; "unknown/unknown" plays an attestation. */
function publishIndex(
  world: LifecycleWorld,
  platforms: readonly string[],
  format: "oci" | "docker" = "oci",
): { readonly index: Artifact; readonly children: Readonly<Record<string, Artifact>> } {
  const children = Object.fromEntries(platforms.map((name) => [name, artifactFor(name)]));
  const index = buildIndex({
    format,
    manifests: Object.entries(children).map(([name, artifact]) => ({
      artifact,
      platform: parsePlatform(name),
    })),
  });
  return { index: publish(world.registry, "team/app", "1", index), children };
}

function failsWith(code: string, ...lines: readonly RegExp[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof OciError);
    assert.equal(error.code, code);
    for (const line of lines) assert.match(error.message, line);
    return true;
  };
}

describe("an index", () => {
  for (const format of ["oci", "docker"] as const) {
    test(`${format}: the platform decides; digest is the index's, manifestDigest the platform's`, async (context) => {
      const world = await lifecycleWorld(context);
      const { index, children } = publishIndex(world, ["linux/amd64", "linux/arm64"], format);
      for (const platform of ["linux/amd64", "linux/arm64", "linux/arm64/v8"]) {
        const { inputs } = await world
          .host()
          .check({ reference: world.reference, plainHttp: true, platform });
        const name = platform.replace("/v8", "");
        assert.equal(inputs["digest"], index.digest);
        assert.equal(inputs["manifestDigest"], children[name]?.digest);
        assert.equal(inputs["platform"], platform, "another platform is another content: stored");
        assert.equal(
          inputs["path"],
          `.oci-artifacts/app-${String(children[name]?.digest).slice(7, 23)}`,
        );
      }
    });
  }

  test("with several, and none asked for: an error that lists them", async (context) => {
    const world = await lifecycleWorld(context);
    const { children } = publishIndex(world, ["linux/amd64", "windows/amd64"]);
    await assert.rejects(
      world.host().check({ reference: world.reference, plainHttp: true }),
      failsWith(
        "AMBIGUOUS_PLATFORM",
        new RegExp(`\\n {2}linux/amd64 ${String(children["linux/amd64"]?.digest)}`),
        /\n {2}windows\/amd64 sha256:/,
        /\nhint: set platform to one of these/,
      ),
    );
    assert.equal(world.registry.count({ kind: "blob" }), 0);
  });

  test("without the wanted one: an error that lists what there is", async (context) => {
    const world = await lifecycleWorld(context);
    publishIndex(world, ["linux/amd64", "linux/arm/v7"]);
    await assert.rejects(
      world.host().check({ reference: world.reference, plainHttp: true, platform: "linux/s390x" }),
      failsWith("NO_PLATFORM", /nothing for linux\/s390x/, /\n {2}linux\/arm\/v7 sha256:/),
    );
  });

  test("with one content and attestations needs no platform", async (context) => {
    const world = await lifecycleWorld(context);
    const { children } = publishIndex(world, ["linux/amd64", "unknown/unknown"]);
    const { inputs } = await world.host().check({ reference: world.reference, plainHttp: true });
    assert.equal(inputs["manifestDigest"], children["linux/amd64"]?.digest);
  });

  test("nothing moved: one request, for the tag", async (context) => {
    const world = await lifecycleWorld(context);
    publishIndex(world, ["linux/amd64", "linux/arm64"]);
    const given = { reference: world.reference, plainHttp: true, platform: "linux/amd64" };
    const first = await world.host().check(given);
    world.registry.clearRequests();
    const second = await world.host().check(given, {}, first.inputs);
    assert.deepEqual(second.inputs, first.inputs);
    assert.deepEqual(
      world.registry.requests.map(({ method, reference }) => [method, reference]),
      [["HEAD", "1"]],
    );
  });

  test("another platform is a diff", async (context) => {
    const world = await lifecycleWorld(context);
    publishIndex(world, ["linux/amd64", "linux/arm64"]);
    const given = { reference: world.reference, plainHttp: true };
    const host = world.host();
    const first = await host.check({ ...given, platform: "linux/amd64" });
    const second = await host.check({ ...given, platform: "linux/arm64" }, {}, first.inputs);
    assert.deepEqual(await host.lifecycle.diff("id", first.inputs, second.inputs), {
      changes: true,
    });
  });
});

describe("platforms", () => {
  test("are read and written", () => {
    for (const text of ["linux/amd64", "linux/arm/v7", "windows/amd64"]) {
      assert.equal(formatPlatform(parsePlatform(text)), text);
    }
  });

  test("match by what was asked for; arm64 is v8", () => {
    const descriptor = (platform: string) => ({
      mediaType: "",
      digest: "",
      size: 0,
      annotations: {},
      platform: parsePlatform(platform),
    });
    const matches = (wanted: string, held: string) =>
      isFor(parsePlatform(wanted), descriptor(held));
    assert.ok(matches("linux/arm64", "linux/arm64/v8"));
    assert.ok(matches("linux/arm64/v8", "linux/arm64"));
    assert.ok(matches("linux/arm", "linux/arm/v7"));
    assert.ok(!matches("linux/arm/v6", "linux/arm/v7"));
    assert.ok(!matches("linux/arm/v6", "linux/arm"));
    assert.ok(!matches("linux/amd64", "darwin/amd64"));
    assert.ok(
      !isFor(parsePlatform("linux/amd64"), { ...descriptor("a/b"), platform: undefined } as never),
    );
  });

  test("that are none are refused with the form", async (context) => {
    const world = await lifecycleWorld(context);
    for (const platform of ["linux", "linux/amd64/v1/x", "Linux/AMD64", "linux/"]) {
      const given = { reference: world.reference, platform };
      const { failures } = await world.host().check(given);
      assert.match(
        failures.join(),
        /^cannot use input "platform": it is not one\nhint: .*os\/arch/,
      );
    }
    assert.equal(world.registry.count(), 0);
  });
});
