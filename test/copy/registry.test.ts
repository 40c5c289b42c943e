/**
 * `copy` from one registry to another, or within one: what arrives, and what goes over the line. The
 * destination is the repository "mine/app" everywhere.
 */
import * as assert from "node:assert/strict";
import { after, describe, test, type TestContext } from "node:test";
import { OciError } from "../../provider/errors";
import { copyInputs } from "../../provider/pulumi/copy-artifact";
import { registryFor } from "../support/registry-for-test";
import type { RegistryOptions, TestRegistry } from "../support/registry-types";
import { programsFor } from "../support/session-for-test";
import { recordReport } from "../support/report-for-test";
import { blobsOf, company, type Company, serveCompany, tagOf } from "./company";

const PROGRAMS = programsFor({ after });

interface World {
  readonly source: TestRegistry;
  readonly target: TestRegistry;
  readonly content: Company;
  readonly report: ReturnType<typeof recordReport>;
  readonly copy: (
    options?: Partial<Parameters<typeof copyInputs>[2]>,
    values?: object,
  ) => ReturnType<typeof copyInputs>;
}

async function worldFor(t: TestContext, options: RegistryOptions = {}): Promise<World> {
  const source = await registryFor(t);
  const target = await registryFor(t, options);
  const content = company();
  serveCompany(source.repository("team/app"), content);
  const { directory, inputs } = PROGRAMS.next();
  const { plainHttp: _flat, ...rest } = inputs;
  const registries = Object.fromEntries(
    [source, target].map(({ host }) => [host, { plainHttp: true }]),
  );
  const report = recordReport();
  return {
    source,
    target,
    content,
    report,
    copy: (more, values) =>
      copyInputs(
        { ...rest, registries, reference: `${source.host}/team/app:1`, ...values },
        `${target.host}/mine/app`,
        { directory, report, ...more },
      ),
  };
}

/** Method and reference of each manifest that was put. */
function puts(registry: TestRegistry): readonly string[] {
  return registry
    .matching({ kind: "manifest", method: "PUT" })
    .map(({ reference = "" }) => reference);
}

function failsWith(code: string): (error: unknown) => boolean {
  return (error) => error instanceof OciError && error.code === code;
}

