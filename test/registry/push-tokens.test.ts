/** Which token a push asks for, how often, and what it sends before it has one. */
import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { RegistryOptions } from "../support/registry-types";
import { blobOf, openPushWorld, originAt, TOKEN, trafficOf } from "./push-world";
import { ambient, explicit, LOGIN, REPOSITORY, serve } from "./world";

const BLOB = blobOf("content of the blob");
const MANIFEST = {
  bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [] })),
  mediaType: "application/vnd.oci.image.manifest.v1+json",
};

async function open(t: TestContext, options: RegistryOptions = { auth: TOKEN }) {
  const registry = await serve(t, options);
  const world = openPushWorld(t);
  const origin = originAt(registry.host, { credential: explicit() });
  return {
    ...world,
    registry,
    origin,
    scopes: () =>
      registry
        .matching({ kind: "token" })
        .map(({ path }) => new URL(path, registry.url).searchParams.getAll("scope")),
  };
}

const PUSH = [`repository:${REPOSITORY}:pull,push`];

describe("a token", () => {
  test("for a push serves all of it, from the first look to the tag", async (t) => {
    const { writer, origin, context, registry, scopes } = await open(t);
    await writer.headBlob(origin, BLOB.descriptor, context);
    await writer.pushBlob(origin, BLOB, context);
    await writer.findDigest(origin, "1", context);
    await writer.putManifest(origin, "1", MANIFEST, context);
    assert.deepEqual(scopes(), [PUSH]);
    assert.deepEqual(trafficOf(registry), [
      "HEAD blob 401",
      "GET token 200",
      "HEAD blob 404",
      "POST upload 202",
      `PUT upload ${BLOB.bytes.length} 201`,
      "HEAD manifest 1 404",
      "PUT manifest 1 201",
    ]);
  });

  test("that was got for a pull is too narrow, and that of a push not shown in a pull", async (t) => {
    const { client, writer, origin, context, registry, scopes } = await open(t);
    registry.repository(REPOSITORY).putManifest("{}", { tag: "1" });
    await client.getManifest(origin, "1", context);
    await writer.pushBlob(origin, BLOB, context);
    await client.getManifest(origin, "1", context);
    await writer.pushBlob(origin, BLOB, context);
    assert.deepEqual(scopes(), [[`repository:${REPOSITORY}:pull`], PUSH]);
  });

  test("is asked for before the first byte of a body", async (t) => {
    const { writer, origin, context, registry } = await open(t);
    await writer.pushBlob(origin, BLOB, context);
    const [refused] = registry.matching({ status: 401 });
    assert.deepEqual([refused?.method, refused?.headers["content-length"]], ["POST", "0"]);
    assert.equal(registry.count({ method: "PUT" }), 1);
  });

  test("that ends in the middle is renewed, and the body opened again", async (t) => {
    const { writer, origin, context, registry, scopes } = await open(t);
    const blob = blobOf("content of the blob");
    registry.fault({
      method: "PUT",
      times: 1,
      when: "any",
      then: {
        kind: "status",
        status: 401,
        headers: { "www-authenticate": challengeOf(registry.tokenUrl) },
      },
    });
    await writer.pushBlob(origin, blob, context);
    assert.deepEqual(scopes(), [PUSH, PUSH]);
    assert.deepEqual(blob.starts, [0, 0]);
    assert.ok(registry.repository(REPOSITORY).blob(blob.descriptor.digest));
  });

  test("for a deletion deletes, and nothing else", async (t) => {
    const { writer, origin, context, registry, scopes } = await open(t);
    const digest = registry.repository(REPOSITORY).putManifest("{}", { tag: "1" });
    assert.equal(await writer.deleteTag(origin, "1", context), true);
    assert.equal(await writer.deleteManifest(origin, digest, context), true);
    assert.equal(await writer.deleteManifest(origin, digest, context), false);
    assert.deepEqual(scopes(), [[`repository:${REPOSITORY}:delete`]]);
  });
});

function challengeOf(realm = ""): string {
  return `Bearer realm="${realm}",service="test-registry",error="invalid_token"`;
}

describe("Basic", () => {
  test("serves reading and writing alike", async (t) => {
    const { writer, origin, context, registry } = await open(t, {
      auth: { kind: "basic", ...LOGIN },
    });
    await writer.pushBlob(origin, BLOB, context);
    await writer.putManifest(origin, "1", MANIFEST, context);
    assert.equal(registry.count({ status: 401 }), 1);
    assert.equal(registry.matching({ method: "PUT" })[0]?.authorization, "basic");
  });
});

