/** The whole way of a push: what is sent, in which order, and what is not sent a second time. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import { buildIndex } from "../support/artifacts";
import { assertPulled, openSandbox, REPOSITORY } from "../support/pulling";
import type { LoggedRequest } from "../support/registry-types";
import { blobOf, TOKEN } from "../registry/push-world";
import { ARTIFACT, artifactOf, FILES, open, packed } from "./push-stage";

describe("push", () => {
  test("looks first, sends blobs, then the manifest, then the tags; and it is pulled back", async (t) => {
    const { push: pushIt, registry, traffic } = await open(t);
    const pushed = await pushIt({ tags: ["1.0.0", "latest", "1.0.0"] });
    const blobs = [...ARTIFACT.blobs.keys()];
    assert.deepEqual(pushed, {
      digest: ARTIFACT.digest,
      isNew: true,
      tagged: ["1.0.0", "latest"],
      uploaded: blobs,
      mounted: [],
    });
    const kinds = traffic().map((line) => line.replace(/^PUT upload \d+/, "PUT upload"));
    assert.deepEqual(kinds.slice(0, 2), ["HEAD blob 404", "HEAD blob 404"]);
    assert.deepEqual([...kinds.slice(2, 6)].sort(), [
      ...["POST upload 202", "POST upload 202", "PUT upload 201", "PUT upload 201"],
    ]);
    assert.deepEqual(kinds.slice(6), [
      "HEAD manifest @ 404",
      "PUT manifest @ 201",
      "HEAD manifest 1.0.0 404",
      "HEAD manifest latest 404",
      "PUT manifest 1.0.0 201",
      "PUT manifest latest 201",
    ]);
    const reference = `${registry.host}/${REPOSITORY}:latest`;
    const result = await openSandbox(t, registry).pull({ reference });
    assert.equal(assertPulled(result, FILES).digest, ARTIFACT.digest);
  });

  test("of what is there already asks, and sends nothing", async (t) => {
    const { push: pushIt, registry, traffic } = await open(t);
    await pushIt();
    registry.clearRequests();
    const again = await pushIt();
    assert.deepEqual(
      [again.isNew, again.tagged, again.uploaded, again.mounted],
      [false, [], [], []],
    );
    assert.deepEqual(traffic(), [
      "HEAD blob 200",
      "HEAD blob 200",
      "HEAD manifest @ 200",
      "HEAD manifest 1 200",
    ]);
  });

  test("sends what has changed alone, and moves the tag", async (t) => {
    const { push: pushIt, registry, repository } = await open(t);
    await pushIt();
    registry.clearRequests();
    const changed = artifactOf({ ...FILES, "c.yaml": "kind: C\n" });
    const pushed = await pushIt({}, changed);
    assert.deepEqual(pushed.uploaded, [changed.layers[0]?.digest]);
    assert.deepEqual(pushed.tagged, ["1"]);
    assert.equal(repository.manifest("1")?.digest, changed.digest);
    assert.equal(registry.count({ method: "POST" }), 1);
  });

  test("without a tag leaves the digest alone", async (t) => {
    const { push: pushIt, repository } = await open(t);
    await pushIt({ tags: [] });
    assert.deepEqual(repository.tags(), []);
    assert.ok(repository.manifest(ARTIFACT.digest));
  });

  test("of an index puts what it lists before it", async (t) => {
    const children = [artifactOf(), artifactOf({ "other.yaml": "kind: Other\n" })];
    const index = buildIndex({
      manifests: children.map((artifact, place) => ({
        artifact,
        platform: { os: "linux", architecture: place === 0 ? "amd64" : "arm64" },
      })),
    });
    const { push: pushIt, registry, repository } = await open(t);
    await pushIt({}, index);
    assert.deepEqual(
      registry.matching({ kind: "manifest", method: "PUT" }).map(({ reference }) => reference),
      [...children.map(({ digest }) => digest), index.digest, "1"],
    );
    assert.equal(repository.manifest("1")?.mediaType, index.mediaType);
  });

  test("sends a blob once, however often it is named", async (t) => {
    const { push: pushIt, registry } = await open(t);
    const { blobs, ...rest } = packed(ARTIFACT);
    await pushIt({}, { ...rest, blobs: [...blobs, ...blobs] });
    assert.equal(registry.count({ kind: "upload", method: "POST" }), 2);
    assert.equal(registry.count({ kind: "blob", method: "HEAD" }), 2);
  });

  test("sends four blobs at once, and no more", async (t) => {
    const { push: pushIt, registry } = await open(t);
    let most = 0;
    const isSent = ({ method, status }: LoggedRequest): boolean =>
      method === "PUT" && status === undefined;
    const where = (): boolean => {
      most = Math.max(most, registry.requests.filter(isSent).length);
      return true;
    };
    const then = { kind: "delay", milliseconds: 20 } as const;
    registry.fault({ kind: "upload", method: "PUT", where, then });
    const layers = Array.from({ length: 12 }, (_, place) => ({
      bytes: `layer ${place}`,
      mediaType: "text/plain",
      title: `file-${place}`,
    }));
    await pushIt({}, artifactOf(FILES, { layers }));
    assert.ok(most > 1 && most <= 4, `${most} at once`);
  });

  test("tells how far it is", async (t) => {
    const { push: pushIt, report } = await open(t);
    await pushIt();
    const last = report.said("status").at(-1) ?? "";
    const [, done, total] = /^pushed (.*) of (.*)$/.exec(last) ?? [];
    assert.ok(done !== undefined && done === total, last);
  });

  test("asks for one token", async (t) => {
    const { push: pushIt, registry } = await open(t, { auth: TOKEN });
    await pushIt({ tags: ["1", "2"] });
    assert.equal(registry.count({ kind: "token" }), 1);
  });

  test("mounts what another repository has", async (t) => {
    const { push: pushIt, registry } = await open(t);
    for (const bytes of ARTIFACT.blobs.values()) registry.repository("team/base").putBlob(bytes);
    const pushed = await pushIt({ mountFrom: "team/base" });
    assert.deepEqual([pushed.uploaded, pushed.mounted], [[], [...ARTIFACT.blobs.keys()]]);
    assert.equal(registry.count({ kind: "upload", method: "PUT" }), 0);
  });

  test("mounts nothing from where it goes", async (t) => {
    const { push: pushIt, registry } = await open(t);
    await pushIt({ mountFrom: REPOSITORY });
    assert.ok(registry.requests.every(({ path }) => !path.includes("mount=")));
  });
});

describe("tags that are not to move", () => {
  test("one that names something else ends the push before it begins", async (t) => {
    const { push: pushIt, registry, repository, traffic } = await open(t);
    const there = repository.putManifest({ schemaVersion: 2, layers: [] }, { tag: "1" });
    const work = pushIt({ tags: ["new", "1"], immutableTags: true });
    await assert.rejects(work, (error: OciError) => {
      assert.equal(error.code, "TAG_EXISTS");
      assert.equal(
        error.message.split("\n")[0],
        `cannot set the tag ${registry.host}/${REPOSITORY}:1: it is there already, and names ${there}`,
      );
      return true;
    });
    assert.deepEqual(traffic(), ["HEAD manifest new 404", "HEAD manifest 1 200"]);
    assert.deepEqual(repository.tags(), ["1"]);
  });

  test("one that somebody sets meanwhile is left alone", async (t) => {
    const { push: pushIt, registry, repository } = await open(t);
    registry.fault({
      kind: "upload",
      where: () => {
        repository.putManifest({ schemaVersion: 2, layers: [] }, { tag: "1" });
        return false;
      },
      then: { kind: "reset" },
    });
    await assert.rejects(pushIt({ immutableTags: true }), { code: "TAG_EXISTS" });
    assert.notEqual(repository.manifest("1")?.digest, ARTIFACT.digest);
  });

  test("one that names it already is fine", async (t) => {
    const { push: pushIt, registry } = await open(t);
    await pushIt({ immutableTags: true });
    registry.clearRequests();
    assert.deepEqual((await pushIt({ immutableTags: true })).tagged, []);
    assert.ok(registry.requests.every(({ method }) => method === "HEAD"));
  });
});

describe("what is not pushed", () => {
  test("a manifest that is not what its descriptor says", async (t) => {
    const { push: pushIt, registry } = await open(t);
    const { manifest, ...rest } = packed(ARTIFACT);
    const bytes = Buffer.concat([manifest.bytes, Buffer.from(" ")]);
    const work = pushIt({}, { ...rest, manifest: { ...manifest, bytes } });
    await assert.rejects(work, {
      code: "DIGEST_MISMATCH",
      message: /not what its descriptor says/,
    });
    assert.equal(registry.requests.length, 0);
  });

  test("a manifest that nobody could pull", async (t) => {
    const { push: pushIt, registry } = await open(t);
    const blob = blobOf("[]");
    const { mediaType } = ARTIFACT;
    const manifest = { descriptor: { ...blob.descriptor, mediaType }, bytes: blob.bytes };
    await assert.rejects(pushIt({}, { blobs: [], children: [], manifest }), {
      code: "UNSUPPORTED_MANIFEST",
    });
    assert.equal(registry.count({ method: "PUT" }), 0);
  });

  test("anything to an image layout, or to where nobody can be asked", async (t) => {
    const { push: pushIt, origin, registry } = await open(t);
    await assert.rejects(pushIt({ origin: { ...origin, layout: "/srv/layout" } }), {
      code: "INVALID_INPUT",
      message: /cannot push to \/srv\/layout: it is an image layout/,
    });
    const facts = { code: "CONFIG", verb: "use", subject: "ca.pem", fact: "it is empty" } as const;
    const unusable = new OciError(facts);
    await assert.rejects(pushIt({ origin: { ...origin, unusable } }), unusable);
    assert.equal(registry.requests.length, 0);
  });
});
