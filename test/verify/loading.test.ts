/** Whoever verifies nothing pays nothing: the doors of this room load files of ours, and no library. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { importsOf, loadedBy, sourceFiles } from "../docs/imports";

/** What other rooms call. */
const DOORS = [
  ...["verify", "policy", "parse-policy", "signatures", "find-candidates"],
  ...["claimed-identities", "evidence", "trust"],
];

describe("loading", () => {
  for (const door of DOORS) {
    test(`${door} loads no package`, () => {
      const loaded = [...loadedBy(`provider/verify/${door}.ts`)];
      assert.deepEqual(
        loaded.filter((name) => !/\.ts$|^node:/.test(name)),
        [],
      );
      assert.ok(!loaded.includes("provider/verify/check-candidate.ts"));
    });
  }

  test("TUF is loaded in one place, and late", () => {
    const imports = sourceFiles("provider", "sdk", "cli").flatMap(importsOf);
    const found = imports.filter(({ to, isType }) => to === "@sigstore/tuf" && !isType);
    assert.deepEqual(
      found.map(({ from, isEager }) => `${from} ${isEager ? "eager" : "late"}`),
      ["provider/verify/tuf.ts late"],
    );
  });
});
