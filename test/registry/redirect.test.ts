import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { followRedirect, headersFor, type Hop } from "../../provider/registry/redirect";

const HOME: Hop = { url: new URL("https://registry.example/v2/a/blobs/x"), atHome: true };

function follow(location: string | undefined, from: Hop = HOME): Hop {
  const next = followRedirect(from, location);
  if (typeof next === "string") throw new assert.AssertionError({ message: next });
  return next;
}

describe("followRedirect", () => {
  const allowed: readonly (readonly [string, string, string, boolean])[] = [
    ["a path", "/other?x=1", "https://registry.example/other?x=1", true],
    ["a relative path", "../manifests/y", "https://registry.example/v2/a/manifests/y", true],
    [
      "the port that is implied",
      "https://registry.example:443/y",
      "https://registry.example/y",
      true,
    ],
    ["another host", "https://cdn.example/y", "https://cdn.example/y", false],
    ["a host without scheme", "//cdn.example/y", "https://cdn.example/y", false],
    ["a subdomain", "https://a.registry.example/y", "https://a.registry.example/y", false],
    ["another port", "https://registry.example:8443/y", "https://registry.example:8443/y", false],
    ["a login in the URL", "https://u:p@cdn.example/y", "https://cdn.example/y", false],
  ];
  for (const [name, location, url, atHome] of allowed) {
    test(`follows ${name}`, () => {
      const next = follow(location);
      assert.deepEqual([next.url.href, next.atHome], [url, atHome]);
    });
  }

  test("from plain HTTP to HTTPS is another origin", () => {
    const next = follow("https://h/y", { url: new URL("http://h/x"), atHome: true });
    assert.equal(next.atHome, false);
  });

  test("the way back home is not home", () => {
    const away = follow("https://cdn.example/y");
    assert.equal(follow("https://registry.example/z", away).atHome, false);
  });

  const refused: readonly (readonly [string, string | undefined, RegExp])[] = [
    ["nothing", undefined, /without saying where/],
    ["an empty text", "", /without saying where/],
    ["no URL", "https://[", /no URL/],
    ["plain HTTP", "http://registry.example/y", /from HTTPS to plain HTTP at registry\.example/],
    ["a file", "file:///etc/passwd", /file:/],
    ["data", "data:,x", /data:/],
  ];
  for (const [name, location, reason] of refused) {
    test(`refuses ${name}`, () => {
      const next = followRedirect(HOME, location);
      assert.ok(typeof next === "string");
      assert.match(next, reason);
    });
  }
});

test("only what says nothing about the user goes along to another origin", () => {
  const headers = {
    Accept: "*/*",
    "accept-encoding": "identity",
    Authorization: "Basic x",
    Cookie: "a=b",
    range: "bytes=1-",
    "user-agent": "u",
    "X-Token": "t",
  };
  assert.equal(headersFor(HOME, headers), headers);
  assert.deepEqual(Object.keys(headersFor({ ...HOME, atHome: false }, headers)), [
    "Accept",
    "accept-encoding",
    "range",
    "user-agent",
  ]);
});
