/**
 * Pushes to the real distribution registry: pulled back by us, and found valid by crane, which reads
 * every blob again.
 */
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { after, before, describe, test, type TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import { digestOf } from "../../provider/digest";
import { push } from "../../provider/push";
import { tarGz } from "../support/archives";
import { buildArtifact, buildIndex, type Artifact } from "../support/artifacts";
import { startDistribution, type Distribution } from "../support/distribution";
import { requestsOf } from "../support/distribution-log";
import { folderFor } from "../support/folder-for-test";
import { run } from "../support/processes";
import { findOrBuild } from "../support/toolchain";
import { blobOf, openPushWorld, originAt } from "../registry/push-world";
import { collect } from "../registry/world";
import { packed } from "./push-stage";

const TAR_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";

/** As an image, so that crane reads its layers too. */
function imageOf(files: Readonly<Record<string, string>>): Artifact {
  const layer = tarGz(files);
  const config = {
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: [digestOf(gunzipSync(layer))] },
  };
  return buildArtifact({
    config: {
      bytes: JSON.stringify(config),
      mediaType: "application/vnd.oci.image.config.v1+json",
    },
    layers: [{ bytes: layer, mediaType: TAR_GZIP }],
  });
}

const IMAGE = imageOf({ "a.yaml": "kind: A\n", "noise.bin": randomBytes(100_000).toString("hex") });

describe("against a real registry", () => {
  let registry: Distribution;
  before(async () => {
    registry = await startDistribution();
  });
  after(async () => {
    await registry.stop();
  });

  function open(t: TestContext, repository: string, host = registry.host) {
    const world = openPushWorld(t);
    const origin = originAt(host, { repository });
    const pushIt = (artifact: Artifact, tags: readonly string[], more: object = {}) =>
      push(packed(artifact), { origin, tags, ...more }, world, world.context);
    return { ...world, origin, push: pushIt };
  }

  async function validate(t: TestContext, reference: string): Promise<void> {
    const crane = await findOrBuild("crane");
    const folder = folderFor(t);
    const { exitCode, text } = await run(crane, ["validate", "--insecure", "--remote", reference], {
      cwd: folder,
      environment: { HOME: folder, PATH: "" },
      owner: folder,
      timeoutMs: 60_000,
    });
    assert.equal(exitCode, 0, text);
    assert.match(text, /PASS/);
  }

  test("crane finds a pushed image and a pushed index whole", async (t) => {
    const { push: pushIt } = open(t, "team/image");
    assert.equal((await pushIt(IMAGE, ["1"])).isNew, true);
    await validate(t, `${registry.host}/team/image:1`);
    const platform = { os: "linux", architecture: "amd64" };
    const index = buildIndex({ manifests: [{ artifact: IMAGE, platform }] });
    await pushIt(index, ["all"]);
    await validate(t, `${registry.host}/team/image:all`);
  });

  test("a second push changes nothing, and asks by HEAD alone", async (t) => {
    const { push: pushIt } = open(t, "team/twice");
    await pushIt(IMAGE, ["1"]);
    const before = requestsOf(registry).length;
    assert.deepEqual((await pushIt(IMAGE, ["1"])).tagged, []);
    const asked = requestsOf(registry).slice(before);
    assert.ok(asked.length > 0);
    assert.ok(
      asked.every((line) => line.startsWith("HEAD ")),
      asked.join("\n"),
    );
  });

  test("blobs are mounted from another repository", async (t) => {
    await open(t, "team/source").push(IMAGE, ["1"]);
    const { push: pushIt } = open(t, "team/target");
    const pushed = await pushIt(IMAGE, ["1"], { mountFrom: "team/source" });
    assert.deepEqual([pushed.uploaded.length, pushed.mounted.length], [0, 2]);
    await validate(t, `${registry.host}/team/target:1`);
  });

  test("an upload that is cut goes on, and ends with the right bytes", async (t) => {
    const host = await cuttingHost(t, registry.host, 1024 ** 2);
    const { writer, client, context, origin } = open(t, "team/cut", host);
    const blob = blobOf(randomBytes(4 * 1024 ** 2));
    assert.equal(await writer.pushBlob(origin, blob, context), "uploaded");
    const stored = await collect(client.getBlob(origin, blob.descriptor, context));
    assert.equal(digestOf(stored), blob.descriptor.digest);
    assert.ok(blob.starts.length > 1, "the connection was cut");
  });

  test("what refers to another is found there", async (t) => {
    const { push: pushIt, client, context, origin } = open(t, "team/subject");
    await pushIt(IMAGE, ["1"]);
    const referrer = buildArtifact({
      artifactType: "application/spdx+json",
      layers: [{ bytes: "{}\n", mediaType: "application/spdx+json", title: "sbom.json" }],
      subject: IMAGE.descriptor,
    });
    await pushIt(referrer, []);
    const [page] = await client.getReferrers(origin, IMAGE.digest, context);
    assert.match(page?.bytes.toString() ?? "", new RegExp(referrer.digest));
  });

  test("a tag is deleted alone, a manifest with its tags", async (t) => {
    const { push: pushIt, writer, context, origin } = open(t, "team/deleted");
    await pushIt(IMAGE, ["1", "2"]);
    assert.equal(await writer.deleteTag(origin, "1", context), true);
    assert.equal(await writer.findDigest(origin, "1", context), undefined);
    assert.equal(await writer.findDigest(origin, "2", context), IMAGE.digest);
    assert.equal(await writer.deleteManifest(origin, IMAGE.digest, context), true);
    assert.equal(await writer.findDigest(origin, "2", context), undefined);
    assert.equal(await writer.deleteTag(origin, "2", context), false);
  });
});

/** Leads to the host, and cuts the first connection that sends more than so many bytes. */
async function cuttingHost(t: TestContext, host: string, bytes: number): Promise<string> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = connect(Number(host.split(":")[1]), "127.0.0.1");
    let sent = 0;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    near.on("data", (chunk) => {
      sent += chunk.length;
      if (isCut || sent < bytes) return;
      isCut = true;
      near.destroy();
      far.end();
    });
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}
