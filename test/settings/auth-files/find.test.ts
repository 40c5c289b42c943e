/** Where in a file a credential may lie: keys, helpers, and which of them count first. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { globalHelper, spotsOf } from "../../../provider/settings/auth-files/find";
import { parseAuthFile } from "../../../provider/settings/auth-files/parse";

const FILE = "/home/x/.docker/config.json";

/** Where the spots lie, in order; helpers with what they are asked for. */
function spots(document: unknown, registry = "a.example", repository = "ns/sub/name"): string[] {
  return listed(parseAuthFile(JSON.stringify(document), FILE), registry, repository);
}

function listed(
  file: ReturnType<typeof parseAuthFile>,
  registry = "a.example",
  repository = "ns/sub/name",
): string[] {
  return spotsOf(file, registry, repository).map((spot) =>
    spot.kind === "entry"
      ? spot.listed
      : `${spot.listed.replace(` of ${FILE}`, "")}: ${String(spot.name)} ${spot.servers.join(" ")}`,
  );
}

describe("keys of auths", () => {
  const longest = ["a.example/ns/sub/name", "a.example/ns/sub", "a.example/ns", "a.example"];
  for (const [at, key] of longest.entries()) {
    test(`${key} is used where nothing longer is there`, () => {
      const auths = Object.fromEntries(longest.slice(at).map((name) => [name, {}]));
      assert.deepEqual(spots({ auths }), [`auths["${key}"]`]);
    });
  }

  test("a path counts by whole components", () => {
    assert.deepEqual(spots({ auths: { "a.example/n": {}, "a.example/ns/su": {} } }), []);
  });

  test("ports and case are literal", () => {
    assert.deepEqual(
      spots({ auths: { "a.example": {}, "A.example:5000": {} } }, "a.example:5000"),
      [],
    );
  });

  test("URLs mean their host, whatever their path", () => {
    for (const key of [
      "https://a.example",
      "https://a.example/v1/",
      "http://a.example/v2/x",
      "http://https://a.example",
    ]) {
      assert.deepEqual(spots({ auths: { [key]: {} } }), [`auths["${key}"]`]);
    }
  });

  test("only lower-case schemes make a URL, and a path without one is no host", () => {
    assert.deepEqual(spots({ auths: { "HTTPS://a.example": {}, "a.example/v1/": {} } }), []);
  });

  test("the bare host beats URLs, and of several URLs it is always the same one", () => {
    const urls = { "https://a.example/v2/": 1, "https://a.example": 2, "http://a.example/v1/": 3 };
    assert.deepEqual(spots({ auths: urls }), ['auths["https://a.example"]']);
    assert.deepEqual(spots({ auths: { ...urls, "a.example": 4 } }), ['auths["a.example"]']);
  });

  for (const key of [
    "https://index.docker.io/v1/",
    "https://index.docker.io/v2/",
    "index.docker.io",
    "registry-1.docker.io",
    "https://registry-1.docker.io/v2/",
  ]) {
    test(`${key} means Docker Hub`, () => {
      assert.deepEqual(spots({ auths: { [key]: {} } }, "docker.io"), [`auths["${key}"]`]);
    });
  }

  test("docker.io itself beats the other names of Docker Hub", () => {
    const auths = { "https://index.docker.io/v1/": {}, "docker.io": {} };
    assert.deepEqual(spots({ auths }, "docker.io"), ['auths["docker.io"]']);
  });

  test("paths on Docker Hub are those of the normalized name", () => {
    const auths = {
      "docker.io/library": {},
      "docker.io/busybox": {},
      "index.docker.io/library": {},
    };
    assert.deepEqual(spots({ auths }, "docker.io", "library/busybox"), [
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
    assert.deepEqual(spots(document), [
      'credHelpers["a.example"]: one a.example',
      'auths["a.example/ns"]',
    ]);
  });

  test("a helper without a name is none that could be run, and no program called null", () => {
    assert.deepEqual(spots({ credHelpers: { "a.example": null } }), [
      'credHelpers["a.example"]:  a.example',
    ]);
  });

  test("the helper of all hosts comes before entries", () => {
    assert.deepEqual(spots({ auths: { "a.example": {} }, credsStore: "all" }), [
      "credsStore: all a.example",
      'auths["a.example"]',
    ]);
  });

  test("an empty credsStore is none", () => {
    assert.deepEqual(spots({ credsStore: "" }), []);
  });

  test("Docker Hub is asked for by the name that lists the helper, then by the other", () => {
    const url = "https://index.docker.io/v1/";
    const hub = (document: unknown): string[] => spots(document, "docker.io");
    assert.deepEqual(hub({ credsStore: "all" }), [`credsStore: all ${url} docker.io`]);
    assert.deepEqual(hub({ credHelpers: { [url]: "one" } }), [
      `credHelpers["${url}"]: one ${url} docker.io`,
    ]);
    assert.deepEqual(hub({ credHelpers: { "docker.io": "one" } }), [
      `credHelpers["docker.io"]: one docker.io ${url}`,
    ]);
  });
});

describe("the oldest form", () => {
  const of = (document: unknown, registry?: string): string[] =>
    listed(parseAuthFile(JSON.stringify(document), "/home/x/.dockercfg", true), registry);

  test("has hosts at its top, and their paths do not count", () => {
    assert.deepEqual(of({ "a.example": {} }), ['["a.example"]']);
    assert.deepEqual(of({ "a.example/v1/": {} }), ['["a.example/v1/"]']);
    assert.deepEqual(of({ "https://a.example/v1/": {} }), ['["https://a.example/v1/"]']);
    assert.deepEqual(of({ "https://index.docker.io/v1/": {} }, "docker.io").length, 1);
  });

  test("knows no repositories and no helpers", () => {
    const document = { "a.example": {}, "a.example/ns/sub/name": {}, credsStore: "all" };
    assert.deepEqual(of(document), ['["a.example"]']);
    assert.deepEqual(of({ auths: { "a.example": {} } }), []);
  });
});

test("a helper of all files is asked by the host; for Docker Hub also as Docker files it", () => {
  assert.deepEqual(globalHelper("glob", "a.example:5000").servers, ["a.example:5000"]);
  assert.deepEqual(globalHelper("glob", "docker.io").servers, [
    "docker.io",
    "https://index.docker.io/v1/",
  ]);
});
