/**
 * Every verdict of the library that Helm, Flux and Argo CD read ranges with, on versions, their order,
 * ranges, and which versions are in them. No deviation is known, so none is excepted. The table is made by
 * scripts/versions-table.ts.
 */
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { isInRange } from "../../provider/versions/in-range";
import { parseRange } from "../../provider/versions/range";
import { compareVersions, parseVersion, type Version } from "../../provider/versions/version";

interface VersionVerdict {
  readonly text: string;
  /** Absent where the library refuses the text. */
  readonly canonical?: string;
  readonly rank?: number;
}

interface RangeVerdict {
  readonly range: string;
  readonly ok: boolean;
  readonly matches?: readonly string[];
  /** What comes in where prereleases are wanted. */
  readonly prereleases?: readonly string[];
}

interface Table {
  readonly library: string;
  readonly versions: readonly VersionVerdict[];
  readonly ranges: readonly RangeVerdict[];
}

interface Cases {
  readonly versions: readonly string[];
  readonly ranges: readonly string[];
}

const TABLE = dataOf("masterminds.json") as Table;

/** Those that the library takes. */
const VERSIONS = TABLE.versions.flatMap(({ text, rank }) => {
  const version = parseVersion(text);
  return rank === undefined || version === undefined ? [] : [{ text, rank, version }];
});

describe("the table", () => {
  test("answers each case", () => {
    const cases = dataOf("cases.json") as Cases;
    assert.deepEqual(
      TABLE.versions.map(({ text }) => text),
      cases.versions,
    );
    assert.deepEqual(
      TABLE.ranges.map(({ range }) => range),
      cases.ranges,
    );
    assert.ok(cases.ranges.length > 400);
  });

  test("comes from the library that is pinned", () => {
    const pins = readFileSync("test/toolchain/masterminds/go.mod", "utf8");
    assert.ok(pins.includes(`require ${TABLE.library}\n`), TABLE.library);
  });
});

describe("versions", () => {
  for (const { text, canonical } of TABLE.versions) {
    test(`${JSON.stringify(text)} is ${canonical ?? "none"}`, () => {
      const version = parseVersion(text);
      assert.equal(version && canonicalOf(version), canonical);
    });
  }

  test("come in the same order, each pair of them", () => {
    for (const one of VERSIONS) {
      for (const other of VERSIONS) {
        assert.equal(
          Math.sign(compareVersions(one.version, other.version)),
          Math.sign(one.rank - other.rank),
          `${one.text} and ${other.text}`,
        );
      }
    }
  });
});

describe("ranges", () => {
  for (const verdict of TABLE.ranges) {
    test(`${JSON.stringify(verdict.range)}${verdict.ok ? "" : " is refused"}`, () => {
      const parsed = parseRange(verdict.range);
      assert.equal(parsed.ok, verdict.ok);
      if (!parsed.ok) return;
      const { matches = [], prereleases = [] } = verdict;
      const found = (options: { prereleases: boolean }): readonly string[] =>
        VERSIONS.filter(({ version }) => isInRange(version, parsed.range, options)).map(
          ({ text }) => text,
        );
      const all = new Set([...matches, ...prereleases]);
      assert.deepEqual(found({ prereleases: false }), matches);
      assert.deepEqual(
        found({ prereleases: true }),
        VERSIONS.flatMap(({ text }) => (all.has(text) ? [text] : [])),
      );
    });
  }
});

function canonicalOf({ numbers, prerelease, build }: Version): string {
  const suffix = prerelease.length === 0 ? "" : `-${prerelease.join(".")}`;
  return `${numbers.join(".")}${suffix}${build === "" ? "" : `+${build}`}`;
}

function dataOf(name: string): unknown {
  return JSON.parse(readFileSync(join("test/data/versions", name), "utf8"));
}
