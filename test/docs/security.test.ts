/**
 * docs/security.md names every kind of hostile content and every advisory that there is a test for, and
 * none that there is no test for; and what else it and SECURITY.md say can be found.
 */
import * as assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { advisories } from "../../scripts/advisories";
import { REPOSITORY } from "../support/repository";

const PAGE = readFileSync(join(REPOSITORY, "docs/security.md"), "utf8");
const POLICY = readFileSync(join(REPOSITORY, "SECURITY.md"), "utf8");

const linked = (folder: string): readonly string[] =>
  [...PAGE.matchAll(/\]\(\.\.\/test\/(\w+)\/([^)]+)\)/g)]
    .filter(([, room]) => room === folder)
    .map(([, , file]) => file ?? "");

const testsIn = (folder: string): readonly string[] =>
  readdirSync(join(REPOSITORY, "test", folder))
    .filter((name) => name.endsWith(".test.ts"))
    .sort();

test("every test of lies is in the table of hostile content", () => {
  assert.deepEqual([...new Set(linked("lies"))].sort(), testsIn("lies"));
});

describe("an advisory", () => {
  const all = advisories();

  test("has a row of its own", () => {
    assert.deepEqual([...linked("advisories")].sort(), testsIn("advisories"));
  });

  test("has a test whose name it is, or the first of the names", () => {
    for (const { file, ids } of all) {
      const name = (ids[0] ?? "").toLowerCase().replace(/ (issue|pull request) /, "-");
      assert.equal(file, `${name.replace(/[ /]?#|\//g, "-").replace(/ /g, "")}.test.ts`);
    }
  });

  test("is not named without a test", () => {
    const named = `${PAGE}\n${POLICY}`.match(/\b(?:CVE-\d{4}-\d+|GHSA(?:-[0-9a-z]{4}){3})\b/g);
    const tested = new Set(all.flatMap(({ ids }) => ids));
    for (const id of named ?? []) assert.ok(tested.has(id), id);
    assert.ok(new Set(named).size >= 45);
  });

  test("asserts something", () => {
    for (const { file } of all) {
      const source = readFileSync(join(REPOSITORY, "test/advisories", file), "utf8");
      assert.match(source, /\b(assertFailed|assertPulled|refuses|keeps|assert\.\w+)\(/, file);
    }
  });
});

test("the files that the page names in words are there", () => {
  const named = [...PAGE.matchAll(/`(test\/[\w/.-]+)`/g)].map(([, path]) => path ?? "");
  assert.ok(named.length >= 4);
  for (const path of named) assert.ok(readdirSync(join(REPOSITORY, path, "..")).length > 0, path);
});

test("there are nine promises, and the policy sends to them", () => {
  const section = /## What is promised\n\n([^]*?)\n\n## /.exec(PAGE)?.[1] ?? "";
  assert.deepEqual(section.match(/^\d+(?=\.)/gm), "123456789".split(""));
  assert.match(POLICY, /nine promises\]\(docs\/security\.md#what-is-promised\)/);
});

test("nobody is told to write to an address that nobody has", () => {
  assert.doesNotMatch(`${PAGE}\n${POLICY}`, /mailto:|\S@\S+\.\w+/);
});
