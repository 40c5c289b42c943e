/** What one entry of a file says: pairs, tokens, and what is refused. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciError } from "../../../provider/errors";
import { readEntry, type Secrets } from "../../../provider/settings/auth-files/entry";

const FILE = "/home/x/.docker/config.json";

function entry(value: unknown): Secrets | undefined {
  return readEntry(value, FILE, 'auths["a.example"]');
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

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

describe("entries", () => {
  test("auth is split at its first colon", () => {
    assert.deepEqual(entry({ auth: base64("u:p:q") }), { username: "u", password: "p:q" });
    assert.deepEqual(entry({ auth: base64("ü:pä€") }), { username: "ü", password: "pä€" });
    assert.deepEqual(entry({ auth: base64("u:") }), { username: "u", password: "" });
  });

  test("NULs around the password are cut, and line breaks in base64 do not count", () => {
    assert.deepEqual(entry({ auth: base64("u:p\u0000\u0000") }), { username: "u", password: "p" });
    assert.deepEqual(entry({ auth: "dTpw\r\ndzE=" }), { username: "u", password: "pw1" });
  });

  test("a pair without a colon is none", () => {
    assert.equal(entry({ auth: base64("nocolon") }), undefined);
  });

  test("fields for user and password count, and auth beats them", () => {
    const fields = { username: "u", password: "p" };
    assert.deepEqual(entry(fields), fields);
    assert.deepEqual(entry({ ...fields, auth: base64("x:y") }), { username: "x", password: "y" });
  });

  test("tokens count, with a pair and alone", () => {
    assert.deepEqual(entry({ identitytoken: "refresh" }), { identityToken: "refresh" });
    assert.deepEqual(entry({ registrytoken: "bearer" }), { registryToken: "bearer" });
    assert.deepEqual(entry({ auth: base64("u:p"), identitytoken: "refresh" }), {
      username: "u",
      password: "p",
      identityToken: "refresh",
    });
  });

  test("nothing in it is nothing", () => {
    assert.equal(entry({}), undefined);
    assert.equal(entry({ auth: "", email: "x@example.com" }), undefined);
    assert.equal(entry(null), undefined);
  });

  test("names count without regard to case, and the last one holds", () => {
    assert.deepEqual(entry({ auth: base64("u:p"), Auth: base64("x:y") }), {
      username: "x",
      password: "y",
    });
  });

  for (const [what, value, fact] of [
    ["unpadded base64", { auth: "dTpwcA" }, /^auth of auths\["a\.example"\] is not valid base64$/],
    ["no base64", { auth: "%%%%" }, /is not valid base64$/],
    ["padding inside", { auth: "dT==dTpw" }, /is not valid base64$/],
    ["a number", { identitytoken: 5 }, /^identitytoken of auths\["a\.example"\] is not a text$/],
    ["a list", [], /^auths\["a\.example"\] is not an object$/],
  ] as const) {
    test(`${what} is refused`, () => {
      assert.match(refusal(() => entry(value)).fact, fact);
    });
  }
});
