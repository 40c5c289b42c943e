/**
 * What holds the version that a range has chosen: a digest, "keep", the preview of the same run, and
 * what was resolved ahead; and what lets go of it.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { UNKNOWN } from "../../provider/pulumi/known";
import type { Properties } from "../../provider/pulumi/lifecycle";
import { fingerprintOf } from "../../provider/pulumi/run-options";
import { askedOf, filesOf, versionsWorld } from "./versions-world";

/** Each asks for something else than `semver: "^1.2"` alone, and has the highest version in it. */
const OTHER_QUESTIONS: readonly (readonly [string, Properties, string])[] = [
  ["semver", { semver: ">=1.1" }, "3.0.0"],
  ["tagPrefix", { tagPrefix: "app-" }, "app-1.4.0"],
  ["semverFilter", { semverFilter: "^1\\.3\\.0$" }, "1.3.0"],
  ["prereleases", { prereleases: true }, "1.9.0-rc.1"],
];
const LATER = ["1.3.0", "3.0.0", "app-1.4.0", "1.9.0-rc.1"];

describe("a digest holds", () => {
  test("the one of the state: its tag and version stay, and nobody is asked", async (context) => {
    const { host, inputs, registry, publish } = await versionsWorld(context);
    const first = await host().check(inputs);
    publish(filesOf("1.3.0"), "1.3.0");
    registry.clearRequests();
    const { lifecycle, check } = host(null);
    // So it comes with `ignoreChanges: ["digest"]`, too.
    const pinned = { ...inputs, digest: first.inputs["digest"] };
    const again = await check(pinned, {}, first.inputs);
    assert.deepEqual(again.inputs, first.inputs);
    assert.deepEqual(await lifecycle.diff("id", first.inputs, again.inputs), { changes: false });
    assert.deepEqual(askedOf(registry), []);
  });

  test("another one: neither tag nor version is made up", async (context) => {
    const { host, inputs, registry, digests, repository } = await versionsWorld(context);
    const first = await host().check(inputs);
    registry.clearRequests();
    const digest = String(digests["2.0.0"]);
    const { inputs: outputs } = await host().check({ ...inputs, digest }, {}, first.inputs);
    assert.deepEqual(askedOf(registry), [`GET manifest ${digest}`, "GET blob"]);
    assert.deepEqual([outputs["digest"], outputs["pinned"]], [digest, `${repository}@${digest}`]);
    assert.equal("tag" in outputs || "version" in outputs, false);
  });

  test("and once it is let go, the version is known again: a diff", async (context) => {
    const { host, inputs, digests } = await versionsWorld(context);
    const pinned = await host().check({ ...inputs, digest: digests["1.2.3"] });
    const { lifecycle, check } = host();
    const free = await check(inputs, {}, pinned.inputs);
    assert.deepEqual(free.inputs, { ...pinned.inputs, tag: "1.2.3", version: "1.2.3" });
    assert.deepEqual(await lifecycle.diff("id", pinned.inputs, free.inputs), { changes: true });
  });

  test("that came with another range, too, which is said", async (context) => {
    const { host, inputs, digests, repository } = await versionsWorld(context);
    const first = await host().check(inputs);
    const { check, report } = host();
    const digest = digests["1.2.3"];
    const given = { ...inputs, semver: "^2", prereleases: true, digest };
    const { inputs: outputs } = await check(given, {}, first.inputs);
    assert.equal(outputs["digest"], digest);
    assert.equal("version" in outputs, false, "the range did not choose it");
    assert.deepEqual(report.said("warning"), [
      `the digest ${String(digest)} came with ${repository} (semver "^1.2") and is kept, although the reference is now ${repository} (semver "^2", prereleases true)`,
    ]);
  });
});

