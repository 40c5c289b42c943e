/** The digest of a referrer over time: kept, confirmed, recorded, and never taken for the artifact's. */
import * as assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { outputsOfResult, pullInputs, restore } from "../../provider/pulumi/session";
import { publish } from "../support/artifacts";
import { programsFor } from "../support/session-for-test";
import { refused, referrerWorld, REPOSITORY, SPDX } from "./referrer-world";

const PROGRAMS = programsFor({ after });

test("a new one is a diff of the digest alone; the artifact's stays", async (t) => {
  const { host, inputs, attach, artifact, registry } = await referrerWorld(t);
  const before = attach({ content: "before" });
  const { inputs: olds } = await host().check(inputs);
  registry.repository(REPOSITORY).deleteManifest(before.digest);
  const after = attach({ content: "after" });
  const later = host();
  const { inputs: news } = await later.check(inputs, {}, olds);
  assert.equal(news["digest"], after.digest);
  assert.equal(news["subjectDigest"], artifact.digest);
  assert.match(later.report.said("info").join("\n"), /moved: sha256:.* => sha256:/);
});

test("the update takes what its preview has shown, and asks nobody who refers", async (t) => {
  const { host, inputs, attach, artifact, registry } = await referrerWorld(t);
  const shown = attach();
  await host().check(inputs, { preview: true });
  attach({ content: "later" });
  registry.clearRequests();
  const { inputs: checked } = await host().check(inputs);
  assert.equal(checked["digest"], shown.digest);
  assert.equal(checked["subjectDigest"], artifact.digest);
  assert.deepEqual(registry.requests, []);
});

test("also where the reference has the artifact's digest", async (t) => {
  const { host, inputs, attach, artifact, registry } = await referrerWorld(t);
  const shown = attach();
  const reference = `${registry.host}/${REPOSITORY}@${artifact.digest}`;
  await host().check({ ...inputs, reference }, { preview: true });
  attach({ content: "later" });
  const { inputs: checked } = await host().check({ ...inputs, reference });
  assert.equal(checked["digest"], shown.digest);
});

test("keep stays with the referrer, and asks nobody", async (t) => {
  const { host, inputs, attach, registry } = await referrerWorld(t);
  const kept = attach();
  const keeping = { ...inputs, onTagMove: "keep" };
  const { inputs: olds } = await host().check(keeping);
  attach({ content: "later" });
  registry.clearRequests();
  assert.equal((await host().check(keeping, {}, olds)).inputs["digest"], kept.digest);
  assert.equal(registry.count(), 0);
});

test('another one is a failure where onTagMove is "error"', async (t) => {
  const { host, inputs, attach, registry } = await referrerWorld(t);
  const before = attach();
  const strict = { ...inputs, onTagMove: "error" };
  const { inputs: olds } = await host().check(strict);
  assert.deepEqual((await host().check(strict, {}, olds)).inputs, olds);
  registry.repository(REPOSITORY).deleteManifest(before.digest);
  attach({ content: "after" });
  const error = await refused(host(), strict, "TAG_MOVED", olds);
  assert.match(error.fact, new RegExp(`^what refers to it was ${before.digest}, and is sha256:`));
});

describe("a tag beside the artifact's digest", () => {
  test("is compared with the artifact's, and not with the referrer's", async (t) => {
    const { host, inputs, attach, artifact, registry } = await referrerWorld(t);
    attach();
    const reference = `${registry.host}/${REPOSITORY}:1@${artifact.digest}`;
    const strict = { ...inputs, reference, onTagMove: "error" };
    assert.deepEqual((await host().check(strict)).failures, []);
    const moved = publish(registry, REPOSITORY, "1", { layers: [] });
    const error = await refused(host(), strict, "TAG_MOVED");
    assert.match(error.fact, new RegExp(`points to ${moved.digest}, .* names ${artifact.digest}`));
  });
});

describe("in an outage", () => {
  test("the known one goes on, with a warning", async (t) => {
    const { host, inputs, attach, registry } = await referrerWorld(t);
    attach();
    const { inputs: olds } = await host().check(inputs);
    await registry.stop();
    const later = host();
    assert.deepEqual((await later.check(inputs, {}, olds)).inputs, olds);
    const [warning = ""] = later.report.said("warning");
    assert.match(warning, /^the registry cannot be asked what refers to .*; going on with sha256:/);
  });

  test("one whose list alone fails is an outage, too", async (t) => {
    const { host, inputs, attach, registry } = await referrerWorld(t);
    attach();
    const { inputs: olds } = await host().check(inputs);
    registry.fault({ kind: "referrers", then: { kind: "status", status: 503 } });
    assert.deepEqual((await host().check(inputs, {}, olds)).inputs, olds);
  });

  test("the artifact that was known before is not taken for its referrer", async (t) => {
    const { host, inputs, attach, registry } = await referrerWorld(t);
    attach();
    const { inputs: olds } = await host().check({ ...inputs, referrer: undefined });
    await registry.stop();
    await refused(host(), inputs, "UNREACHABLE", olds);
  });

  test("nor the referrer for the artifact", async (t) => {
    const { host, inputs, attach, registry } = await referrerWorld(t);
    attach();
    const { inputs: olds } = await host().check(inputs);
    await registry.stop();
    await refused(host(), { ...inputs, referrer: undefined }, "UNREACHABLE", olds);
  });
});

describe("a digest that is given", () => {
  test("of the artifact itself is none of a referrer", async (t) => {
    const { host, inputs, attach, artifact } = await referrerWorld(t);
    attach();
    const error = await refused(host(), { ...inputs, digest: artifact.digest }, "INVALID_INPUT");
    assert.match(
      error.message,
      /it refers to nothing, .*\n.*\nhint: with referrer, the input "digest"/,
    );
  });

  test("of a referrer of another type", async (t) => {
    const { host, inputs, attach } = await referrerWorld(t);
    const { digest } = attach({ artifactType: "application/vnd.other" });
    const error = await refused(host(), { ...inputs, digest }, "INVALID_INPUT");
    assert.match(error.fact, /its artifact type is application\/vnd\.other$/);
    assert.match(
      error.message,
      new RegExp(`wanted is the artifact type ${SPDX.replace("+", ".")}`),
    );
  });

  test("of a referrer of another artifact", async (t) => {
    const { host, inputs, attach, artifact, registry } = await referrerWorld(t);
    const other = publish(registry, REPOSITORY, "2", { layers: [], annotations: { a: "b" } });
    const { digest } = attach({}, other);
    const reference = `${registry.host}/${REPOSITORY}@${artifact.digest}`;
    const error = await refused(host(), { ...inputs, reference, digest }, "INVALID_INPUT");
    assert.match(error.fact, new RegExp(`refers to ${other.digest}`));
  });
});

test("its content is restored by its own digest, and nobody is asked who refers", async (t) => {
  const { attach, inputs, registry } = await referrerWorld(t);
  attach();
  const program = PROGRAMS.next();
  const { directory } = program;
  const values = { ...program.inputs, ...inputs };
  const { pinned, path } = outputsOfResult(await pullInputs(values, { directory }));
  registry.clearRequests();
  rmSync(join(directory, ".oci-artifacts"), { recursive: true });
  assert.equal(await restore(values, pinned, path, { directory }), undefined);
  assert.ok(existsSync(join(directory, path, "sbom.json")));
  assert.equal(registry.count({ kind: "referrers" }), 0);
});
