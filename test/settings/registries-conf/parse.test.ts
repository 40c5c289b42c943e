/** What is refused and in which words, what is only warned of, and what a table comes to. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findTable } from "../../../provider/settings/registries-conf/find-table";
import { confOf, refusalOf } from "./conf";

const MIRROR =
  '[[registry]]\nlocation = "a.example"\n[[registry.mirror]]\nlocation = "m.example"\n';

/** The whole message. */
function messageOf(text: string): string {
  return refusalOf(() => confOf(text)).message;
}

describe("a refusal names the file, the table and the key", () => {
  const cases: Readonly<Record<string, readonly [text: string, message: string]>> = {
    "broken TOML": [
      "[[registry]]\nlocation = example.com",
      'cannot use 1.conf: line 2, column 12: invalid value\nhint: write text values in quotes: location = "registry.example"',
    ],
    "one table in the place of many": [
      '[registry]\nlocation = "a.example"',
      "cannot use 1.conf: registry is a table\nhint: registry takes a list of tables that begin with [[registry]]",
    ],
    "one mirror in the place of many": [
      '[[registry]]\nlocation = "a.example"\n[registry.mirror]\nlocation = "m.example"',
      'cannot use 1.conf: [[registry]] "a.example": mirror is a table\nhint: mirror takes a list of tables that begin with [[registry.mirror]]',
    ],
    "a mirror before any registry": [
      '[[registry.mirror]]\nlocation = "m.example"',
      "cannot use 1.conf: registry is a table\nhint: registry takes a list of tables that begin with [[registry]]",
    ],
    "a switch in quotes": [
      '[[registry]]\nlocation = "a.example"\ninsecure = "true"',
      'cannot use 1.conf: [[registry]] "a.example": insecure is a text\nhint: insecure takes true or false, without quotes',
    ],
    "a location that is no text": [
      "[[registry]]\nlocation = 1979-05-27",
      "cannot use 1.conf: [[registry]] 1: location is a date\nhint: location takes a text in quotes",
    ],
    "a list of something else": [
      "unqualified-search-registries = [1]",
      'cannot use 1.conf: unqualified-search-registries is a list\nhint: unqualified-search-registries takes a list of texts: ["one", "two"]',
    ],
    "an empty table": [
      '[[registry]]\nlocation = "a.example"\n[[registry]]\nlocation = "/"',
      'cannot use 1.conf: [[registry]] "/": it has neither location nor prefix\nhint: write location = "host[:port][/path]"',
    ],
    "a prefix alone": [
      '[[registry]]\nprefix = "a.example/"\nblocked = true',
      'cannot use 1.conf: [[registry]] "a.example/": it has a prefix and no location\nhint: write location = "a.example", which is the prefix, too',
    ],
    "a wildcard with a port": [
      '[[registry]]\nprefix = "*.a.example:5000"',
      'cannot use 1.conf: [[registry]] "*.a.example:5000": prefix "*.a.example:5000" is a wildcard with more than a host\nhint: write prefix = "*.example.com", without port and path',
    ],
    "a wildcard with a path for a location": [
      '[[registry]]\nlocation = "*.a.example/x"',
      'cannot use 1.conf: [[registry]] "*.a.example/x": prefix "*.a.example/x" is a wildcard with more than a host\nhint: write prefix = "*.example.com", without port and path',
    ],
    "a key that others read, of another type": [
      "additional-layer-store-auth-helper = 1",
      "cannot use 1.conf: additional-layer-store-auth-helper is 1\nhint: additional-layer-store-auth-helper takes a text in quotes",
    ],
    "the plural of a table": [
      '[[registries]]\nlocation = "a.example"',
      "cannot use 1.conf: registries is not a key of version 2\nhint: begin each with [[registry]]",
    ],
    "a table of version 1 that is none": [
      "registries.search = []",
      'cannot use 1.conf: [registries.search] is of version 1 of registries.conf, which is not read any more\nhint: write it in version 2: unqualified-search-registries = ["quay.io"]',
    ],
    "a date in the place of version 1": [
      "registries = 1979-05-27",
      "cannot use 1.conf: registries is not a key of version 2\nhint: begin each with [[registry]]",
    ],
    "a scheme": [
      '[[registry]]\nlocation = "http://a.example/x/"',
      'cannot use 1.conf: [[registry]] "http://a.example/x/": location begins with "http://"\nhint: write location = "a.example/x", and insecure = true for a location without TLS',
    ],
    "the scheme of a mirror": [
      MIRROR.replace("m.", "https://m."),
      'cannot use 1.conf: [[registry.mirror]] "https://m.example" of [[registry]] "a.example": location begins with "https://"\nhint: write location = "m.example"',
    ],
    "a mirror without a location": [
      '[[registry]]\nlocation = "a.example"\n[[registry.mirror]]\ninsecure = true',
      'cannot use 1.conf: [[registry.mirror]] 1 of [[registry]] "a.example": it has no location\nhint: write location = "host/path"',
    ],
    "an unknown use of a mirror": [
      `${MIRROR}pull-from-mirror = "Digest-Only"`,
      'cannot use 1.conf: [[registry.mirror]] "m.example" of [[registry]] "a.example": pull-from-mirror is "Digest-Only"\nhint: pull-from-mirror takes "all", "digest-only", "tag-only"',
    ],
    "two uses of a mirror": [
      `${MIRROR.replace("[[registry.", "mirror-by-digest-only = true\n[[registry.")}pull-from-mirror = "tag-only"`,
      'cannot use 1.conf: [[registry.mirror]] "m.example" of [[registry]] "a.example": pull-from-mirror contradicts mirror-by-digest-only of its registry\nhint: take one of them out',
    ],
    "the use of a registry": [
      '[[registry]]\nlocation = "a.example"\npull-from-mirror = "all"',
      'cannot use 1.conf: [[registry]] "a.example": pull-from-mirror is not a key of registries\nhint: write it behind [[registry.mirror]]',
    ],
    "a contradiction": [
      '[[registry]]\nprefix = "a.example"\nlocation = "l.example"\n[[registry]]\nprefix = "b.example"\nlocation = "l.example"\nblocked = true',
      'cannot use 1.conf: [[registry]] "b.example": blocked is true, and false in [[registry]] 1 "a.example" of the same location\nhint: give blocked the same value in both',
    ],
    "a search registry with a path": [
      'unqualified-search-registries = ["quay.io/org"]',
      'cannot use 1.conf: unqualified-search-registries: its entry "quay.io/org" is no registry: host "quay.io/org" contains "/"\nhint: write hosts alone: ["quay.io", "registry.example:5000"]',
    ],
    "an unknown mode": [
      'short-name-mode = "Permissive"',
      'cannot use 1.conf: short-name-mode is "Permissive"\nhint: short-name-mode takes "enforcing", "permissive", "disabled"',
    ],
    "an alias of an alias": [
      '[aliases]\nx = "y"',
      'cannot use 1.conf: alias "x" of [aliases]: "y" does not begin with a registry\nhint: write "short/name" = "registry.example/repository"',
    ],
    "an alias for a full name": [
      '[aliases]\n"quay.io/x" = "docker.io/x"',
      'cannot use 1.conf: alias "quay.io/x" of [aliases]: it begins with the registry "quay.io"\nhint: an alias is for names without a registry; use a [[registry]] table instead',
    ],
    "an alias with a tag": [
      '[aliases]\n"x:1" = "quay.io/x"',
      'cannot use 1.conf: alias "x:1" of [aliases]: it has a tag or a digest\nhint: write "short/name" = "registry.example/repository"',
    ],
    "an alias that is no text": [
      "[aliases]\nx = 1",
      'cannot use 1.conf: alias "x" of [aliases]: it is not a text in quotes\nhint: write "short/name" = "registry/name"',
    ],
    "an alias whose registry is an upper-case word": [
      '[aliases]\nx = "HOST/x"',
      'cannot use 1.conf: alias "x" of [aliases]: "HOST/x" does not begin with a registry\nhint: write "short/name" = "registry.example/repository"',
    ],
    "an upper-case alias of one word": [
      '[aliases]\nX = "quay.io/x"',
      'cannot use 1.conf: alias "X" of [aliases]: repository component "X" has upper-case letters\nhint: write "short/name" = "registry.example/repository"',
    ],
    "an upper-case alias": [
      '[aliases]\nx = "quay.io/X"',
      'cannot use 1.conf: alias "x" of [aliases]: "quay.io/X" cannot be read: repository component "X" has upper-case letters\nhint: write "x": repositories are lower case everywhere',
    ],
    "a key of the file below [aliases]": [
      '[aliases]\nx = "quay.io/x"\nshort-name-mode = "disabled"',
      'cannot use 1.conf: alias "short-name-mode" of [aliases]: "disabled" does not begin with a registry\nhint: write short-name-mode before the first table',
    ],
    "version 1, beside version 2": [
      '[registries.insecure]\nregistries = ["a.example"]\n[[registry]]\nlocation = "b.example"',
      'cannot use 1.conf: [registries.insecure] is of version 1 of registries.conf, which is not read any more\nhint: write it in version 2: [[registry]] with location = "host" and insecure = true',
    ],
  };
  for (const [name, [text, message]] of Object.entries(cases)) {
    test(name, () => {
      assert.equal(messageOf(text), message);
    });
  }
});

