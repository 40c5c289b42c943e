/** Digests: their grammar, and what a hash of bytes gives. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  algorithmOf,
  DigestCheck,
  digestOf,
  digestProblem,
  hexOf,
  isDigest,
} from "../provider/digest";

/** Of the empty text; both are printed in the standard's examples. */
const EMPTY_256 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const EMPTY_512 =
  "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";

test("bytes have the digest that the standard says", () => {
  assert.equal(digestOf(""), EMPTY_256);
  assert.equal(digestOf(Buffer.alloc(0), "sha512"), EMPTY_512);
});

describe("grammar", () => {
  test("what is one", () => {
    for (const digest of [EMPTY_256, EMPTY_512]) {
      assert.equal(digestProblem(digest), undefined);
      assert.equal(isDigest(digest), true);
      assert.equal(`${algorithmOf(digest)}:${hexOf(digest)}`, digest);
    }
  });

  const cases: readonly [string, RegExp][] = [
    ["", /has the form sha256:/],
    [hexOf(EMPTY_256), /has the form/],
    ["sha256:", /64 lower-case hex digits/],
    [EMPTY_256.toUpperCase(), /algorithm "SHA256" is not supported/],
    [EMPTY_256.replace("e3b0", "E3B0"), /lower-case/],
    [EMPTY_256.slice(0, -1), /64/],
    [`${EMPTY_256}0`, /64/],
    [`${EMPTY_256}\n`, /64/],
    [EMPTY_256.replace("sha256", "sha512"), /128/],
    ["md5:d41d8cd98f00b204e9800998ecf8427e", /"md5" is not supported; sha256 and sha512 are/],
    [`sha256:../../${"a".repeat(58)}`, /hex digits/],
  ];
  for (const [text, problem] of cases) {
    test(JSON.stringify(text), () => {
      assert.match(digestProblem(text) ?? "", problem);
      assert.equal(isDigest(text), false);
    });
  }
});

test("a check counts and hashes what flows by", () => {
  for (const algorithm of ["sha256", "sha512"] as const) {
    const wanted = digestOf("hello world", algorithm);
    const check = new DigestCheck(wanted);
    check.update(Buffer.from("hello "));
    check.update(Buffer.from("world"));
    assert.equal(check.bytes, 11);
    assert.equal(check.actual(), wanted);
  }
});
