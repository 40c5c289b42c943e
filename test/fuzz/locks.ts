/**
 * Lock files: what is written is read back, and written again it is the same bytes; what is changed at
 * random is entries, or an error that names the file.
 */
import * as assert from "node:assert/strict";
import { destinationsOf } from "../../provider/lock/destinations";
import { entryKey, findEntry } from "../../provider/lock/entries";
import type { LockEntry } from "../../provider/lock/lock-entry";
import { formatLock, parseLock } from "../../provider/lock/lock-file";
import type { Grammar } from "./grammar";
import { outcomeOf } from "./judge";
import { mutatedJson, mutatedText } from "./mutations";
import { several, type Random } from "./random";

const FILE = "/program/oci-artifact.lock.json";
const DIGEST = `sha256:${"0a".repeat(32)}`;

const REFERENCES = ["ghcr.io/a/b:1", "busybox", "oci://host/b//sub", "oci-layout://./x:1", "a/b:2"];
const INPUTS: readonly LockEntry["inputs"][] = [
  {},
  { semver: "^1", tagPrefix: "v" },
  { include: ["b", "a"], platform: "linux/amd64" },
  { verify: { keys: ["k"], b: { z: 1, a: [] } } },
  JSON.parse('{"__proto__":{"a":1},"constructor":"x"}') as LockEntry["inputs"],
];

const PARTS = [
  '"',
  ":",
  ",",
  "{",
  "}",
  "[",
  "]",
  "\\",
  "null",
  "<<<<<<< a\n",
  "\ufeff",
  "\n",
  '"a":1,',
];

function entry(random: Random): LockEntry {
  const inputs = random.pick(INPUTS);
  const reference = random.pick(REFERENCES);
  return {
    reference,
    ...(inputs["semver"] === undefined ? {} : { tag: "1.0.0" }),
    digest: DIGEST,
    inputs,
    ...(random.oneIn(2) ? {} : { content: { of: DIGEST, digest: DIGEST } }),
    ...(random.oneIn(2) ? {} : { destination: random.pick(["a", "a/b", "vendor/c"]) }),
  };
}

/** One of each name, which is what a lock file has. */
function entries(random: Random): readonly LockEntry[] {
  const made = several(random, 0, 4, () => entry(random));
  return [...new Map(made.map((each) => [entryKey(each), each])).values()];
}

/** Nested as no person nests, and as a parser or a comparison that calls itself could not stand. */
function nested(random: Random): string {
  const depth = random.pick([10, 1_000, 100_000]);
  const [open, close] = random.pick([
    ["[", "]"],
    ['{"a":', "}"],
  ]);
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

function changed(text: string, random: Random): string {
  if (random.oneIn(30)) return text.replace('"digest"', `"x": ${nested(random)}, "digest"`);
  return random.oneIn(2)
    ? mutatedJson(JSON.parse(text) as unknown, random)
    : mutatedText(text, random, PARTS);
}

export const locks: Grammar = {
  name: "locks",
  share: 4_000,
  reaches: ["read", "done", "CONFIG"],
  round({ random }) {
    const made = entries(random);
    const text = formatLock(made);
    if (random.oneIn(3)) {
      const read = parseLock(text, FILE);
      const byKey = (list: readonly LockEntry[]): unknown =>
        list.map((each) => JSON.stringify([entryKey(each), each.digest, each.destination])).sort();
      assert.deepEqual(byKey(read), byKey(made));
      assert.equal(formatLock(read), text);
      for (const one of made) assert.equal(findEntry(read, one).kind, "one");
      return "read";
    }
    const work = (): void => {
      const read = parseLock(changed(text, random), FILE);
      const again = formatLock(read);
      assert.equal(formatLock(parseLock(again, FILE)), again);
      destinationsOf(read);
    };
    return outcomeOf(work, { about: FILE });
  },
};
