/** Texts of files with credentials: what counts of them, and which are none. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciError } from "../../../provider/errors";
import { parseAuthFile } from "../../../provider/settings/auth-files/parse";

const FILE = "/home/x/.docker/config.json";

function refusal(work: () => unknown): OciError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof OciError);
    assert.equal(error.code, "CONFIG");
    assert.equal(error.subject, FILE);
    return error;
  }
  return assert.fail("nothing was refused");
}

describe("texts that are no config.json", () => {
  for (const [text, fact] of [
    ["", /^it is not valid JSON$/],
    ['{"auths": {},}', /^it is not valid JSON$/],
    ['{"auths": {"a.example": {"auth": "c2VjcmV0OnNlY3JldA=="} "x"', /^it is not valid JSON$/],
    ["[]", /^it is not a JSON object$/],
    ["null", /^it is not a JSON object$/],
    ['{"auths": []}', /^auths is not an object$/],
    ['{"credHelpers": "one"}', /^credHelpers is not an object$/],
  ] as const) {
    test(`refuses ${text}, and does not quote it`, () => {
      const error = refusal(() => parseAuthFile(text, FILE));
      assert.match(error.fact, fact);
      assert.doesNotMatch(error.message, /c2Vj/);
    });
  }
});

test("null fields are absent, and unknown ones do not count", () => {
  const document = { auths: null, credHelpers: null, credsStore: null, proxies: 1 };
  const file = parseAuthFile(JSON.stringify(document), FILE);
  assert.deepEqual(
    [file.auths.size, file.credentialHelpers.size, file.credentialStore],
    [0, 0, null],
  );
});

test("names of fields count without regard to case, and of two the last one", () => {
  const file = parseAuthFile('{"auths": {"b.example": {}}, "AUTHS": {"a.example": {}}}', FILE);
  assert.deepEqual([...file.auths.keys()], ["a.example"]);
});

test("a host may have any name", () => {
  const file = parseAuthFile('{"auths": {"__proto__": {"auth": "dTpw"}}}', FILE);
  assert.deepEqual([...file.auths.keys()], ["__proto__"]);
});
