/**
 * What a push makes of its source, and of content that the registry has already: compressed by somebody
 * else, under another name, or as a subject.
 */
import * as assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { CONTENT_DIGEST } from "../../provider/pack/artifact";
import { manifestOf, pushWorld, short, writesTo, type PushWorld } from "./push-world";

describe("equal content", () => {
  test("of another compressor is not pushed, and keeps its digest", async (t) => {
    const world = await pushWorld(t);
    const first = await world.host().create(world.inputs);
    const other = recompressed(world);
    assert.notEqual(other, first["digest"]);
    world.registry.clearRequests();
    const host = world.host({ cli: null });
    const state = await host.create(world.inputs);
    assert.equal(state["digest"], other);
    assert.equal(state["contentDigest"], first["contentDigest"]);
    assert.deepEqual(state["owned"], { manifest: false, tags: [] });
    assert.deepEqual(writesTo(world.registry), []);
    assert.deepEqual(host.report.said("info"), [`${world.reference} holds this content already`]);
  });

  test("is not enough for an artifact that goes as it is: its digest stays", async (t) => {
    const world = await pushWorld(t);
    const { pinned, digest } = await world.host().create(world.inputs);
    const other = recompressed(world);
    const given = { ...world.inputs, source: `oci://${String(pinned)}` };
    const state = await world.host({ cli: null }).create(given);
    assert.notEqual(digest, other);
    assert.equal(state["digest"], digest);
    assert.equal(world.repository.manifest("1")?.digest, digest);
  });

  test("gets further tags", async (t) => {
    const world = await pushWorld(t);
    await world.host().create(world.inputs);
    const other = recompressed(world);
    world.registry.clearRequests();
    const state = await world.host({ cli: null }).create({ ...world.inputs, tags: ["latest"] });
    assert.deepEqual(state["tagged"], { "1": other, latest: other });
    assert.deepEqual(writesTo(world.registry), ["PUT tag latest"]);
    assert.equal(world.repository.manifest("latest")?.digest, other);
  });

  test("with other annotations is pushed", async (t) => {
    const world = await pushWorld(t);
    await world.host().create(world.inputs);
    const other = recompressed(world);
    const given = { ...world.inputs, annotations: { "org.example.team": "platform" } };
    const state = await world.host({ cli: null }).create(given);
    assert.notEqual(state["digest"], other);
    assert.equal(manifestOf(world).annotations?.["org.example.team"], "platform");
  });
});

describe("what is published", () => {
  test("is a folder without its own name, as ORAS reads it", async (t) => {
    const world = await pushWorld(t);
    const state = await world.host().create({
      ...world.inputs,
      exclude: ["charts/**"],
      artifactType: "application/vnd.example.config.v1",
      layerType: "application/vnd.example.layer.v1.tar+gzip",
    });
    assert.deepEqual(Object.keys(state["files"] as object), ["./main.tf"]);
    const { artifactType, layers, annotations } = manifestOf(world);
    assert.equal(artifactType, "application/vnd.example.config.v1");
    assert.equal(annotations?.[CONTENT_DIGEST], state["contentDigest"]);
    const [layer] = layers;
    assert.equal(layer?.mediaType, "application/vnd.example.layer.v1.tar+gzip");
    assert.equal(layer.annotations?.["org.opencontainers.image.title"], ".");
  });

  test("is one file under its name", async (t) => {
    const world = await pushWorld(t);
    const given = { ...world.inputs, source: "content/main.tf", layerType: "text/plain" };
    const state = await world.host().create(given);
    assert.deepEqual(state["files"], { "./main.tf": short("a = 1\n") });
    assert.equal(manifestOf(world).layers[0]?.mediaType, "text/plain");
  });

  test("is several files and folders under their titles", async (t) => {
    const world = await pushWorld(t);
    const sources = [
      { path: "content/main.tf", title: "terraform/main.tf", mediaType: "text/plain" },
      { path: "content/charts" },
    ];
    const { source: _source, ...how } = world.inputs;
    const state = await world.host().create({ ...how, sources });
    assert.deepEqual(Object.keys(state["files"] as object), [
      "./charts/b.yaml",
      "./terraform/main.tf",
    ]);
    assert.equal(manifestOf(world).layers.length, 2);
  });

  test("is a link as a link", async (t) => {
    const world = await pushWorld(t);
    symlinkSync("main.tf", join(world.project, "content/link.tf"));
    const state = await world.host().create(world.inputs);
    assert.equal((state["files"] as Record<string, string>)["./link.tf"], "-> main.tf");
  });

  test("has the times of SOURCE_DATE_EPOCH, or of 1970", async (t) => {
    const world = await pushWorld(t);
    const { inputs: plain } = await world.host().check(world.inputs);
    const at = (time: string) => world.host({ environment: { SOURCE_DATE_EPOCH: time } });
    const { inputs: zero } = await at("0").check(world.inputs);
    const { inputs: later } = await at("1700000000").check(world.inputs);
    assert.equal(zero["digest"], plain["digest"]);
    assert.notEqual(later["digest"], plain["digest"]);
    assert.equal(later["contentDigest"], plain["contentDigest"]);
    await assert.rejects(at("yesterday").check(world.inputs), /SOURCE_DATE_EPOCH/);
  });
});

