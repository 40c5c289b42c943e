/** Globs that can match nothing are told before anything is asked for. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { globProblem } from "../../provider/content/globs";

test("globs that cannot match are told apart", () => {
  for (const glob of ["/a", "../a", "a/../b", ".", "./"]) {
    assert.notEqual(globProblem(glob), undefined, glob);
  }
  for (const glob of ["a", "./a", "**", "a..b", "{a,b}/*.yaml", "[!a]"]) {
    assert.equal(globProblem(glob), undefined, glob);
  }
});
