/** What the config of a chart tells, and which of its names become files. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseChart } from "../../provider/content/chart";
import { CHART, plan, SHAPES } from "./kind-shapes";

describe("the config of a chart", () => {
  const parse = (text: string) => parseChart(Buffer.from(text));
  test("tells name, version and appVersion, and nothing else", () => {
    const facts = parse('{"name":"web","version":"1.2.3","appVersion":"v7","home":"x"}');
    assert.deepEqual(facts, { name: "web", version: "1.2.3", appVersion: "v7" });
    assert.deepEqual(parse('{"name":"web","version":"1","appVersion":""}'), {
      name: "web",
      version: "1",
    });
  });

  for (const [text, fact] of [
    ["", "it is no valid JSON"],
    ["[]", "it is no JSON object"],
    ["{}", 'it has no "name"'],
    ['{"name":"web"}', 'it has no "version"'],
    ['{"name":7,"version":"1"}', '"name" of it is no string'],
    ['{"name":"web","version":"1","appVersion":7}', '"appVersion" of it is no string'],
    ['{"__proto__":{"name":"web"},"version":"1"}', 'it has no "name"'],
  ] as const) {
    test(`${text || "nothing"}: ${fact}`, () => {
      assert.throws(() => parse(text), { name: "JsonProblem", message: fact });
    });
  }

  for (const name of ["../web", "a/b", "a\\b", "/etc", "a\0"]) {
    test(`${JSON.stringify(name)} never becomes a file name`, () => {
      const told = { ...CHART, chart: { name, version: "1" } };
      assert.throws(() => plan(SHAPES.chart, {}, told), { code: "UNSAFE_ARCHIVE" });
      assert.throws(() => plan(SHAPES.oldChart, { extract: "never" }, told), {
        code: "UNSAFE_ARCHIVE",
      });
      assert.equal(plan(SHAPES.oldChart, {}, told).layers.length, 1);
    });
  }
});