describe("onTagMove", () => {
  test("keep stays with what the state has, and asks nobody", async (context) => {
    const { host, inputs, registry, publish } = await versionsWorld(context);
    const first = await host().check({ ...inputs, onTagMove: "keep" });
    assert.equal(first.inputs["version"], "1.2.3", "there is nothing to keep at first");
    publish(filesOf("1.3.0"), "1.3.0");
    registry.clearRequests();
    const again = await host().check({ ...inputs, onTagMove: "keep" }, {}, first.inputs);
    assert.deepEqual(again.inputs, first.inputs);
    assert.deepEqual(askedOf(registry), []);
  });

  for (const [name, other, tag] of OTHER_QUESTIONS) {
    test(`keep ends when ${name} changes`, async (context) => {
      const { host, inputs, publish } = await versionsWorld(context);
      const keep = { ...inputs, onTagMove: "keep" };
      const first = await host().check(keep);
      for (const later of LATER) publish(filesOf(later), later);
      const second = await host().check({ ...keep, ...other }, {}, first.inputs);
      assert.equal(second.inputs["tag"], tag);
    });
  }

  test("a switch that is off is no other question", async (context) => {
    const { host, inputs, publish } = await versionsWorld(context);
    const keep = { ...inputs, onTagMove: "keep" };
    const first = await host().check(keep);
    publish(filesOf("1.3.0"), "1.3.0");
    const second = await host().check({ ...keep, prereleases: false }, {}, first.inputs);
    assert.equal(second.inputs["tag"], "1.2.3");
  });

  test("error refuses another version, and fetches nothing of it", async (context) => {
    const { host, inputs, registry, publish, digests, repository } = await versionsWorld(context);
    const given = { ...inputs, onTagMove: "error" };
    const first = await host().check(given);
    assert.deepEqual((await host().check(given, {}, first.inputs)).inputs, first.inputs);
    const next = publish(filesOf("1.3.0"), "1.3.0");
    registry.clearRequests();
    await assert.rejects(host().check(given, {}, first.inputs), {
      code: "TAG_MOVED",
      message: [
        `cannot use ${repository}:1.3.0: semver "^1.2" now chooses 1.3.0 (${next.digest}), and 1.2.3 (${String(digests["1.2.3"])}) was recorded`,
        'hint: look at what changed; then pin the new digest, or set onTagMove: "update" to follow the range',
      ].join("\n"),
    });
    assert.equal(registry.count({ kind: "blob" }), 0);
    const pinned = { ...given, digest: next.digest };
    assert.deepEqual((await host().check(pinned, {}, first.inputs)).failures, []);
  });

  test("error refuses the same content as another version, and one that was pushed anew", async (context) => {
    const { host, inputs, registry, publish, digests } = await versionsWorld(context);
    const given = { ...inputs, onTagMove: "error" };
    const first = await host().check(given);
    registry.repository("team/app").tag("1.2.4", String(digests["1.2.3"]));
    await assert.rejects(
      host().check(given, {}, first.inputs),
      /now chooses 1\.2\.4 .* and 1\.2\.3/,
    );
    registry.repository("team/app").untag("1.2.4");
    publish(filesOf("1.2.3 once more"), "1.2.3");
    await assert.rejects(
      host().check(given, {}, first.inputs),
      /:1\.2\.3: its tag has moved from /,
    );
  });

  test("error lets go with another range", async (context) => {
    const { host, inputs } = await versionsWorld(context);
    const given = { ...inputs, onTagMove: "error" };
    const first = await host().check(given);
    const second = await host().check({ ...given, semver: "^2" }, {}, first.inputs);
    assert.equal(second.inputs["version"], "2.0.0");
  });
});

describe("what the preview has shown", () => {
  test("is applied, tag and version too, whatever was pushed since", async (context) => {
    const { host, inputs, registry, publish } = await versionsWorld(context, ["v1.2.3_b.1"]);
    const shown = await host().check(inputs, { preview: true });
    publish(filesOf("1.4.0"), "1.4.0");
    registry.clearRequests();
    const { inputs: applied } = await host().check(inputs, { preview: false });
    assert.deepEqual(applied, shown.inputs);
    assert.deepEqual([applied["tag"], applied["version"]], ["v1.2.3_b.1", "1.2.3+b.1"]);
    assert.deepEqual(askedOf(registry), []);
  });

  for (const [name, other, tag] of OTHER_QUESTIONS) {
    test(`is nothing to another ${name}`, async (context) => {
      const { host, inputs, publish } = await versionsWorld(context);
      await host().check(inputs, { preview: true });
      for (const later of LATER) publish(filesOf(later), later);
      const { inputs: applied } = await host().check({ ...inputs, ...other }, { preview: false });
      assert.equal(applied["tag"], tag);
    });
  }
});

describe("what was resolved ahead", () => {
  test("counts with its tag and version: nobody is asked again", async (context) => {
    const { host, inputs, registry, publish } = await versionsWorld(context);
    const early = await host().check(inputs);
    publish(filesOf("1.3.0"), "1.3.0");
    registry.clearRequests();
    const { digest, tag, version } = early.inputs;
    const chosen = { tag: String(tag), version: String(version) };
    const ahead = { fingerprint: fingerprintOf(inputs), digest: String(digest), chosen };
    const { inputs: outputs } = await host().check(inputs, { preview: true, ahead });
    assert.deepEqual(outputs, early.inputs);
    assert.deepEqual(askedOf(registry), []);
  });

  test("a digest of the state keeps its own tag beside it", async (context) => {
    const { host, inputs, digests, registry } = await versionsWorld(context);
    const first = await host().check(inputs);
    const digest = String(digests["1.2.3"]);
    const pinned = { ...inputs, digest };
    const ahead = { fingerprint: fingerprintOf(pinned), digest };
    registry.clearRequests();
    const { inputs: outputs } = await host().check(pinned, { ahead }, first.inputs);
    assert.deepEqual(outputs, first.inputs);
    assert.deepEqual(askedOf(registry), []);
  });
});

test("in a preview with unknown inputs, the version is unknown, and without a range absent", async (context) => {
  const { host } = await versionsWorld(context, []);
  const [ranged, plain] = [{ reference: UNKNOWN, semver: "^1" }, { reference: UNKNOWN }];
  assert.equal((await host().check(ranged, { preview: true })).inputs["version"], UNKNOWN);
  assert.equal("version" in (await host().check(plain, { preview: true })).inputs, false);
});
