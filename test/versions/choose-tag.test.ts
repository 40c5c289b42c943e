/** Which tag a range takes, and what is told where it takes none. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chooseTag, fittingTags, type NoTag } from "../../provider/versions/choose-tag";
import { type ChosenTag, readChosenTag } from "../../provider/versions/chosen-tag";
import type { VersionOptions } from "../../provider/versions/wanted-version";
import { wantedOf } from "./wanted";

function choose(tags: readonly string[], options: VersionOptions): ChosenTag | NoTag {
  return chooseTag(tags, wantedOf(options));
}

describe("the highest version in the range", () => {
  test("by its numbers, and not by its letters or the order of the list", () => {
    const tags = ["1.9.0", "1.10.0", "latest", "2.0.0", "sha256-0a1b.sig", "1.2.0"];
    assert.deepEqual(choose(tags, { semver: "^1" }), { tag: "1.10.0", version: "1.10.0" });
    assert.deepEqual(choose(tags, { semver: "*" }), { tag: "2.0.0", version: "2.0.0" });
  });

  test("the tag is as the registry has it, the version without v and with +", () => {
    const tags = ["v1.2.2", "v1.2.3-rc.1_build.7"];
    assert.deepEqual(choose(tags, { semver: ">=1.2.3-0" }), {
      tag: "v1.2.3-rc.1_build.7",
      version: "1.2.3-rc.1+build.7",
    });
  });

  test("prereleases count where the range names one, or where they are wanted", () => {
    const tags = ["1.0.0", "1.1.0-rc.1", "1.1.0-rc.2"];
    assert.deepEqual(choose(tags, { semver: "^1" }), { tag: "1.0.0", version: "1.0.0" });
    for (const options of [{ semver: "^1.0-0" }, { semver: "^1", prereleases: true }]) {
      assert.deepEqual(choose(tags, options), { tag: "1.1.0-rc.2", version: "1.1.0-rc.2" });
    }
  });

  test("behind the prefix, which other tags do not have", () => {
    const tags = ["app-1.2.0", "app-v1.3.0", "lib-2.0.0", "3.0.0"];
    const options = { semver: "*", tagPrefix: "app-" };
    assert.deepEqual(choose(tags, options), { tag: "app-v1.3.0", version: "1.3.0" });
  });

  test("the filter sees the whole tag, and finds a match anywhere in it", () => {
    const tags = ["app-1.2.0-debian", "app-1.3.0-alpine", "app-1.1.0-alpine"];
    const options = { semver: "*-0", tagPrefix: "app-" };
    assert.deepEqual(choose(tags, { ...options, semverFilter: "pp-.*-debian$" }), {
      tag: "app-1.2.0-debian",
      version: "1.2.0-debian",
    });
  });

  test("a filter keeps a date from being the highest version", () => {
    const tags = ["1.2.0", "20240115", "1.3.0"];
    assert.deepEqual(choose(tags, { semver: ">=1" }), { tag: "20240115", version: "20240115" });
    assert.deepEqual(choose(tags, { semver: ">=1", semverFilter: String.raw`^\d+\.\d+\.\d+` }), {
      tag: "1.3.0",
      version: "1.3.0",
    });
  });
});

describe("of tags that are the same version", () => {
  /** Each before the next. */
  const order = [
    "1.2.0",
    "01.2.0",
    "v1.2.0",
    "1.2",
    "v1.2",
    "1.2.0_build.11",
    "v1.2.0_build.11",
    "1.2.0_build.2",
    "1.2.0_2",
    "1.2.0_1",
  ];

  for (const [index, first] of order.entries()) {
    test(`${first} is taken before those that follow, however they are listed`, () => {
      const tags = ["1.1.0", ...order.slice(index)];
      const rotations = tags.map((_, by) => [...tags.slice(by), ...tags.slice(0, by)]);
      for (const listed of [...rotations, [...tags].reverse()]) {
        const choice = choose(listed, { semver: ">=1.2.0, <1.3" });
        assert.equal("none" in choice ? undefined : choice.tag, first);
      }
    });
  }
});

