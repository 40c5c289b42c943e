/** The gate to people: no secret, no query, nothing that a terminal would obey. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { printable, redact, registerSecret } from "../provider/redact";

describe("registered secrets", () => {
  test("vanish, as they are, in a URL and in JSON", () => {
    const secret = 'pa/ss "word"+x\\y';
    registerSecret(secret);
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret)]) {
      const shown = redact(`before ${form} after`);
      assert.match(shown, /^before "?\[secret\]"? after$/);
    }
  });

  test("vanish whole, also where one begins with another", () => {
    registerSecret("token-short");
    registerSecret("token-short-and-its-rest");
    assert.equal(redact("token-short-and-its-rest token-short"), "[secret] [secret]");
  });

  test("of a seeded lot of odd values are in no text", () => {
    let state = 42;
    const next = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state % below;
    };
    const letters = ["a", "Z", "0", "%", "+", "/", "=", '"', "\\", "$&", "🔑", "é", "\ud800", ":"];
    for (let round = 0; round < 200; round += 1) {
      const length = 8 + next(20);
      const secret = Array.from({ length }, () => letters[next(letters.length)] ?? "").join("");
      registerSecret(secret);
      const shown = redact(`login ${secret} at https://u:${encodeURIComponent("x")}@h/ failed`);
      assert.ok(!shown.includes(secret), shown);
      assert.ok(shown.startsWith("login "), shown);
    }
  });

  test("too short to be secrets do not blank out words; absent ones are none", () => {
    registerSecret("abc");
    registerSecret("");
    registerSecret(undefined);
    assert.equal(redact("abc undefined"), "abc undefined");
  });
});

describe("URLs", () => {
  const cases: readonly [string, string][] = [
    ["https://host/v2/a/blobs/x", "https://host/v2/a/blobs/x"],
    ["at https://user:word@host/x now", "at https://host/x now"],
    ["https://host/x?X-Amz-Signature=abc&n=2", "https://host/x?X-Amz-Signature=hidden&n=2"],
    ["https://h/token?service=s&scope=a:b:pull", "https://h/token?service=s&scope=a:b:pull"],
    ["'http://h/?sig=1' failed", "'http://h/?sig=hidden' failed"],
    ["https://h/?a=1&a=2", "https://h/?a=hidden"],
    ["no url: localhost:5000/team/app", "no url: localhost:5000/team/app"],
  ];
  for (const [text, shown] of cases) {
    test(text, () => {
      assert.equal(decodeURIComponent(redact(text)), shown);
    });
  }

  test("that cannot be read are not shown", () => {
    assert.equal(redact("to http://[bad now"), "to [url] now");
  });
});

describe("control sequences", () => {
  test("of terminals are replaced, line feeds and tabs stay", () => {
    assert.equal(printable("a\u001b]0;title\u0007b"), "a\ufffd]0;title\ufffdb");
    assert.equal(printable("a\r\nb\tc\u007f\u0085"), "a\ufffd\nb\tc\ufffd\ufffd");
    assert.equal(printable("\u202eevil\u2066"), "\ufffdevil\ufffd");
    assert.equal(redact("x\u001b[2Jy"), "x\ufffd[2Jy");
  });

  test("of no encoding, halves of characters, are replaced, too", () => {
    assert.equal(printable("a\ud800b\udc00"), "a\ufffdb\ufffd");
    assert.equal(printable("\ud83d\udd11"), "🔑");
  });

  test("ordinary text of any script stays", () => {
    const text = "Ünïcödé 日本語 עברית 🔑";
    assert.equal(redact(text), text);
  });
});
