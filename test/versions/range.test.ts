/** What parsing a range gives, and what is said of one that is wrong: the part, and how to write it. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseRange } from "../../provider/versions/range";

const FORM =
  'write versions with =, !=, >, >=, <, <=, ~ or ^: "^1.2", "~1.2.3", ">=1.2, <2", "1.2 - 1.4", "1.x || 2.x", "*"';

test("groups of constraints, and the text without white space around it", () => {
  const parsed = parseRange("\t=>1.2, < 2 || ~>3.x \n");
  assert.ok(parsed.ok);
  const { text, groups } = parsed.range;
  assert.equal(text, "=>1.2, < 2 || ~>3.x");
  assert.deepEqual(
    groups.map((group) =>
      group.map(({ operator, given, base }) => [operator, given, base.numbers.join(".")]),
    ),
    [
      [
        [">=", 2, "1.2.0"],
        ["<", 1, "2.0.0"],
      ],
      [["~", 1, "3.0.0"]],
    ],
  );
});

describe("what is wrong is named", () => {
  const wrong: Readonly<Record<string, readonly [fact: string, hint: string]>> = {
    "": ["it is empty", 'write "*" for any version'],
    " ": ["it is empty", 'write "*" for any version'],
    latest: ['"latest" in it is no constraint', FORM],
    "^1, stable, <2": ['"stable" in it is no constraint', FORM],
    "1.2.3.4": ['"1.2.3.4" in it is no constraint', FORM],
    "^1 || 2.0.0-01": ['"2.0.0-01" in it is no constraint', FORM],
    ">1<2": ['">1<2" in it is no constraint', FORM],
    "^1 ||": ['beside "||" in it stands nothing', FORM],
    "^1,,2": ['beside "," in it stands nothing', FORM],
    "^1,": ['beside "," in it stands nothing', FORM],
    "1 2 - 3": [
      'in it, a range with "-" stands where a version has to',
      'write such a range alone, or behind a comma: "!=1.3.0, 1.2 - 1.4"',
    ],
    ["1".repeat(513)]: ["it has 513 characters, more than 512", "use a shorter range"],
    [Array<string>(33).fill("1").join("||")]: [
      "it has 33 alternatives, more than 32",
      "use fewer of them",
    ],
    ["1".repeat(257)]: [`"${"1".repeat(257)}" in it is no constraint`, FORM],
  };
  for (const [text, [fact, hint]] of Object.entries(wrong)) {
    test(JSON.stringify(text.length < 50 ? text : `${text.slice(0, 20)}…`), () => {
      assert.deepEqual(parseRange(text), { ok: false, problem: { fact, hint } });
    });
  }
});

test("32 alternatives and 512 characters are read", () => {
  assert.ok(parseRange(Array<string>(32).fill("1").join("||")).ok);
  assert.ok(parseRange("^1".padEnd(512)).ok);
});

test("a long text that is almost a range is refused without trying each way to split it", () => {
  for (const text of [`${"1  ".repeat(170)}!`, `${"1".repeat(250)}-${"1.".repeat(130)}`]) {
    assert.equal(parseRange(text).ok, false);
  }
});