test("what may be a password is never shown", () => {
  for (const text of [
    '[[registry]]\nprefix = "user:pass-word@a.example"',
    '[[registry]]\nlocation = "https://user:pass-word@a.example"',
    'unqualified-search-registries = ["user:pass-word@a.example"]',
    '[aliases]\nx = "user:pass-word@a.example/x"',
    '[aliases]\n"user:pass-word@a.example/x" = "a.example/x"',
    '[aliases]\n"user:pass-word@" = "a.example/x"',
  ]) {
    assert.doesNotMatch(messageOf(text), /pass-word/);
  }
});

describe("what has no effect is a warning", () => {
  const cases: Readonly<Record<string, readonly [text: string, warning: string]>> = {
    "an unknown key of the file": [
      "no-such-key = 1",
      "1.conf: nobody knows the key no-such-key, it does nothing",
    ],
    "a key of registries before them": [
      "insecure = true",
      "1.conf: nobody knows the key insecure, it does nothing; it belongs behind [[registry]]",
    ],
    "a key of the file behind a registry": [
      '[[registry]]\nlocation = "a.example"\nunqualified-search-registries = ["quay.io"]',
      '1.conf: nobody knows the key unqualified-search-registries of [[registry]] "a.example", it does nothing; it belongs before the first table',
    ],
    "a key of the registry behind its mirror": [
      `${MIRROR}blocked = true`,
      '1.conf: nobody knows the key blocked of [[registry.mirror]] "m.example" of [[registry]] "a.example", it does nothing; it belongs to the registry: write it before the first [[registry.mirror]]',
    ],
    "a key of the file behind a mirror": [
      `${MIRROR}short-name-mode = "disabled"`,
      '1.conf: nobody knows the key short-name-mode of [[registry.mirror]] "m.example" of [[registry]] "a.example", it does nothing; it belongs before the first table',
    ],
    "a second table of one prefix": [
      '[[registry]]\nlocation = "a.example"\n[[registry]]\nlocation = "a.example"',
      '1.conf: a second [[registry]] "a.example" does nothing; the first one counts',
    ],
    "a prefix with a tag": [
      '[[registry]]\nprefix = "a.example:5000/x:1"\nlocation = "b.example/x"',
      '1.conf: [[registry]] "a.example:5000/x:1" matches no reference: tables are chosen without tag and digest',
    ],
    "another name of Docker Hub": [
      '[[registry]]\nprefix = "index.docker.io/library"\nlocation = "b.example"',
      '1.conf: [[registry]] "index.docker.io/library" matches no reference: references to Docker Hub begin with docker.io',
    ],
    "a wildcard for everything": [
      '[[registry]]\nprefix = "*"\nlocation = "b.example"',
      '1.conf: [[registry]] "*" matches no reference: a wildcard is "*." at its begin, before a host',
    ],
    "aliases that are no table": [
      '[[aliases]]\nx = "quay.io/x"',
      "1.conf: aliases is a list of tables, it does nothing; it takes a table: [aliases]",
    ],
    "an alias that begins with an upper-case word": [
      '[aliases]\n"Org/x" = "quay.io/x"',
      '1.conf: alias "Org/x" of [aliases] matches no reference: "Org" is read as a registry',
    ],
    "a prefix of slashes": [
      '[[registry]]\nprefix = "//"\nlocation = "b.example"',
      '1.conf: [[registry]] "//" matches no reference: its prefix has nothing but slashes',
    ],
    "a table of version 1 without its list": [
      "[registries.search]",
      "1.conf: nobody knows the key registries, it does nothing",
    ],
  };
  for (const [name, [text, warning]] of Object.entries(cases)) {
    test(name, () => {
      assert.deepEqual(confOf(text).warnings, [warning]);
    });
  }

  test("and keys that are only others' business are none", () => {
    const text =
      'additional-layer-store-auth-helper = "x"\n[[registry]]\nprefix = "a.example:5000"\nlocation = "b.example"';
    assert.deepEqual(confOf(text).warnings, []);
  });
});

