/** What several files say together; each one's own share is tested in parse.test.ts. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { confOf, refusalOf } from "./conf";

test("nothing says nothing", () => {
  assert.deepEqual(confOf(), {
    registries: [],
    unqualifiedSearch: [],
    aliases: new Map(),
    shortNameMode: "permissive",
    credentialHelpers: ["containers-auth.json"],
    files: [],
    warnings: [],
  });
});

test("a later table replaces the whole earlier one of its prefix, and no other", () => {
  const { registries } = confOf(
    '[[registry]]\nlocation = "a.example"\ninsecure = true\n[[registry.mirror]]\nlocation = "m.example"\n[[registry]]\nlocation = "b.example"',
    '[[registry]]\nlocation = "c.example"\n[[registry]]\nprefix = "a.example"\nlocation = "d.example"',
  );
  assert.deepEqual(
    registries.map(({ location, insecure, mirrors, origin }) => [
      location,
      insecure,
      mirrors.length,
      `${origin.file} ${origin.index}`,
    ]),
    [
      ["d.example", false, 0, "2.conf 2"],
      ["b.example", false, 0, "1.conf 2"],
      ["c.example", false, 0, "2.conf 1"],
    ],
  );
});

test("tables of one location may contradict each other across files", () => {
  const table = '[[registry]]\nlocation = "a.example"\n';
  assert.equal(confOf(table, `${table}blocked = true`).registries[0]?.blocked, true);
});

test("lists are replaced by the last file that has them, also by empty ones", () => {
  const lists = (search: string, helpers: string): string =>
    `unqualified-search-registries = ${search}\ncredential-helpers = ${helpers}`;
  const conf = confOf(lists('["a.example"]', '["one"]'), lists("[]", "[]"), "");
  assert.deepEqual(conf.unqualifiedSearch, []);
  assert.deepEqual(conf.credentialHelpers, ["containers-auth.json"]);
  const kept = confOf(lists('["a.example/"]', '["one", "two"]'), "");
  assert.deepEqual(kept.unqualifiedSearch, ["a.example"]);
  assert.deepEqual(kept.credentialHelpers, ["one", "two"]);
});

test("an empty mode leaves the earlier one", () => {
  const conf = confOf('short-name-mode = "enforcing"', 'short-name-mode = ""');
  assert.equal(conf.shortNameMode, "enforcing");
});

test("aliases are merged by name; an empty one takes back", () => {
  const { aliases } = confOf(
    '[aliases]\na = "a.example/a"\nb = "b.example/b"\nc = "c.example/c"',
    '[aliases]\na = ""\nb = "b2.example/b"',
  );
  assert.deepEqual(
    [...aliases],
    [
      ["b", { name: "b2.example/b", file: "2.conf" }],
      ["c", { name: "c.example/c", file: "1.conf" }],
    ],
  );
});

test("one bad file makes all of them useless, and is named", () => {
  assert.equal(refusalOf(() => confOf("", "x")).subject, "2.conf");
});

test("files and warnings are told in order", () => {
  const { files, warnings } = confOf("one = 1", "", "three = 3");
  assert.deepEqual(files, ["1.conf", "2.conf", "3.conf"]);
  assert.deepEqual(
    warnings.map((warning) => warning.slice(0, warning.indexOf(":"))),
    ["1.conf", "3.conf"],
  );
});
