/** What names without a registry mean: aliases, remembered ones, the search list, and refusals. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatReference } from "../../../provider/reference/format";
import { isShortName } from "../../../provider/settings/registries-conf/is-short-name";
import {
  type ResolvedName,
  resolveShortName,
} from "../../../provider/settings/registries-conf/short-names";
import { confOf, refusalOf } from "./conf";

const DIGEST = `sha256:${"0".repeat(64)}`;

const CONF = `unqualified-search-registries = ["one.example", "two"]
[aliases]
x = "quay.io/org/x"
"library/x" = "quay.io/org/library"
`;

function resolve(text: string, remembered?: string, conf = CONF): ResolvedName {
  const file = remembered === undefined ? undefined : { file: "remembered", text: remembered };
  return resolveShortName(text, confOf(conf), file);
}

function namesOf({ candidates }: ResolvedName): readonly string[] {
  return candidates.map(formatReference);
}

test("a name is short where no host stands before its first slash", () => {
  const texts = ["x", "x:1", "ns/x", "x.y", `x@${DIGEST}`];
  assert.deepEqual(texts.filter(isShortName), texts);
  const full = ["localhost/x", "a.example/x", "a:5000/x", "oci://a/x", "[::1]/x"];
  assert.deepEqual(full.filter(isShortName), []);
});

describe("an alias", () => {
  test("lends the registry; tag and digest are those of the reference", () => {
    const resolved = resolve(`x:1@${DIGEST}`);
    assert.deepEqual(namesOf(resolved), [`quay.io/org/x:1@${DIGEST}`]);
    assert.equal(resolved.origin, "alias");
    assert.equal(resolved.file, "1.conf");
  });

  test("is for the name as it is written", () => {
    assert.deepEqual(namesOf(resolve("library/x")), ["quay.io/org/library"]);
    assert.equal(resolve("y/x").origin, "search");
  });

  test("that was remembered counts first", () => {
    const resolved = resolve("x", '[aliases]\nx = "remembered.example/x"');
    assert.deepEqual(namesOf(resolved), ["remembered.example/x"]);
    assert.equal(resolved.file, "remembered");
  });

  test("that was remembered as none leaves the name to the search list", () => {
    assert.equal(resolve("x", '[aliases]\nx = ""').origin, "search");
  });

  test("that cannot be read harms short names alone", () => {
    assert.equal(refusalOf(() => resolve("x", "broken")).subject, "remembered");
    assert.equal(resolve("a.example/x", "broken").origin, "qualified");
  });
});

describe("the search list", () => {
  test("gives a candidate for each registry, in order, also for hosts without a dot", () => {
    const resolved = resolve("ns/y:1");
    assert.deepEqual(namesOf(resolved), ["one.example/ns/y:1", "oci://two/ns/y:1"]);
    assert.equal(resolved.origin, "search");
    assert.equal(resolved.file, undefined);
  });

  test("of one registry is enough where the mode asks for a person", () => {
    const conf = 'short-name-mode = "enforcing"\nunqualified-search-registries = ["one.example"]';
    assert.deepEqual(namesOf(resolve("y", undefined, conf)), ["one.example/y"]);
  });

  test("of several registries is refused there", () => {
    const conf = `short-name-mode = "enforcing"\n${CONF}`;
    assert.equal(
      refusalOf(() => resolve("y:1", undefined, conf), "INVALID_REFERENCE").message,
      'cannot use the reference "y:1": it names no registry, unqualified-search-registries has 2, and short-name-mode is "enforcing"\n  may be one.example/y\n  may be two/y\nhint: write it in full, or write "y" = "registry/repository" below [aliases] of registries.conf',
    );
  });
});

test("a name that nothing says the registry of is refused", () => {
  const messageOf = (text: string, conf?: string): string =>
    refusalOf(
      () => resolveShortName(text, conf === undefined ? confOf() : confOf(conf)),
      "INVALID_REFERENCE",
    ).message;
  assert.equal(
    messageOf("y:1"),
    'cannot use the reference "y:1": it names no registry, and there is no registries.conf that says which\nhint: write it in full, for example docker.io/library/y',
  );
  assert.equal(
    messageOf("ns/y", ""),
    'cannot use the reference "ns/y": it names no registry, and registries.conf has neither an alias for "ns/y" nor unqualified-search-registries\n  looked at 1.conf\nhint: write it in full, for example docker.io/ns/y',
  );
});

test("a full name means itself, whatever the aliases", () => {
  const resolved = resolve("oci://x/x//sub?tag=1");
  assert.equal(resolved.origin, "qualified");
  assert.equal(resolved.candidates[0]?.subPath, "sub");
});