describe("a tag that is called like the range", () => {
  test("wins over a higher version in it", () => {
    const tags = ["1.2", "1.2.9", "1.x", "1.9.0", "1.0.0_b.1", "1.0.0"];
    assert.deepEqual(choose(tags, { semver: "1.2" }), { tag: "1.2", version: "1.2" });
    assert.deepEqual(choose(tags, { semver: "1.x" }), { tag: "1.x" });
    assert.deepEqual(choose(tags, { semver: " 1.0.0+b.1 " }), {
      tag: "1.0.0_b.1",
      version: "1.0.0+b.1",
    });
    assert.deepEqual(choose(tags, { semver: "1.x.x" }), { tag: "1.9.0", version: "1.9.0" });
  });

  test("has the prefix, too", () => {
    const tags = ["1.2", "app-1.2", "app-1.2.9"];
    const options = { semver: "1.2", tagPrefix: "app-" };
    assert.deepEqual(choose(tags, options), { tag: "app-1.2", version: "1.2" });
  });

  test("does not win where the filter keeps it out", () => {
    const options = { semver: "1.2", semverFilter: String.raw`^\d+\.\d+\.\d+$` };
    assert.deepEqual(choose(["1.2", "1.2.9"], options), { tag: "1.2.9", version: "1.2.9" });
  });
});

describe("no tag in the range", () => {
  test("each tag is counted where it fell first", () => {
    const tags = [
      ...["other-1.2.0", "latest"],
      ...["app-1.2.0-alpine", "app-nightly-alpine"],
      ...["app-main", "app-1.2.3.4", "app-"],
      ...["app-2.1.0-rc.1", "app-2.2.0-rc.1"],
      ...["app-1.0.0", "app-1.9.0", "app-3.0.0", "app-3.0.0-rc.1"],
    ];
    const options = { semver: "^2", tagPrefix: "app-", semverFilter: "[^e]$" };
    assert.deepEqual(choose(tags, options), {
      none: { total: 13, tagPrefix: 2, semverFilter: 2, version: 3, prerelease: 2, range: 4 },
      nearest: ["app-3.0.0", "app-3.0.0-rc.1", "app-2.2.0-rc.1", "app-2.1.0-rc.1", "app-1.9.0"],
    });
  });

  test("nearest are those next to what the range names, on both sides", () => {
    const tags = ["1.0.0", "1.1.0", "1.2.0", "1.4.0", "1.5.0", "1.6.0", "2.0.0"];
    const nearest = (semver: string): readonly string[] => {
      const choice = choose(tags, { semver });
      return "none" in choice ? choice.nearest : assert.fail("a tag was chosen");
    };
    assert.deepEqual(nearest("~1.3"), ["1.6.0", "1.5.0", "1.4.0", "1.2.0", "1.1.0"]);
    assert.deepEqual(nearest("^7"), ["2.0.0", "1.6.0", "1.5.0", "1.4.0", "1.2.0"]);
    assert.deepEqual(nearest("<0.5"), ["1.5.0", "1.4.0", "1.2.0", "1.1.0", "1.0.0"]);
    assert.deepEqual(nearest("=1.1.5 || =1.9"), ["2.0.0", "1.6.0", "1.5.0", "1.2.0", "1.1.0"]);
  });

  test("without tags, all counts are zero", () => {
    assert.deepEqual(choose([], { semver: "*" }), {
      none: { total: 0, tagPrefix: 0, semverFilter: 0, version: 0, prerelease: 0, range: 0 },
      nearest: [],
    });
  });
});

test("all that fit a range, first the one that is taken, each once", () => {
  const tags = ["1.x", "1.0.0", "latest", "v1.3.0", "2.0.0", "1.3.0-rc.1"];
  const fitting = (semver: string): readonly string[] =>
    fittingTags(tags, wantedOf({ semver })).map(({ tag }) => tag);
  assert.deepEqual(fitting("^1"), ["v1.3.0", "1.0.0"]);
  assert.deepEqual(fitting("1.x"), ["1.x", "v1.3.0", "1.0.0"]);
  assert.deepEqual(fitting("2.0.0"), ["2.0.0"]);
  assert.deepEqual(fitting("^3"), []);
});

test("a chosen tag is read back, and nothing else is taken for one", () => {
  const whole = { tag: "v1.2.3_b", version: "1.2.3+b" };
  assert.deepEqual(readChosenTag({ ...whole, digest: "x" }), whole);
  assert.deepEqual(readChosenTag({ tag: "1.x", version: 1 }), { tag: "1.x" });
  for (const value of [undefined, null, "1.x", {}, { tag: 1 }, { tag: "" }, { tag: "a/b" }]) {
    assert.equal(readChosenTag(value), undefined);
  }
});
