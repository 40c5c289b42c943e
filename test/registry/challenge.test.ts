import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseChallenges } from "../../provider/registry/challenge";

/** The challenges as plain values. */
function read(header: string | readonly string[] | undefined): unknown {
  return parseChallenges(header).map(({ scheme, parameters, token68 }) => [
    scheme,
    Object.fromEntries(parameters),
    ...(token68 === undefined ? [] : [token68]),
  ]);
}

const bearer = ["bearer", { realm: "https://auth.example/token", service: "s" }];
const basic = ["basic", { realm: "x" }];

const CASES: readonly (readonly [string, string | readonly string[] | undefined, unknown])[] = [
  ["no header", undefined, []],
  ["an empty header", "", []],
  ["a token service", 'Bearer realm="https://auth.example/token",service="s"', [bearer]],
  ["any case of names", 'BEARER Realm="https://auth.example/token",SERVICE="s"', [bearer]],
  [
    "spaces around everything",
    'Bearer  realm = "https://auth.example/token" ,\t service= "s" ',
    [bearer],
  ],
  ["values without quotes", "Bearer realm=https://auth.example/token,service=s", [bearer]],
  [
    "two in one line",
    'Basic realm="x", Bearer realm="https://auth.example/token",service="s"',
    [basic, bearer],
  ],
  [
    "one in each line",
    ['Basic realm="x"', 'Bearer realm="https://auth.example/token",service="s"'],
    [basic, bearer],
  ],
  ["schemes alone", "Negotiate, NTLM, Basic realm=x", [["negotiate", {}], ["ntlm", {}], basic]],
  ["a token68", 'Negotiate YWJj+/=, Basic realm="x"', [["negotiate", {}, "YWJj+/="], basic]],
  ["a token68 at the end", "Negotiate YWJj==", [["negotiate", {}, "YWJj=="]]],
  [
    "escapes",
    String.raw`Bearer realm="a\"b\\c",service="x, Basic realm=y"`,
    [["bearer", { realm: 'a"b\\c', service: "x, Basic realm=y" }]],
  ],
  ["an empty value", 'Bearer realm="",service=', [["bearer", { realm: "", service: "" }]]],
  [
    "a scope with commas",
    'Bearer realm="r",scope="repository:a/b:pull,push"',
    [["bearer", { realm: "r", scope: "repository:a/b:pull,push" }]],
  ],
  ["the first of two values", 'Bearer realm="a",realm="b"', [["bearer", { realm: "a" }]]],
  ["a quote that never ends", 'Bearer realm="a,service=b', [["bearer", { realm: "a,service=b" }]]],
  ["a quote that ends in a backslash", 'Bearer realm="a\\', [["bearer", { realm: "a" }]]],
  ["parameters of no scheme", 'realm="a", Basic realm="x"', [basic]],
  ["garbage before", '"what, is", =this, @@@, Basic realm="x"', [basic]],
  [
    "garbage between",
    'Basic realm="x"; (charset), Bearer realm="https://auth.example/token", service=s',
    [basic, bearer],
  ],
  ["stray commas", ',, Basic realm="x",,, ', [basic]],
  [
    "names that objects have",
    'Bearer __proto__="a",constructor="b"',
    [
      [
        "bearer",
        Object.fromEntries([
          ["__proto__", "a"],
          ["constructor", "b"],
        ]),
      ],
    ],
  ],
];

describe("parseChallenges", () => {
  for (const [name, header, expected] of CASES) {
    test(name, () => {
      assert.deepEqual(read(header), expected);
    });
  }

  test("ends for every text of a hostile alphabet", () => {
    const alphabet = ['"', "\\", ",", "=", " ", "a", "\t", "é", "/"];
    let seed = 1;
    for (let round = 0; round < 5_000; round += 1) {
      let text = "";
      for (let length = 0; length < 12; length += 1) {
        seed = (seed * 48_271) % 2_147_483_647;
        text += alphabet[seed % alphabet.length] ?? "";
      }
      for (const { scheme } of parseChallenges(text)) assert.equal(scheme, scheme.toLowerCase());
    }
  });
});
