/** What refers to an artifact in its place: which one it is, and whose digest is whose. */
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { UNKNOWN } from "../../provider/pulumi/known";
import { buildIndex, MEDIA_TYPES, publish } from "../support/artifacts";
import { startDistribution } from "../support/distribution";
import { pushOverHttp } from "../support/push-over-http";
import { registryFor } from "../support/registry-for-test";
import { putLayers, signedLayer, signingKey } from "../support/sigstore-signing";
import { refused, referrerWorld, REPOSITORY, SPDX } from "./referrer-world";

const PAGE = { "content-type": MEDIA_TYPES.index };

describe("the one of the wanted type", () => {
  test("is the content; the artifact's digest stands beside, and no layer of it comes", async (t) => {
    const { host, artifact, attach, inputs, project, registry } = await referrerWorld(t);
    const sbom = attach({ content: '{"spdx":1}' });
    attach({ artifactType: "application/vnd.example.other" });
    const { inputs: checked, failures } = await host().check(inputs);
    assert.deepEqual(failures, []);
    assert.equal(checked["digest"], sbom.digest);
    assert.equal(checked["subjectDigest"], artifact.digest);
    assert.equal(checked["artifactType"], SPDX);
    assert.equal(checked["pinned"], `${registry.host}/${REPOSITORY}@${sbom.digest}`);
    const text = readFileSync(join(project, String(checked["path"]), "sbom.json"), "utf8");
    assert.equal(text, '{"spdx":1}');
    const blobs = registry.matching({ kind: "blob" }).map(({ reference }) => reference);
    assert.deepEqual(blobs, [sbom.layers[0]?.digest]);
  });

  test("without referrer there is no subjectDigest, and nobody asks who refers", async (t) => {
    const { host, attach, inputs, registry } = await referrerWorld(t);
    attach();
    const { inputs: checked } = await host().check({ ...inputs, referrer: undefined });
    assert.equal("subjectDigest" in checked, false);
    assert.equal(registry.count({ kind: "referrers" }), 0);
  });

  test("of an artifact by its digest, whose manifest is not even asked for", async (t) => {
    const { host, artifact, attach, inputs, registry } = await referrerWorld(t);
    const sbom = attach();
    const reference = `${registry.host}/${REPOSITORY}@${artifact.digest}`;
    const { inputs: checked } = await host().check({ ...inputs, reference });
    assert.equal(checked["digest"], sbom.digest);
    assert.equal(checked["subjectDigest"], artifact.digest);
    assert.equal(registry.count({ kind: "manifest", reference: artifact.digest }), 0);
  });

  test("of an index, it refers to the index", async (t) => {
    const { host, artifact, attach, inputs, registry } = await referrerWorld(t);
    attach({ content: "of one platform" });
    const platform = (architecture: string) => ({ os: "linux", architecture });
    const other = publish(registry, REPOSITORY, undefined, { layers: [] });
    const index = buildIndex({
      manifests: [
        { artifact, platform: platform("amd64") },
        { artifact: other, platform: platform("arm64") },
      ],
    });
    publish(registry, REPOSITORY, "1", index);
    const sbom = attach({ content: "of all" }, index);
    const { inputs: checked } = await host().check(inputs);
    assert.equal(checked["digest"], sbom.digest);
    assert.equal(checked["subjectDigest"], index.digest);
  });

  test("under the fallback tag, where there is no API", async (t) => {
    const world = await referrerWorld(t, { quirks: { omitReferrers: true } });
    const { host, artifact, attach, inputs, registry } = world;
    const sbom = attach();
    const index = buildIndex({ manifests: [{ artifact: sbom }] });
    publish(registry, REPOSITORY, artifact.digest.replace(":", "-"), index);
    assert.equal((await host().check(inputs)).inputs["digest"], sbom.digest);
  });

  test("in a list that does not say its type", async (t) => {
    const { host, attach, inputs, registry } = await referrerWorld(t);
    const sbom = attach();
    const other = attach({ artifactType: "application/vnd.example.other" });
    const gone = { ...other.descriptor, digest: `sha256:${"0".repeat(64)}` };
    const manifests = [gone, other.descriptor, sbom.descriptor].map(
      ({ mediaType, digest, size }) => ({ mediaType, digest, size }),
    );
    const body = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests };
    registry.fault({
      kind: "referrers",
      then: { kind: "status", status: 200, headers: PAGE, body },
    });
    assert.equal((await host().check(inputs)).inputs["digest"], sbom.digest);
  });

  test("that a mirror does not list yet, at the registry itself", async (t) => {
    const { host, artifact, attach, inputs, registry } = await referrerWorld(t);
    const sbom = attach();
    const mirror = await registryFor(t);
    publish(mirror, REPOSITORY, "1", artifact);
    publish(mirror, REPOSITORY, undefined, {
      artifactType: "application/vnd.example.other",
      layers: [],
      subject: artifact.descriptor,
    });
    const mirrors = [{ location: mirror.host, plainHttp: true }];
    const { inputs: checked } = await host().check({ ...inputs, mirrors });
    assert.equal(checked["digest"], sbom.digest);
    assert.equal(mirror.count({ kind: "referrers" }), 1);
    assert.equal(registry.count({ kind: "referrers" }), 1);
  });

  test("on the second page of the list", async (t) => {
    const { host, attach, inputs, registry } = await referrerWorld(t);
    const sbom = attach();
    const other = attach({ artifactType: "application/vnd.example.other" });
    for (const [manifest, link] of [
      [other.descriptor, { link: '<?page=2>; rel="next"' }],
      [sbom.descriptor, {}],
    ] as const) {
      const body = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [manifest] };
      const then = { kind: "status", status: 200, headers: { ...PAGE, ...link }, body } as const;
      registry.fault({ kind: "referrers", times: 1, then });
    }
    assert.equal((await host().check(inputs)).inputs["digest"], sbom.digest);
    assert.equal(registry.count({ kind: "referrers" }), 2);
  });

  test("at a real registry", async (t) => {
    const distribution = await startDistribution();
    t.after(distribution.stop);
    const { host, inputs } = await referrerWorld(t);
    const repository = `${distribution.host}/${REPOSITORY}`;
    const layer = { bytes: "a", mediaType: "text/plain", title: "a.txt" };
    const artifact = await pushOverHttp(distribution.host, REPOSITORY, "1", { layers: [layer] });
    const sbom = await pushOverHttp(distribution.host, REPOSITORY, undefined, {
      artifactType: SPDX,
      layers: [{ bytes: "{}", mediaType: SPDX, title: "sbom.json" }],
      subject: artifact.descriptor,
    });
    // It has no API for referrers: whoever pushes one keeps the list under the tag.
    const index = buildIndex({ manifests: [{ artifact: sbom }] });
    const tag = artifact.digest.replace(":", "-");
    await pushOverHttp(distribution.host, REPOSITORY, tag, index);
    const { inputs: checked } = await host().check({ ...inputs, reference: `${repository}:1` });
    assert.equal(checked["digest"], sbom.digest);
    assert.equal(checked["subjectDigest"], artifact.digest);
  });
});

