/** Tags as versions: the prefix, the "v", and "_" for the "+" that a tag cannot hold. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { parseVersionTag } from "../../provider/versions/version-tag";

test("the tag is kept, the text is the version that it writes", () => {
  const cases: Readonly<Record<string, string | undefined>> = {
    "1.2.3": "1.2.3",
    "v1.2.3": "1.2.3",
    v1: "1",
    "1.2": "1.2",
    "01.2.3": "01.2.3",
    "v1.2.3-rc.1_build.5": "1.2.3-rc.1+build.5",
    "1.2.3-a_b_c": undefined,
    latest: undefined,
    "sha256-0a1b.sig": undefined,
    "1.2.3.4": undefined,
    "V1.2.3": undefined,
  };
  for (const [tag, text] of Object.entries(cases)) {
    const parsed = parseVersionTag(tag);
    assert.deepEqual([parsed?.tag, parsed?.text], [text && tag, text]);
  }
});

test("a prefix is taken as it stands, and needed", () => {
  assert.equal(parseVersionTag("a_b-v1.2.3_c", { tagPrefix: "a_b-" })?.text, "1.2.3+c");
  assert.equal(parseVersionTag("v1.2.3", { tagPrefix: "v" })?.text, "1.2.3");
  assert.equal(parseVersionTag("1.2.3", { tagPrefix: "v" }), undefined);
  assert.equal(parseVersionTag("app-", { tagPrefix: "app-" }), undefined);
});
