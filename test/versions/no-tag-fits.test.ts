/** The error where no tag fits: the whole text, and the one change that the hint names. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { OciError } from "../../provider/errors";
import { chooseTag } from "../../provider/versions/choose-tag";
import { noTagFits } from "../../provider/versions/no-tag-fits";
import type { VersionOptions } from "../../provider/versions/wanted-version";
import { wantedOf } from "./wanted";

const REPOSITORY = "ghcr.io/team/app";

function errorOf(tags: readonly string[], options: VersionOptions): OciError {
  const wanted = wantedOf(options);
  const choice = chooseTag(tags, wanted);
  assert.ok("none" in choice);
  return noTagFits(REPOSITORY, tags, wanted, choice);
}

test("how many tags fell where, and the nearest", () => {
  const tags = [
    ...["latest", "main"],
    ...["app-1.0.0-alpine", "app-1.1.0-alpine"],
    ...["app-edge", "app-nightly"],
    ...["app-2.1.0-rc.1", "app-2.1.0-rc.2"],
    ...["app-1.0.0", "app-1.1.0"],
  ];
  const options = { semver: "^2", tagPrefix: "app-", semverFilter: "[^e]$|edge" };
  const error = errorOf(tags, options);
  assert.equal(error.code, "NOT_FOUND");
  assert.equal(
    error.message,
    `cannot choose a tag of ghcr.io/team/app: none of its 10 tags fits semver "^2"
  2 do not begin with tagPrefix "app-"
  2 do not match semverFilter "[^e]$|edge"
  2 are no versions
  2 are prereleases in the range
  2 are out of the range
  nearest: app-2.1.0-rc.2, app-2.1.0-rc.1, app-1.1.0, app-1.0.0
hint: set prereleases: true, which gives app-2.1.0-rc.2`,
  );
});

test("one of each", () => {
  const tags = ["latest", "app-1.0.0-alpine", "app-edge", "app-2.1.0-rc.1", "app-1.0.0"];
  const error = errorOf(tags, { semver: "^2", tagPrefix: "app-", semverFilter: "[^e]$|edge" });
  assert.deepEqual(error.details, [
    '1 does not begin with tagPrefix "app-"',
    '1 does not match semverFilter "[^e]$|edge"',
    "1 is no version",
    "1 is a prerelease in the range",
    "1 is out of the range",
    "nearest: app-2.1.0-rc.1, app-1.0.0",
  ]);
});

test("a repository with one tag, and one with none", () => {
  assert.equal(
    errorOf(["1.0.0"], { semver: "^2" }).message,
    `cannot choose a tag of ghcr.io/team/app: its only tag does not fit semver "^2"
  1 is out of the range
  nearest: 1.0.0
hint: widen semver so that it takes one of the nearest`,
  );
  assert.equal(
    errorOf([], { semver: "^2" }).message,
    `cannot choose a tag of ghcr.io/team/app: it has no tags
hint: check the name of the repository, or push the artifact`,
  );
});

describe("the hint names the change that finds a tag", () => {
  const hintOf = (tags: readonly string[], options: VersionOptions): string | undefined =>
    errorOf(tags, options).hint;

  test("prereleases, before all else", () => {
    const tags = ["2.1.0-rc.1", "2.0.0-x", "app-2.0.0", "1.0.0"];
    assert.equal(
      hintOf(tags, { semver: "^2", semverFilter: "[^x]$" }),
      "set prereleases: true, which gives 2.1.0-rc.1",
    );
  });

  test("the range, where a prerelease comes before the version in it", () => {
    const tags = ["2.0.0-rc.1", "2.0.0-rc.2", "1.0.0"];
    assert.equal(
      hintOf(tags, { semver: "^2", prereleases: true }),
      'write semver as "^2-0", which also takes prereleases of its lowest version, here 2.0.0-rc.2',
    );
    assert.equal(
      hintOf(tags, { semver: ">=2.0.0 <3" }),
      'write semver as ">=2.0.0-0 <3", which also takes prereleases of its lowest version, here 2.0.0-rc.2',
    );
  });

  test("the filter that keeps out what fits", () => {
    assert.equal(
      hintOf(["v2.0.0", "1.0.0", "latest"], { semver: "^2", semverFilter: "^[0-9]" }),
      "correct semverFilter, which keeps out v2.0.0",
    );
  });

  test("a prefix that is missing, however many other tags there are", () => {
    const tags = ["latest", "main", "3", "web-1.0.0", "web-1.1.0", "app-v2.1.0", "app-2.0.0"];
    assert.equal(hintOf(tags, { semver: "^2" }), 'set tagPrefix: "app-", which gives app-v2.1.0');
  });

  test("a prefix that is not needed, or another one", () => {
    assert.equal(
      hintOf(["2.0.0", "app-1.0.0"], { semver: "^2", tagPrefix: "app-" }),
      "leave out tagPrefix, which keeps out 2.0.0",
    );
    assert.equal(
      hintOf(["chart-2.0.0", "1.0.0"], { semver: "^2", tagPrefix: "app-" }),
      'set tagPrefix: "chart-", which gives chart-2.0.0',
    );
  });

  test("the range, where only that is left", () => {
    assert.equal(
      hintOf(["latest", "main", "1.0.0", "1.1.0"], { semver: "^2" }),
      "widen semver so that it takes one of the nearest",
    );
  });

  test("no versions at all", () => {
    assert.equal(
      hintOf(["a", "b", "c", "d", "e", "f", "g"], { semver: "^2" }),
      "name the tag in the reference, without semver; there are a, b, c, d, e and 2 more",
    );
    assert.equal(
      hintOf(["web-1.0.0", "app-1.0.0", "app-1.1.0"], { semver: "^2" }),
      'set tagPrefix: "app-" if these are meant, or name the tag in the reference, without semver; there are web-1.0.0, app-1.0.0, app-1.1.0',
    );
    assert.equal(
      hintOf(["app-1.0.0.0"], { semver: "^2", tagPrefix: "app-" }),
      "name the tag in the reference, without semver; there are app-1.0.0.0",
    );
  });
});