describe("from one registry to another", () => {
  test("everything arrives byte for byte: children, referrers of referrers, signatures; the tag last", async (t) => {
    const { copy, content, source, target } = await worldFor(t);
    const copied = await copy();
    const there = target.repository("mine/app");
    for (const { digest, manifest } of content.all) {
      assert.deepEqual(Buffer.from(there.manifest(digest)?.bytes ?? ""), manifest, digest);
    }
    assert.deepEqual([...there.tags()].sort(), Object.keys(content.tags).sort());
    for (const [tag, { digest }] of Object.entries(content.tags)) {
      assert.equal(there.manifest(tag)?.digest, digest);
    }
    assert.equal(copied.pinned, `${target.host}/mine/app@${content.index.digest}`);
    assert.equal(copied.manifests, 3);
    assert.equal(copied.referrers, 4);
    assert.deepEqual([...copied.uploaded].sort(), blobsOf(content));
    assert.equal(puts(target).at(-1), "1");
    // Each blob is read once.
    assert.equal(source.count({ kind: "blob", method: "GET" }), blobsOf(content).length);
  });

  test("the same again: nothing is read or sent but questions, and no tag is set", async (t) => {
    const { copy, content, source, target } = await worldFor(t);
    await copy();
    source.clearRequests();
    target.clearRequests();
    const again = await copy();
    assert.deepEqual([again.uploaded, again.mounted, again.tagged], [[], [], []]);
    assert.equal(source.count({ kind: "blob" }), 0);
    assert.equal(target.count({ kind: "upload" }), 0);
    // Only the answer to a PUT tells whether a referrer is listed.
    assert.deepEqual([...puts(target)].sort(), [content.sbom.digest, content.note.digest].sort());
  });

  test("withReferrers: false: the artifact alone, and nobody is asked what refers to it", async (t) => {
    const { copy, content, source, target } = await worldFor(t);
    const { referrers } = await copy({ withReferrers: false });
    assert.equal(referrers, 0);
    assert.deepEqual(target.repository("mine/app").tags(), ["1"]);
    assert.equal(target.repository("mine/app").manifests().length, 3);
    assert.equal(source.count({ kind: "referrers" }), 0);
    assert.equal(source.count({ kind: "manifest", reference: tagOf(content.index) }), 0);
  });

  test("a registry without the referrers API gets the fallback tags", async (t) => {
    const { copy, content, target } = await worldFor(t, { quirks: { omitReferrers: true } });
    await copy();
    const there = target.repository("mine/app");
    for (const [subject, referrer] of [
      [content.index, content.sbom],
      [content.sbom, content.note],
    ] as const) {
      const list = there.manifest(tagOf(subject).replace(/\.sig$/, ""));
      const { manifests } = JSON.parse(Buffer.from(list?.bytes ?? "").toString()) as {
        readonly manifests: readonly { readonly digest: string }[];
      };
      assert.deepEqual(
        manifests.map(({ digest }) => digest),
        [referrer.digest],
      );
    }
  });

  test("a referrer that is listed and gone is a warning; one that names another subject is no referrer", async (t) => {
    const { copy, content, source, target, report } = await worldFor(t);
    source.repository("team/app").deleteManifest(content.note.digest);
    const entry = { ...content.note.descriptor };
    const stranger = { ...content.signatures[0]?.descriptor };
    const manifests = [entry, stranger];
    const mediaType = "application/vnd.oci.image.index.v1+json";
    source.fault({
      kind: "referrers",
      reference: content.sbom.digest,
      then: {
        kind: "status",
        status: 200,
        headers: { "content-type": mediaType },
        body: { schemaVersion: 2, mediaType, manifests },
      },
    });
    const { referrers } = await copy();
    assert.equal(referrers, 3);
    assert.equal(target.repository("mine/app").manifest(content.note.digest), undefined);
    assert.match(
      report.said("warning").join("\n"),
      /is listed among the referrers of .* and is not there/,
    );
  });

  test("that nobody can be asked for referrers is an error, and nothing is sent", async (t) => {
    const { copy, source, target } = await worldFor(t);
    source.fault({ kind: "referrers", then: { kind: "status", status: 403 } });
    await assert.rejects(copy(), failsWith("FORBIDDEN"));
    assert.equal(target.requests.length, 0);
  });
});

describe("where it breaks off", () => {
  test("no tag has come; the next copy sends only what is missing", async (t) => {
    const { copy, content, target } = await worldFor(t);
    const fault = target.fault({
      kind: "manifest",
      method: "PUT",
      reference: content.sbom.digest,
      then: { kind: "status", status: 403 },
    });
    await assert.rejects(copy(), failsWith("FORBIDDEN"));
    assert.deepEqual(target.repository("mine/app").tags(), []);
    fault.remove();
    target.clearRequests();
    const { uploaded, tagged } = await copy();
    assert.deepEqual(uploaded, []);
    assert.equal(target.count({ kind: "upload" }), 0);
    assert.equal(tagged.at(-1), "1");
  });

  test("a source that sends other bytes: DIGEST_MISMATCH, and no tag", async (t) => {
    const { copy, content, source, target } = await worldFor(t);
    const [layer] = content.sbom.layers;
    source.fault({
      kind: "blob",
      reference: layer?.digest ?? "",
      then: { kind: "body", bytes: (body) => Buffer.alloc(body.length, "x") },
    });
    await assert.rejects(copy(), (error: unknown) => {
      assert.ok(error instanceof OciError && error.code === "DIGEST_MISMATCH");
      assert.match(error.message, /^cannot fetch 127\.0\.0\.1:\d+\/team\/app:1: blob sha256:/);
      return true;
    });
    assert.equal(target.repository("mine/app").blob(layer?.digest ?? ""), undefined);
    assert.deepEqual(target.repository("mine/app").tags(), []);
  });
});

