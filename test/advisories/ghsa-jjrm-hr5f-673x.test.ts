/**
 * GHSA-jjrm-hr5f-673x: names of objects became paths, and led to files of others. What a registry
 * names is a title or an entry, which the guard reads; what the user names is a reference, whose
 * grammar has no such thing.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseReference } from "../../provider/reference/parse";
import { treeKey } from "../../provider/tree-key";
import { refuses, titled } from "../lies/hostile";

const NAMES = ["..", "../app", "app/../..", "/app", "////app", "C:/app", "..\\app", "a\0b"];

describe("a title", () => {
  for (const name of NAMES) {
    refuses({ [JSON.stringify(name)]: ["UNSAFE_ARCHIVE", /title/, titled(name)] });
  }
  refuses({
    "of the tree itself": ["UNSAFE_ARCHIVE", /title|tree itself/, titled("./")],
    "of another file": [
      "BAD_ARCHIVE",
      /layers 0 and 1 both are the file "app"/,
      titled("app", "first"),
      titled("app", "second"),
    ],
  });
});

describe("a reference", () => {
  for (const name of [...NAMES, "a/../b", "a/..", "a/.", "a/%2e%2e", "a//b/../..", "a:../b"]) {
    test(`${JSON.stringify(name)} is refused`, () => {
      assert.throws(() => parseReference(`registry.example/team/${name}`), {
        code: "INVALID_REFERENCE",
      });
    });
  }

  test("of many parts names one folder, whatever they are", () => {
    const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
    for (const segment of ["app", "a..b", "a".repeat(300)]) {
      assert.match(treeKey(segment, digest).name, /^[a-z.]{1,100}-0123456789abcdef$/);
    }
  });
});
