/** Lock files as text: the same bytes for the same entries, and words for what cannot be used. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import { destinationsOf } from "../../provider/lock/destinations";
import { artifactKey, entryKey, findEntry, withEntries } from "../../provider/lock/entries";
import type { LockEntry } from "../../provider/lock/lock-entry";
import { formatLock, parseLock } from "../../provider/lock/lock-file";

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

const PLAIN: LockEntry = { reference: "ghcr.io/team/app:1", digest: digest("a"), inputs: {} };

const FULL: LockEntry = {
  reference: "ghcr.io/team/app",
  tag: "v1.2.3",
  digest: digest("b"),
  content: { of: digest("b"), digest: digest("c") },
  inputs: {
    subPath: "charts",
    verify: { keys: ["cosign.pub"], annotations: { z: "1", a: "2" } },
    prereleases: true,
    semver: "^1.2",
    include: ["b", "a"],
  },
  destination: "lib/app",
};

test("is written in one order, whatever the order of entries and keys", () => {
  const text = formatLock([FULL, PLAIN]);
  assert.equal(text, formatLock([PLAIN, FULL]));
  assert.deepEqual(parseLock(text, "lock"), [FULL, PLAIN]);
  assert.equal(formatLock(parseLock(text, "lock")), text);
  const keys = [...text.matchAll(/^ {6}"(\w+)"/gm)].map(([, key]) => key);
  const own = ["reference", "semver", "prereleases", "tag", "digest", "content"];
  assert.deepEqual(keys, [
    ...own,
    "include",
    "subPath",
    "verify",
    "destination",
    "reference",
    "digest",
  ]);
  assert.ok(text.indexOf('"a": "2"') < text.indexOf('"z": "1"'), "keys of objects are sorted");
  assert.match(text, /^\{\n {2}"lockfileVersion": 1,\n {2}"artifacts": \[\n/);
  assert.match(text, /\n\}\n$/);
});

describe("what cannot be used", () => {
  const first = { reference: PLAIN.reference, digest: PLAIN.digest };
  const entry = (second: unknown): string =>
    JSON.stringify({ lockfileVersion: 1, artifacts: [first, second] });
  const good = { reference: "ghcr.io/team/b:1", digest: digest("d") };
  const cases: Readonly<Record<string, [string, RegExp]>> = {
    "no JSON": ["{", /it is no JSON: .*\nhint: repair it, or remove it/],
    "no object": ["[]", /it is no JSON object/],
    "another JSON": ["{}", /it is no lock file: it has no "lockfileVersion"/],
    "a version in quotes": ['{"lockfileVersion":"1"}', /no number is its "lockfileVersion"/],
    "a later version": [
      `{"lockfileVersion":2}`,
      /its lockfileVersion is 2, .* reads 1\nhint: use the version/,
    ],
    "no list": [`{"lockfileVersion":1}`, /it has no list "artifacts"/],
    "a merge": [
      formatLock([PLAIN]).replace('"artifacts"', '\n<<<<<<< HEAD\n"artifacts"'),
      /line 4 is a mark of a merge .*\nhint: take either side of it whole, then run oci-artifact lock/,
    ],
    "an entry that is none": [
      entry([]),
      /an entry is wrong\n {2}artifacts\[1\]: it is no JSON object/,
    ],
    "no reference": [entry({ digest: digest("a") }), /artifacts\[1\]: "reference" is missing/],
    "a wrong reference": [
      entry({ ...good, reference: "x y" }),
      /artifacts\[1\]: "x y": there is white space/,
    ],
    "no digest": [entry({ reference: "ghcr.io/team/b" }), /artifacts\[1\]: "digest" is missing/],
    "a wrong digest": [
      entry({ ...good, digest: "sha256:1" }),
      /artifacts\[1\]: "digest" is no digest/,
    ],
    "two digests": [
      entry({ ...good, reference: `ghcr.io/a/b@${digest("a")}` }),
      /its reference names sha256:a+, and its digest is sha256:d+/,
    ],
    "a range without a tag": [entry({ ...good, semver: "^1" }), /it has "semver", and no "tag"/],
    "a tag without a range": [entry({ ...good, tag: "1" }), /it has "tag", and no "semver"/],
    "a wrong tag": [entry({ ...good, semver: "^1", tag: "a b" }), /"tag" is none: /],
    "a wrong content": [
      entry({ ...good, content: { of: digest("a") } }),
      /artifacts\[1\]: "digest" is missing/,
    ],
    "a folder outside": [
      entry({ ...good, destination: "../x" }),
      /"destination": .* it has a ".." component/,
    ],
    "an absolute folder": [
      entry({ ...good, destination: "/x" }),
      /"destination": .* it is absolute/,
    ],
    "the own folder": [
      entry({ ...good, destination: "./" }),
      /"destination": it is the lock file's own folder/,
    ],
    "nested as deep as no comparison goes": [
      entry({ ...good, include: [] }).replace("[]", `${"[".repeat(1e5)}${"]".repeat(1e5)}`),
      /it is nested more than 64 levels deep/,
    ],
    "an artifact twice": [
      entry({ reference: "oci://ghcr.io/team/app?tag=1", digest: digest("d") }),
      /artifacts\[1\]: it is oci:\/\/ghcr\.io\/team\/app\?tag=1, as artifacts\[0\] is/,
    ],
  };
  for (const [name, [text, words]] of Object.entries(cases)) {
    test(name, () => {
      assert.throws(
        () => parseLock(text, "my.lock.json"),
        (error) => {
          assert.ok(error instanceof OciError);
          assert.equal(error.code, "CONFIG");
          assert.match(error.message, /^cannot use the lock file my\.lock\.json: /);
          assert.match(error.message, words);
          return true;
        },
      );
    });
  }

  test("all wrong entries at once", () => {
    const text = JSON.stringify({ lockfileVersion: 1, artifacts: [1, 2, good] });
    assert.throws(
      () => parseLock(text, "lock"),
      /2 entries are wrong\n {2}artifacts\[0\].*\n {2}artifacts\[1\]/,
    );
  });
});

describe("finding", () => {
  test("spellings of one reference are one artifact", () => {
    const key = (reference: string, inputs = {}): string => artifactKey({ reference, inputs });
    const name = key("ghcr.io/team/app:latest");
    for (const same of [
      "ghcr.io/team/app",
      "oci://ghcr.io/team/app//sub",
      `ghcr.io/team/app:latest@${digest("a")}`,
    ]) {
      assert.equal(key(same), name, same);
    }
    for (const other of [
      "ghcr.io/team/app:1",
      `ghcr.io/team/app@${digest("a")}`,
      "ghcr.io/team/ap",
    ]) {
      assert.notEqual(key(other), name, other);
    }
    assert.notEqual(key("ghcr.io/team/app", { semver: "^1" }), name);
    assert.notEqual(key("ghcr.io/team/app", { referrer: { artifactType: "a/b" } }), name);
    assert.equal(key("ghcr.io/team/app", { include: ["a"], platform: "linux/arm64" }), name);
    assert.equal(key("docker.io/library/busybox"), key("docker.io/busybox"));
    assert.equal(key("oci-layout://./media/../media/app:1"), key("oci-layout://media/app:1"));
    assert.notEqual(key("oci-layout:///media/app:1"), key("oci-layout://media/app:1"));
    assert.notEqual(
      key("docker.io/library/busybox"),
      key("busybox"),
      "machines read it differently",
    );
  });

  test("who has to have signed is no part of an entry's name", () => {
    const { reference } = PLAIN;
    assert.equal(entryKey({ reference, inputs: { verify: { keys: ["k"] } } }), entryKey(PLAIN));
    assert.notEqual(entryKey({ reference, inputs: { include: ["k"] } }), entryKey(PLAIN));
  });

  test("the very entry first, else what all of the artifact agree on", () => {
    const part: LockEntry = { ...PLAIN, inputs: { include: ["a"] } };
    const other: LockEntry = { ...PLAIN, inputs: { include: ["b"] }, digest: digest("9") };
    const wanted = { reference: PLAIN.reference, inputs: { include: ["c"] } };
    assert.deepEqual(findEntry([part, other], part), { kind: "one", entry: part, isSame: true });
    assert.deepEqual(findEntry([PLAIN, part], wanted), {
      kind: "one",
      entry: PLAIN,
      isSame: false,
    });
    const digests = [PLAIN.digest, other.digest];
    assert.deepEqual(findEntry([PLAIN, other], wanted), { kind: "several", digests });
    assert.deepEqual(findEntry([FULL], wanted), { kind: "none" });
    assert.deepEqual(findEntry([], PLAIN), { kind: "none" });
  });

  test("an entry takes the place of the one of its name", () => {
    const renewed = { ...PLAIN, digest: digest("9") };
    assert.deepEqual(withEntries([PLAIN, FULL], [renewed]), [FULL, renewed]);
  });
});

test("folders clash where one is, or lies in, the other", () => {
  const at = (destination: string): LockEntry => ({ ...PLAIN, destination });
  const { destined, clashes } = destinationsOf([at("./lib//a/"), at("lib/ab"), PLAIN]);
  assert.deepEqual(
    destined.map(({ folder }) => folder),
    ["lib/a", "lib/ab", "vendor/app"],
  );
  assert.deepEqual(clashes, []);
  const names = `${PLAIN.reference} and ${PLAIN.reference}`;
  assert.deepEqual(destinationsOf([at("lib/a/b"), at("lib/a"), at("lib/a")]).clashes, [
    `${names}: lib/a/b lies in lib/a`,
    `${names}: lib/a/b lies in lib/a`,
    `${names}: lib/a for both`,
  ]);
  // One folder on macOS and Windows.
  assert.deepEqual(destinationsOf([at("lib/A"), at("lib/a"), at("LIB/b")]).clashes, [
    `${names}: lib/A and lib/a differ in case alone`,
  ]);
});