describe("credentials that do not do", () => {
  test("wrong ones are named with their source, and tried once", async (t) => {
    const { writer, context, registry } = await open(t);
    const origin = originAt(registry.host, { credential: explicit({ password: "wrong one" }) });
    await assert.rejects(
      writer.pushBlob(origin, BLOB, context),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "UNAUTHORIZED");
        assert.match(error.message, /refuses the credentials[^]*the input "credentials"/);
        assert.ok(!error.message.includes("wrong one"));
        return true;
      },
    );
    assert.equal(registry.count({ kind: "token" }), 1);
    assert.equal(registry.count({ method: "PUT" }), 0);
  });

  test("those of the machine are not left out, as a pull may: nobody writes as nobody", async (t) => {
    const registry = await serve(t, { auth: { ...TOKEN, anonymousPull: true } });
    const { writer, context, report } = openPushWorld(t, { ambient: ambient({ password: "old" }) });
    const work = writer.pushBlob(originAt(registry.host), BLOB, context);
    await assert.rejects(work, { code: "UNAUTHORIZED", message: /log in to \S+ again/ });
    assert.equal(registry.count({ kind: "token" }), 1);
    assert.deepEqual(report.lines, []);
  });

  test("none at all: the error says where they were looked for", async (t) => {
    const registry = await serve(t, { auth: TOKEN });
    const { writer, context } = openPushWorld(t);
    const work = writer.pushBlob(originAt(registry.host), BLOB, context);
    await assert.rejects(work, {
      code: "UNAUTHORIZED",
      message: /no credentials for [^]*docker login/,
    });
  });

  test("no right to push there", async (t) => {
    const { writer, origin, context } = await open(t, {
      auth: { kind: "basic", ...LOGIN, repositories: ["elsewhere"] },
    });
    await assert.rejects(writer.pushBlob(origin, BLOB, context), {
      code: "FORBIDDEN",
      message: /does not permit to push[^]*DENIED[^]*have the account permitted to push there/,
    });
  });
});

describe("a mount", () => {
  const FROM = "team/base";

  test("takes a token for both repositories, and no byte", async (t) => {
    const { writer, origin, context, registry, scopes } = await open(t);
    registry.repository(FROM).putBlob(BLOB.bytes);
    const arrival = await writer.pushBlob(origin, BLOB, context, { mountFrom: FROM });
    assert.equal(arrival, "mounted");
    assert.ok(registry.repository(REPOSITORY).blob(BLOB.descriptor.digest));
    assert.deepEqual(scopes(), [[...PUSH, `repository:${FROM}:pull`]]);
    assert.deepEqual(trafficOf(registry), ["POST upload 401", "GET token 200", "POST upload 201"]);
    const digest = encodeURIComponent(BLOB.descriptor.digest);
    const query = `?mount=${digest}&from=${encodeURIComponent(FROM)}`;
    assert.equal(registry.requests[2]?.path, `/v2/${REPOSITORY}/blobs/uploads/${query}`);
  });

  test("of what is not there goes on as the upload that it has begun", async (t) => {
    const { writer, origin, context, registry } = await open(t, {
      quirks: { uploads: { mountsNothing: true } },
    });
    registry.repository(FROM).putBlob(BLOB.bytes);
    const arrival = await writer.pushBlob(origin, BLOB, context, { mountFrom: FROM });
    assert.equal(arrival, "uploaded");
    assert.deepEqual(trafficOf(registry), [
      "POST upload 202",
      `PUT upload ${BLOB.bytes.length} 201`,
    ]);
  });

  for (const status of [400, 401, 403, 404, 405]) {
    test(`answered with ${status} is forgotten`, async (t) => {
      const { writer, origin, context, registry } = await open(t, {});
      const where = ({ path }: { path: string }): boolean => path.includes("mount=");
      registry.fault({ kind: "upload", where, then: { kind: "status", status } });
      const arrival = await writer.pushBlob(origin, BLOB, context, { mountFrom: FROM });
      assert.equal(arrival, "uploaded");
      assert.ok(registry.repository(REPOSITORY).blob(BLOB.descriptor.digest));
    });
  }
});
