/** Mirrors and origins of a reference: what the vectors leave open, and each message in full. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { usableStops } from "../../../provider/settings/route";
import { confOf, namesOf, refusalOf, sourcesOf } from "./conf";

const DIGEST = `sha256:${"0".repeat(64)}`;

function table(prefix: string, location: string, ...more: readonly string[]): string {
  return [`[[registry]]\nprefix = "${prefix}"\nlocation = "${location}"`, ...more, ""].join("\n");
}

function mirror(location: string, ...more: readonly string[]): string {
  return [`[[registry.mirror]]\nlocation = "${location}"`, ...more].join("\n");
}

describe("the table", () => {
  test("is none: the reference is asked as it is", () => {
    assert.deepEqual(sourcesOf("a.example/x", ""), [
      { role: "origin", registry: "a.example", repository: "x", insecure: false },
    ]);
  });

  test("has the longest prefix, whichever comes first", () => {
    const tables = [table("a.example", "one.example"), table("a.example/x", "two.example")];
    for (const texts of [tables, tables.toReversed()]) {
      assert.deepEqual(namesOf("a.example/x/y", ...texts), ["two.example/y"]);
      assert.deepEqual(namesOf("a.example/xy", ...texts), ["one.example/xy"]);
    }
  });

  test("of a full host beats the wildcard of the same length, whichever comes first", () => {
    const tables = [table("*.b.example", "one.example"), table("a.b.example", "two.example")];
    for (const texts of [tables, tables.toReversed()]) {
      assert.deepEqual(namesOf("a.b.example/x", ...texts), ["two.example/x"]);
    }
  });

  test("of a wildcard is for any depth, and not for the domain itself", () => {
    const text = table("*.b.example", "one.example/sub");
    assert.deepEqual(namesOf("a.a.b.example/x", text), ["one.example/sub/x"]);
    assert.deepEqual(namesOf("b.example/x", text), ["b.example/x"]);
    assert.deepEqual(namesOf("ab.example/x", text), ["ab.example/x"]);
  });

  test("compares hosts with regard to case", () => {
    assert.deepEqual(namesOf("A.example/x", table("a.example", "b.example")), ["A.example/x"]);
  });

  test("is chosen by the normalized name", () => {
    const text = table("docker.io/library", "hub.example");
    assert.deepEqual(namesOf("busybox", text), ["hub.example/busybox"]);
    assert.deepEqual(namesOf("index.docker.io/busybox:1", text), ["hub.example/busybox"]);
  });

  test("of an IPv6 host counts for its ports, too", () => {
    const text = table("[::1]", "[::2]");
    assert.deepEqual(namesOf("[::1]/x", text), ["[::2]/x"]);
    assert.deepEqual(namesOf("[::1]:5000/x", text), ["[::2]:5000/x"]);
  });
});

test("a password in a location is never shown, whatever is in it", () => {
  for (const login of ["me:geheim", "me:ge/heim", "me:4711/heim", "ge@heim", "me:ge@hei/m"]) {
    const shown = [
      refusalOf(() => sourcesOf("a.example/x", table("a.example", `${login}@b.example`))),
      refusalOf(() => sourcesOf("a.example/x", table("a.example", `https://${login}@b.example`))),
      refusalOf(() => confOf(`unqualified-search-registries = ["${login}@b.example"]`)),
      refusalOf(() => confOf(`[aliases]\nx = "${login}@b.example/x"`)),
      ...confOf(`${table(`${login}@a.example`, "b.example")}colour = 1\n`).warnings,
    ].map(String);
    for (const text of shown) assert.doesNotMatch(text, /ge.?hei|4711/, text);
  }
});

describe("a source", () => {
  test("is told with its table, and what holds for it alone", () => {
    const text = table(
      "a.example",
      "b.example",
      'namespace-proxy = "one"',
      mirror("m.example/cache", "insecure = true", 'namespace-proxy = "two"'),
    );
    const origin = { file: "2.conf", index: 1, prefix: "a.example" };
    assert.deepEqual(sourcesOf("a.example/x", "", text), [
      {
        role: "mirror",
        registry: "m.example",
        repository: "cache/x",
        insecure: true,
        location: "m.example/cache",
        namespaceProxy: "two",
        table: origin,
      },
      {
        role: "origin",
        registry: "b.example",
        repository: "x",
        insecure: false,
        namespaceProxy: "one",
        table: origin,
      },
    ]);
  });

  test("is skipped where it is not for such a reference, and then need not make a name", () => {
    const text = table(
      "a.example",
      "a.example",
      mirror("d", 'pull-from-mirror = "digest-only"'),
      mirror("t.example", 'pull-from-mirror = "tag-only"'),
    );
    const skipped = (reference: string): readonly (string | undefined)[] =>
      sourcesOf(reference, text).map((source) => source.skipped);
    assert.deepEqual(skipped("a.example/x:1"), [
      'it is for digests only (pull-from-mirror = "digest-only")',
      undefined,
      undefined,
    ]);
    assert.match(refusalOf(() => skipped(`a.example/x@${DIGEST}`)).message, /location "d" of/);
    const [, tagOnly] = sourcesOf(`a.example/x:1@${DIGEST}`, text.replace('"d"', '"d.example"'));
    assert.equal(tagOnly?.skipped, 'it is for tags only (pull-from-mirror = "tag-only")');
  });

  test("is skipped for a tag under mirror-by-digest-only", () => {
    const text = table(
      "a.example",
      "a.example",
      "mirror-by-digest-only = true",
      mirror("m.example"),
    );
    assert.deepEqual(namesOf("a.example/x", text), ["a.example/x"]);
    assert.equal(
      sourcesOf("a.example/x", text)[0]?.skipped,
      "it is for digests only (mirror-by-digest-only = true)",
    );
    assert.deepEqual(namesOf(`a.example/x:1@${DIGEST}`, text), ["m.example/x", "a.example/x"]);
  });
});

describe("what is blocked", () => {
  test("is blocked also where its location is a name that no table blocks", () => {
    const text = table("a.example", "b.example", "blocked = true");
    const sources = sourcesOf("a.example/x", text);
    assert.equal(
      refusalOf(() => usableStops("a.example/x:1", sources), "BLOCKED").message,
      'cannot pull a.example/x:1: registries.conf blocks it\n  b.example/x: blocked by [[registry]] "a.example" of 1.conf\nhint: use another registry, or take blocked = true out of the table, if that is yours to decide',
    );
  });

  test("stays blocked where another table permits the location", () => {
    const text = table("a.example", "b.example", "blocked = true");
    const [source] = sourcesOf("a.example/x", text, table("b.example/x", "c.example"));
    assert.equal(source?.skipped, 'blocked by [[registry]] "a.example" of 1.conf');
  });

  test("is read from its mirrors, unless they are blocked, too", () => {
    const text = table(
      "a.example",
      "a.example",
      "blocked = true",
      mirror("m.example"),
      mirror("n.example"),
    );
    assert.deepEqual(
      namesOf("a.example/x", text, table("m.example", "m.example", "blocked = true")),
      ["n.example/x"],
    );
  });

  test("does not block a mirror that a longer table permits", () => {
    const text = table("a.example", "a.example", mirror("m.example/open"));
    const blocked = table("m.example", "m.example", "blocked = true");
    const permitted = table("m.example/open", "m.example/open");
    assert.deepEqual(namesOf("a.example/x", text, blocked, permitted), [
      "m.example/open/x",
      "a.example/x",
    ]);
  });
});

describe("a location that makes no name is refused", () => {
  const cases: Readonly<Record<string, readonly [location: string, fact: string]>> = {
    "a host without a dot": [
      "mirror",
      '"mirror/x": "mirror" has neither dot nor port, so it reads as a namespace of Docker Hub\nhint: write the location with a port: "mirror:443", or with a domain',
    ],
    "Docker Hub without a namespace": [
      "docker.io",
      '"docker.io/x": on Docker Hub each repository lies in a namespace\nhint: write the location "docker.io/library" for its official images',
    ],
    "another name of Docker Hub": [
      "index.docker.io/library",
      '"index.docker.io/library/x": "index.docker.io" is another name of docker.io\nhint: write docker.io',
    ],
    "a user": [
      "user:pass-word@m.example",
      '"[hidden]@m.example/x": it holds a user name\nhint: write the host alone: credentials come from the auth files',
    ],
    "an upper-case path": [
      "m.example/X",
      '"m.example/X/x": repository component "X" has upper-case letters\nhint: write "x": repositories are lower case everywhere',
    ],
  };
  for (const [name, [location, fact]] of Object.entries(cases)) {
    test(name, () => {
      const shown = location.replace(/.*@/, "[hidden]@");
      assert.equal(
        refusalOf(() => sourcesOf("a.example/x", table("a.example", "a.example", mirror(location))))
          .message,
        `cannot use 1.conf: location "${shown}" of [[registry]] "a.example" makes ${fact}`,
      );
    });
  }

  test("a host for a whole name", () => {
    assert.match(
      refusalOf(() => sourcesOf("a.example/x", table("a.example/x", "b.example"))).message,
      /makes "b\.example": it has no repository\nhint: write location with a path$/,
    );
  });

  test("a port behind a path", () => {
    assert.match(
      refusalOf(() => sourcesOf("a.example:5000/x", table("a.example", "b.example/y"))).message,
      /makes "b\.example\/y:5000\/x": repository component "y:5000" contains ":"/,
    );
  });
});

test("what is returned is frozen", () => {
  const conf = confOf(table("a.example", "a.example", mirror("m.example")));
  const sources = sourcesOf("a.example/x", table("a.example", "a.example", mirror("m.example")));
  for (const value of [conf, conf.registries, ...conf.registries, sources, ...sources]) {
    assert.ok(Object.isFrozen(value));
  }
});
