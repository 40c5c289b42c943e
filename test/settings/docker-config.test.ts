/** What config.json says and where a credential may lie in it: keys, order, entries, broken texts. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import {
  credentialPlaces,
  parseDockerConfig,
  readEntry,
  type Secrets,
} from "../../provider/settings/docker-config";

const FILE = "/home/x/.docker/config.json";

/** Where the places lie, in order; helpers with what they are asked for. */
function places(document: unknown, registry = "a.example", repository = "ns/sub/name"): string[] {
  const config = parseDockerConfig(JSON.stringify(document), FILE);
  return credentialPlaces(config, registry, repository).map((place) =>
    place.kind === "entry"
      ? place.listed
      : `${place.listed}: ${String(place.name)} ${place.servers.join(" ")}`,
  );
}

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

describe("keys of auths", () => {
  const longest = ["a.example/ns/sub/name", "a.example/ns/sub", "a.example/ns", "a.example"];
  for (const [at, key] of longest.entries()) {
    test(`${key} is used where nothing longer is there`, () => {
      const auths = Object.fromEntries(longest.slice(at).map((name) => [name, {}]));
      assert.deepEqual(places({ auths }), [`auths["${key}"]`]);
    });
  }

  test("a path counts by whole components", () => {
    assert.deepEqual(places({ auths: { "a.example/n": {}, "a.example/ns/su": {} } }), []);
  });

  test("ports and case are literal", () => {
    assert.deepEqual(
      places({ auths: { "a.example": {}, "A.example:5000": {} } }, "a.example:5000"),
      [],
    );
  });

  test("URLs mean their host, whatever their path", () => {
    for (const key of ["https://a.example", "https://a.example/v1/", "http://a.example/v2/x"]) {
      assert.deepEqual(places({ auths: { [key]: {} } }), [`auths["${key}"]`]);
    }
  });

  test("only lower-case schemes make a URL, and a path without one is no host", () => {
    assert.deepEqual(places({ auths: { "HTTPS://a.example": {}, "a.example/v1/": {} } }), []);
  });

  test("the bare host beats URLs, and of several URLs it is always the same one", () => {
    const urls = { "https://a.example/v2/": 1, "https://a.example": 2, "http://a.example/v1/": 3 };
    assert.deepEqual(places({ auths: urls }), ['auths["https://a.example"]']);
    assert.deepEqual(places({ auths: { ...urls, "a.example": 4 } }), ['auths["a.example"]']);
  });

  for (const key of [
    "https://index.docker.io/v1/",
    "https://index.docker.io/v2/",
    "index.docker.io",
    "registry-1.docker.io",
    "https://registry-1.docker.io/v2/",
  ]) {
    test(`${key} means Docker Hub`, () => {
      assert.deepEqual(places({ auths: { [key]: {} } }, "docker.io"), [`auths["${key}"]`]);
    });
  }

  test("docker.io itself beats the other names of Docker Hub", () => {
    const auths = { "https://index.docker.io/v1/": {}, "docker.io": {} };
    assert.deepEqual(places({ auths }, "docker.io"), ['auths["docker.io"]']);
  });

  test("paths on Docker Hub are those of the normalized name", () => {
    const auths = {
      "docker.io/library": {},
      "docker.io/busybox": {},
      "index.docker.io/library": {},
    };
    assert.deepEqual(places({ auths }, "docker.io", "library/busybox"), [
      'auths["docker.io/library"]',
    ]);
  });
});

describe("helpers", () => {
  test("the helper of the host comes before entries, and alone", () => {
    const document = {
      auths: { "a.example/ns": {} },
      credHelpers: { "a.example": "one", "b.example": "two" },
      credsStore: "all",
    };
    assert.deepEqual(places(document), [
      'credHelpers["a.example"]: one a.example',
      'auths["a.example/ns"]',
    ]);
  });

  test("the helper of all hosts comes before entries", () => {
    assert.deepEqual(places({ auths: { "a.example": {} }, credsStore: "all" }), [
      "credsStore: all a.example",
      'auths["a.example"]',
    ]);
  });

  test("an empty credsStore is none", () => {
    assert.deepEqual(places({ credsStore: "" }), []);
  });

  test("Docker Hub is asked for by the name that lists the helper, then by the other", () => {
    const url = "https://index.docker.io/v1/";
    const hub = (document: unknown): string[] => places(document, "docker.io");
    assert.deepEqual(hub({ credsStore: "all" }), [`credsStore: all ${url} docker.io`]);
    assert.deepEqual(hub({ credHelpers: { [url]: "one" } }), [
      `credHelpers["${url}"]: one ${url} docker.io`,
    ]);
    assert.deepEqual(hub({ credHelpers: { "docker.io": "one" } }), [
      `credHelpers["docker.io"]: one docker.io ${url}`,
    ]);
  });
});

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
  });

  test("names count without regard to case, and the last one holds", () => {
    assert.deepEqual(entry({ auth: base64("u:p"), Auth: base64("x:y") }), {
      username: "x",
      password: "y",
    });
    assert.deepEqual(places({ Auths: { "a.example": {} } }), ['auths["a.example"]']);
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
      const error = refusal(() => parseDockerConfig(text, FILE));
      assert.match(error.fact, fact);
      assert.doesNotMatch(error.message, /c2Vj/);
    });
  }

  test("null fields are absent, and unknown ones do not count", () => {
    assert.deepEqual(places({ auths: null, credHelpers: null, credsStore: null, proxies: 1 }), []);
  });
});
