/** The inputs of a range: what they ask for, and all that is wrong with them at once. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseWantedVersion, type VersionOptions } from "../../provider/versions/wanted-version";
import { wantedOf } from "./wanted";

function problemsOf(options: VersionOptions): readonly string[] {
  const parsed = parseWantedVersion(options);
  if (parsed === undefined || parsed.ok) return [];
  return parsed.problems.map(({ name, fact, hint }) => `${name}: ${fact}\n${hint}`);
}

test("without any of them nothing is asked for", () => {
  for (const options of [{}, { semver: undefined }, { prereleases: false }]) {
    assert.equal(parseWantedVersion(options), undefined);
  }
});

test("a range alone: no prefix, no filter, no prereleases", () => {
  const { range, ...rest } = wantedOf({ semver: "^1.2" });
  assert.equal(range.text, "^1.2");
  assert.deepEqual(rest, { tagPrefix: "", prereleases: false });
});

test("all of them", () => {
  const options = { semver: "^1.2", tagPrefix: "app-", semverFilter: "-a$", prereleases: true };
  const { tagPrefix, filter, prereleases } = wantedOf(options);
  assert.deepEqual([tagPrefix, filter?.pattern, prereleases], ["app-", "-a$", true]);
  assert.deepEqual([filter?.test("1-a"), filter?.test("1-a.b")], [true, false]);
});

describe("what is wrong", () => {
  test("all of it, each by its name", () => {
    const options = { semver: "latest", tagPrefix: "app/", semverFilter: "(" };
    assert.deepEqual(
      problemsOf(options).map((problem) => problem.split("\n")[0]),
      [
        'semver: "latest" in it is no constraint',
        'tagPrefix: it contains "/", which no tag does',
        "semverFilter: it is no regular expression: missing closing ): `(`",
      ],
    );
  });

  test("a filter that is not of RE2", () => {
    const [problem] = problemsOf({ semver: "*", semverFilter: "^(?!sha)" });
    assert.match(
      problem ?? "",
      /^semverFilter: it is no regular expression: .*\n.*RE2.*look-around/,
    );
  });

  test("a prefix that no tag can have", () => {
    const hint = 'give what stands before the version in the tags, for example "app-" of app-1.2.3';
    assert.deepEqual(problemsOf({ semver: "*", tagPrefix: "-" }), [
      `tagPrefix: no tag begins with "-"\n${hint}`,
    ]);
    assert.deepEqual(problemsOf({ semver: "*", tagPrefix: "a+" }), [
      `tagPrefix: it contains "+", which no tag does\n${hint}`,
    ]);
  });

  test("what only says how a range is meant, without a range", () => {
    const fact = "it says which tags a range is for, and there is none";
    const hint = 'give semver, for example "^1.2", or leave this out';
    assert.deepEqual(
      problemsOf({ tagPrefix: "app-", semverFilter: "x", prereleases: true }),
      ["tagPrefix", "semverFilter", "prereleases"].map((name) => `${name}: ${fact}\n${hint}`),
    );
  });
});
