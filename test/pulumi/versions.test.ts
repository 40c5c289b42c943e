/** Ranges over the whole road of a check: which tag, what is asked for it, and what the outputs say. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { askedOf, filesOf, versionsWorld } from "./versions-world";

describe("a range of versions", () => {
  test("takes the highest: one list, its manifest, its blob", async (context) => {
    const { host, inputs, digests, registry, repository } = await versionsWorld(context);
    const { inputs: outputs, failures } = await host().check(inputs);
    assert.deepEqual(failures, []);
    assert.deepEqual(askedOf(registry), ["GET tags", "GET manifest 1.2.3", "GET blob"]);
    const { digest, pinned, tag, version, reference, semver } = outputs;
    assert.deepEqual(
      { digest, pinned, tag, version, reference, semver },
      {
        digest: digests["1.2.3"],
        pinned: `${repository}@${String(digests["1.2.3"])}`,
        tag: "1.2.3",
        version: "1.2.3",
        reference: repository,
        semver: "^1.2",
      },
    );
  });

  test("where nothing moved: one list and one HEAD, and no diff", async (context) => {
    const { host, inputs, registry } = await versionsWorld(context);
    const first = await host().check(inputs);
    for (const olds of [first.inputs, {}]) {
      registry.clearRequests();
      const { lifecycle, check, report } = host(null);
      const again = await check(inputs, {}, olds);
      assert.deepEqual(again.inputs, first.inputs);
      assert.deepEqual(askedOf(registry), ["GET tags", "HEAD manifest 1.2.3"]);
      assert.deepEqual(await lifecycle.diff("id", first.inputs, again.inputs), { changes: false });
      assert.deepEqual([...report.said("info"), ...report.said("warning")], []);
    }
  });

  test("a higher version is a diff, and the row says from which to which", async (context) => {
    const { host, inputs, registry, digests, publish, repository } = await versionsWorld(context);
    const first = await host().check(inputs);
    const next = publish(filesOf("1.3.0"), "v1.3.0");
    registry.clearRequests();
    const { lifecycle, check, report } = host();
    const second = await check(inputs, { preview: true }, first.inputs);
    assert.deepEqual(askedOf(registry), ["GET tags", "GET manifest v1.3.0", "GET blob"]);
    const { digest, version, tag } = second.inputs;
    assert.deepEqual([digest, version, tag], [next.digest, "1.3.0", "v1.3.0"]);
    assert.deepEqual(await lifecycle.diff("id", first.inputs, second.inputs), { changes: true });
    const [before, after] = [digests["1.2.3"], next.digest].map((text = "") => text.slice(0, 19));
    assert.deepEqual(report.said("info"), [
      `${repository} moved: 1.2.3 => v1.3.0, ${before ?? ""} => ${after ?? ""}; files: ~ ./version.txt`,
    ]);
  });

  test("a version that is pushed anew is asked for by HEAD, and read", async (context) => {
    const { host, inputs, registry, publish } = await versionsWorld(context);
    const first = await host().check(inputs);
    const moved = publish(filesOf("1.2.3 once more"), "1.2.3");
    registry.clearRequests();
    const { check, report } = host();
    const second = await check(inputs, {}, first.inputs);
    assert.equal(second.inputs["digest"], moved.digest);
    assert.equal(second.inputs["version"], "1.2.3");
    const asked = ["GET tags", "HEAD manifest 1.2.3", "GET manifest 1.2.3", "GET blob"];
    assert.deepEqual(askedOf(registry), asked);
    assert.match(report.said("info").join(), /:1\.2\.3 moved: sha256:/);
  });

  test("the same content as another version is a diff of the version", async (context) => {
    const { host, inputs, registry, digests } = await versionsWorld(context);
    const first = await host().check(inputs);
    const digest = String(digests["1.2.3"]);
    registry.repository("team/app").tag("1.2.4", digest);
    const { lifecycle, check } = host();
    const second = await check(inputs, {}, first.inputs);
    assert.deepEqual(second.inputs, { ...first.inputs, tag: "1.2.4", version: "1.2.4" });
    assert.deepEqual(await lifecycle.diff("id", first.inputs, second.inputs), { changes: true });
  });

  const choices: readonly (readonly [string, readonly string[], object, string, string?])[] = [
    ["_ for +", ["1.2.0", "1.2.3_build.7"], {}, "1.2.3_build.7", "1.2.3+build.7"],
    ["a leading v", ["v1.2.0", "v1.10.0"], {}, "v1.10.0", "1.10.0"],
    ["tagPrefix", ["1.9.0", "app-1.2.0"], { tagPrefix: "app-" }, "app-1.2.0", "1.2.0"],
    ["semverFilter", ["1.9.0-x", "1.8.0"], { semverFilter: "^1\\.8" }, "1.8.0", "1.8.0"],
    ["prereleases", ["1.2.0", "1.3.0-rc.1"], { prereleases: true }, "1.3.0-rc.1", "1.3.0-rc.1"],
    ["no prereleases", ["1.2.0", "1.3.0-rc.1"], { prereleases: false }, "1.2.0", "1.2.0"],
    ["a literal tag", ["^1", "1.2", "1.2.9"].slice(1), { semver: "1.2" }, "1.2", "1.2"],
    ["a literal tag that is no version", ["1.x", "1.2.9"], { semver: "1.x" }, "1.x"],
  ];
  for (const [name, tags, options, tag, version] of choices) {
    test(`${name}: of ${tags.join(", ")}, ${tag}`, async (context) => {
      const { host, inputs, digests } = await versionsWorld(context, tags);
      const { inputs: outputs } = await host().check({ ...inputs, ...options });
      assert.equal(outputs["digest"], digests[tag]);
      assert.equal(outputs["tag"], tag);
      assert.equal(outputs["version"], version);
    });
  }

  test("of a list in pages, each is read, as far as limits.tagPages allows", async (context) => {
    const tags = ["1.2.0", "1.2.1", "1.2.2", "1.2.3"];
    const quirks = { tagsPerPage: 1 };
    const { host, inputs, registry, digests } = await versionsWorld(context, tags, { quirks });
    const { inputs: outputs } = await host().check(inputs);
    assert.equal(outputs["digest"], digests["1.2.3"]);
    assert.equal(registry.count({ kind: "tags" }), 4);
    registry.clearRequests();
    await assert.rejects(host().check({ ...inputs, limits: { tagPages: 3 } }), {
      code: "LIMIT_EXCEEDED",
      message: /tagPages/,
    });
    assert.deepEqual(askedOf(registry), ["GET tags", "GET tags", "GET tags"]);
  });

  test("that no tag fits fails, and tells which came nearest", async (context) => {
    const { host, inputs, registry, repository } = await versionsWorld(context);
    await assert.rejects(host().check({ ...inputs, semver: "^1.3" }), {
      code: "NOT_FOUND",
      message: [
        `cannot choose a tag of ${repository}: none of its 4 tags fits semver "^1.3"`,
        "  1 is no version",
        "  3 are out of the range",
        "  nearest: 2.0.0, 1.2.3, 1.1.0",
        "hint: widen semver so that it takes one of the nearest",
      ].join("\n"),
    });
    assert.deepEqual(askedOf(registry), ["GET tags"]);
  });

  test("in a preview that pulls nothing, the version is known all the same", async (context) => {
    const { host, inputs, registry, digests } = await versionsWorld(context);
    const given = { ...inputs, pullOnPreview: false };
    const { inputs: outputs } = await host().check(given, { preview: true });
    assert.deepEqual([outputs["version"], outputs["digest"]], ["1.2.3", digests["1.2.3"]]);
    assert.equal(registry.count({ kind: "blob" }), 0);
  });
});

describe("inputs of a range", () => {
  const refused: readonly (readonly [string, object, string])[] = [
    [
      "beside a tag",
      { reference: "host.example/app:1", semver: "^1" },
      'cannot use input "semver": it chooses a tag, and the reference names the tag 1\nhint: take the tag out of the reference, or leave out semver',
    ],
    [
      "beside a digest",
      { reference: `host.example/app@sha256:${"a".repeat(64)}`, semver: "^1" },
      `cannot use input "semver": it chooses a tag, and the reference names the digest sha256:${"a".repeat(64)}\nhint: take the digest out of the reference, and to pin it, give it as digest; or leave out semver`,
    ],
    [
      "that has none",
      { reference: "host.example/app", tagPrefix: "app-" },
      'cannot use input "tagPrefix": it says which tags a range is for, and there is none\nhint: give semver, for example "^1.2", or leave this out',
    ],
  ];
  for (const [name, given, failure] of refused) {
    test(`${name} are refused, and nobody is asked`, async (context) => {
      const { host, registry } = await versionsWorld(context, []);
      assert.deepEqual((await host().check({ ...given })).failures, [failure]);
      assert.equal(registry.count(), 0);
    });
  }

  test("each that is wrong is told, beside what else is", async (context) => {
    const { host, repository } = await versionsWorld(context, []);
    const wrong = {
      semver: "^x.y",
      tagPrefix: "a/b",
      semverFilter: "(",
      digest: "x",
      platform: "",
    };
    const { failures } = await host().check({ reference: repository, ...wrong, platform: "x" });
    const names = failures.map((failure) => /^cannot use input "(\w+)"/.exec(failure)?.[1]);
    assert.deepEqual(names, ["digest", "platform", "semver", "tagPrefix", "semverFilter"]);
  });
});