test("a prefix of slashes does not stand for the location of its table", () => {
  const conf = confOf('[[registry]]\nprefix = "/"\nlocation = "b.example"\nblocked = true');
  assert.deepEqual(
    conf.registries.map(({ prefix }) => prefix),
    [""],
  );
  assert.equal(findTable("b.example/x", conf), undefined);
});

describe("a table", () => {
  test("has defaults, and a prefix that is its location", () => {
    const [table] = confOf('[[registry]]\nlocation = "a.example/x//"').registries;
    assert.deepEqual(table, {
      prefix: "a.example/x",
      location: "a.example/x",
      insecure: false,
      blocked: false,
      mirrorByDigestOnly: false,
      mirrors: [],
      origin: { file: "1.conf", index: 1, prefix: "a.example/x" },
    });
  });

  test("keeps its mirrors in order, inline ones, too", () => {
    const [table] = confOf(
      'registry = [{ location = "a.example", mirror = [{ location = "b.example/", insecure = true }, { location = "c.example", pull-from-mirror = "tag-only", namespace-proxy = "n" }] }]',
    ).registries;
    assert.deepEqual(table?.mirrors, [
      { location: "b.example", insecure: true, pullFromMirror: "all" },
      {
        location: "c.example",
        insecure: false,
        pullFromMirror: "tag-only",
        namespaceProxy: "n",
      },
    ]);
  });

  test("may have names in any case, and the exact one counts", () => {
    const conf = confOf('[[Registry]]\nLocation = "b.example"\nlocation = "a.example"');
    assert.deepEqual(
      conf.registries.map(({ prefix }) => prefix),
      ["a.example"],
    );
    assert.match(conf.warnings.join(), /the key Location of/);
    assert.deepEqual(confOf('[[REGISTRY]]\nLocation = "b.example"').warnings, []);
  });
});
