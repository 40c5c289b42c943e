/** The one rule for names, on every platform. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { pathComponents, pathProblem } from "../../provider/content/path-rules";

test("legal names", () => {
  for (const name of [
    "a",
    "a..b",
    "..a",
    "a..",
    "...",
    "./a",
    "a//b/",
    "con/aux.txt",
    "ab:c.",
    "ab:c",
  ]) {
    assert.equal(pathProblem(name, "linux"), undefined, name);
  }
});

test("names that Windows reads as others fail there", () => {
  for (const name of [
    "con",
    "d/AUX.txt",
    "nul.",
    "com1",
    "LPT9.log",
    "a.",
    "a ",
    "d. /x",
    "ab:c",
  ]) {
    assert.notEqual(pathProblem(name, "win32"), undefined, name);
  }
  for (const name of ["console", "comma", "com10", "a.b", ".x", "./x"]) {
    assert.equal(pathProblem(name, "win32"), undefined, name);
  }
});

test("components", () => {
  assert.deepEqual(pathComponents("./a//b/./c/"), ["a", "b", "c"]);
  assert.deepEqual(pathComponents("./"), []);
});