describe("tags", () => {
  test("immutableTags: one that names something else is an error before anything is sent", async (t) => {
    const { copy, target } = await worldFor(t);
    const there = target.repository("mine/app");
    there.tag("1", there.putManifest({ schemaVersion: 2, layers: [] }));
    await assert.rejects(copy({ immutableTags: true }), failsWith("TAG_EXISTS"));
    assert.equal(target.count({ kind: "upload" }), 0);
    assert.deepEqual(puts(target), []);
    assert.deepEqual((await copy()).tagged.slice(-1), ["1"]);
  });

  test("a signature tag that had another signature there is a warning", async (t) => {
    const { copy, content, target, report } = await worldFor(t);
    const there = target.repository("mine/app");
    const other = there.putManifest({ schemaVersion: 2, layers: [] });
    there.tag(tagOf(content.index), other);
    await copy();
    assert.match(
      report.said("warning").join("\n"),
      new RegExp(`\\.sig named ${other} there, and now`),
    );
  });
});

test("within one registry, blobs are mounted and none is read", async (t) => {
  const registry = await registryFor(t);
  const content = company();
  serveCompany(registry.repository("team/app"), content);
  const { directory, inputs } = PROGRAMS.next();
  const values = { ...inputs, reference: `${registry.host}/team/app:1` };
  const copied = await copyInputs(values, `${registry.host}/mine/app:2`, { directory });
  assert.deepEqual([...copied.mounted].sort(), blobsOf(content));
  assert.deepEqual(copied.uploaded, []);
  assert.equal(registry.count({ kind: "blob", method: "GET" }), 0);
  assert.equal(registry.repository("mine/app").manifest("2")?.digest, content.index.digest);
  assert.equal(registry.repository("mine/app").manifest("1"), undefined);
});

test("it reads from mirrors, and writes past them", async (t) => {
  const { copy, content, source, target } = await worldFor(t);
  const mirror = await registryFor(t);
  serveCompany(mirror.repository("team/app"), content);
  serveCompany(mirror.repository("mine/app"), content);
  const location = { location: mirror.host, plainHttp: true };
  const registries = {
    [source.host]: { plainHttp: true, mirrors: [location] },
    [target.host]: { plainHttp: true, mirrors: [location] },
  };
  await copy({}, { registries });
  assert.equal(target.repository("mine/app").manifest("1")?.digest, content.index.digest);
  assert.equal(source.count({ kind: "blob" }), 0);
  assert.equal(mirror.count({ kind: "blob", method: "GET" }), blobsOf(content).length);
  assert.deepEqual(mirror.matching({ repository: "mine/app" }), []);
});

test("the destination names no digest", async (t) => {
  const { source, target } = await worldFor(t);
  const { directory, inputs } = PROGRAMS.next();
  const values = { ...inputs, reference: `${source.host}/team/app:1` };
  const destination = `${target.host}/mine/app@sha256:${"0".repeat(64)}`;
  await assert.rejects(
    copyInputs(values, destination, { directory }),
    failsWith("INVALID_REFERENCE"),
  );
  assert.equal(source.requests.length, 0);
});

test("a login goes to the registry that it was given for, and to no other", async (t) => {
  const login = { username: "robot", password: "correct horse" };
  const source = await registryFor(t, { auth: { kind: "basic", ...login } });
  const target = await registryFor(t);
  const content = company();
  serveCompany(source.repository("team/app"), content);
  const { directory, inputs } = PROGRAMS.next();
  const { plainHttp: _flat, ...rest } = inputs;
  const registries = {
    [source.host]: { plainHttp: true, credentials: login },
    [target.host]: { plainHttp: true },
  };
  const values = { ...rest, registries, reference: `${source.host}/team/app:1` };
  await copyInputs(values, `${target.host}/mine/app`, { directory });
  assert.ok(target.requests.length > 0);
  assert.deepEqual(
    target.requests.filter(({ authorization }) => authorization !== "none"),
    [],
  );
});

test("more that refers to it than the limit allows is an error, and nothing is sent", async (t) => {
  const { copy, target } = await worldFor(t);
  await assert.rejects(copy({}, { limits: { layers: 3 } }), (error: unknown) => {
    assert.ok(error instanceof OciError && error.code === "LIMIT_EXCEEDED", String(error));
    assert.match(error.message, /limit layers of 3 .* is exceeded: 4\n.*raise limits\.layers/);
    return true;
  });
  assert.equal(target.requests.length, 0);
});