describe("where it is not clear", () => {
  test("none at all", async (t) => {
    const { host, inputs, registry, artifact } = await referrerWorld(t);
    const error = await refused(host(), inputs, "NOT_FOUND");
    assert.equal(
      error.message,
      [
        `cannot find the referrer of ${registry.host}/team/app:1@${artifact.digest}: nothing of the artifact type ${SPDX} refers to it`,
        "  nothing refers to it at all",
        "hint: give one of the types there are as referrer.artifactType, or have it attached: `oras attach`",
      ].join("\n"),
    );
  });

  test("none of the type: which types there are", async (t) => {
    const { host, inputs, attach } = await referrerWorld(t);
    for (const content of ["1", "2"]) attach({ artifactType: "application/vnd.other", content });
    const error = await refused(host(), inputs, "NOT_FOUND");
    assert.deepEqual(error.details, ["there is application/vnd.other, 2 times"]);
  });

  test("several: which, and one by its digest", async (t) => {
    const { host, inputs, attach, artifact } = await referrerWorld(t);
    const annotations = { "org.opencontainers.image.created": "2026-01-02T03:04:05Z" };
    const dated = attach({ annotations });
    const other = attach({ content: "other" });
    const error = await refused(host(), inputs, "AMBIGUOUS_REFERRER");
    const lines = [`${dated.digest}, created 2026-01-02T03:04:05Z`, other.digest];
    assert.deepEqual([...error.details].sort(), lines.sort());
    assert.match(error.hint ?? "", /the input "digest", or in the reference, without referrer/);
    for (const { digest } of [dated, other]) {
      const { inputs: checked } = await host().check({ ...inputs, digest });
      assert.equal(checked["digest"], digest);
      assert.equal(checked["subjectDigest"], artifact.digest);
    }
  });
});

describe("signatures", () => {
  test("are those of the referrer, and not of the artifact", async (t) => {
    const { host, artifact, attach, inputs, registry } = await referrerWorld(t);
    const sbom = attach();
    const key = signingKey();
    const verify = { keys: [key.publicKey], ignoreTlog: true };
    const repository = registry.repository(REPOSITORY);
    putLayers(repository, artifact.digest, [signedLayer(key, artifact.digest)]);
    const error = await refused(host(), { ...inputs, verify }, "UNSIGNED");
    assert.match(error.message, new RegExp(`sha256-${sbom.digest.slice(7)}\\.sig`));
    putLayers(repository, sbom.digest, [signedLayer(key, sbom.digest)]);
    const { inputs: checked } = await host().check({ ...inputs, verify });
    assert.match(String(checked["signers"]), /^key sha256:/);
  });
});

describe("inputs", () => {
  test("an unknown one makes subjectDigest unknown, where a referrer is wanted", async (t) => {
    const { host, inputs } = await referrerWorld(t);
    const unknown = { ...inputs, reference: UNKNOWN };
    const { inputs: wanted } = await host().check(unknown, { preview: true });
    assert.equal(wanted["subjectDigest"], UNKNOWN);
    const without = { ...unknown, referrer: undefined };
    const { inputs: plain } = await host().check(without, { preview: true });
    assert.equal("subjectDigest" in plain, false);
    assert.equal(plain["digest"], UNKNOWN);
  });

  for (const [what, referrer, words] of [
    ["no type", {}, /"referrer": it has no artifactType/],
    ["an empty type", { artifactType: "" }, /"referrer\.artifactType": it is an empty string/],
    ["a text", SPDX, /"referrer": it must be an object/],
  ] as const) {
    test(what, async (t) => {
      const { host, inputs } = await referrerWorld(t);
      const { failures } = await host().check({ ...inputs, referrer });
      assert.match(failures.join("\n"), words);
    });
  }
});