describe("a subject", () => {
  test("is referred to, also one that the same run is about to push", async (t) => {
    const world = await pushWorld(t);
    const host = world.host();
    const app = await host.check(world.inputs, { preview: true });
    const digest = String(app.inputs["digest"]);
    const reference = `${world.registry.host}/team/app`;
    const note = { ...world.inputs, source: "content/main.tf", reference, subject: digest };
    const shown = await host.check(note, { preview: true });
    const update = world.host();
    await update.create(world.inputs);
    const state = await update.create(note);
    assert.equal(state["digest"], shown.inputs["digest"]);
    const { subject } = manifestOf(world, String(state["digest"])) as { subject?: object };
    assert.deepEqual(subject, {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest,
      size: world.repository.manifest(digest)?.bytes.length,
    });
    assert.deepEqual(world.repository.tags(), ["1"]);
  });

  test("that is nowhere is an error", async (t) => {
    const world = await pushWorld(t);
    await assert.rejects(
      world.host().check({ ...world.inputs, subject: "none" }, { preview: true }),
      /team\/app:none/,
    );
  });
});

describe("an artifact that there is already", () => {
  test("goes as it is, and what is there is mounted", async (t) => {
    const world = await pushWorld(t);
    const first = await world.host().create(world.inputs);
    const given = {
      source: `oci://${world.reference}`,
      reference: `${world.registry.host}/team/copy:2`,
      plainHttp: true,
    };
    const host = world.host();
    const { inputs } = await host.check(given, { preview: true });
    assert.equal(inputs["digest"], first["digest"]);
    assert.equal(inputs["contentDigest"], first["contentDigest"]);
    world.registry.clearRequests();
    const state = await world.host().create(given);
    assert.equal(state["digest"], first["digest"]);
    assert.deepEqual(writesTo(world.registry), [
      "POST upload",
      "POST upload",
      "PUT manifest",
      "PUT tag 2",
    ]);
    assert.equal(world.registry.count({ method: "GET", kind: "blob" }), 0);
  });
});

/** What the tag holds, compressed by somebody else, under the same tag. */
function recompressed({ repository }: PushWorld): string {
  const manifest = manifestOf({ repository });
  const layers = manifest.layers.map((layer) => {
    const bytes = gzipSync(gunzipSync(repository.blob(layer.digest) ?? ""), { level: 1 });
    return { ...layer, digest: repository.putBlob(bytes), size: bytes.length };
  });
  return repository.putManifest({ ...manifest, layers }, { tag: "1" });
}
