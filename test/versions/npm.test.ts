/**
 * Beside npm's `semver`, on made-up versions, where SemVer leaves no choice: the order of versions, and
 * ranges of whole versions without prereleases. The seeds are fixed; a failure names the texts.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import * as semver from "semver";
import { isInRange } from "../../provider/versions/in-range";
import { parseRange } from "../../provider/versions/range";
import { compareVersions, parseVersion, type Version } from "../../provider/versions/version";
import {
  byPreference,
  parseVersionTag,
  type VersionTag,
} from "../../provider/versions/version-tag";

const ROUNDS = 5000;

/** One more than the last is the largest that npm takes. */
const NUMBERS = ["0", "0", "1", "1", "2", "3", "10", "9007199254740990"];
const WORDS = ["0", "1", "2", "11", "alpha", "beta", "rc", "x", "-", "a-b", "1a", "ALPHA", "--1"];

type Pick = <T>(items: readonly T[]) => T;

test("versions come in the same order", () => {
  const pick = picker(1);
  for (let round = 0; round < ROUNDS; round += 1) {
    const [one, other] = [madeUp(pick, "-"), madeUp(pick, "-")];
    assert.equal(
      Math.sign(compareVersions(version(one), version(other))),
      semver.compare(one, other),
      `${one} and ${other}`,
    );
  }
});

test("of equal versions with build metadata, the same one is the higher", () => {
  const pick = picker(2);
  for (let round = 0; round < ROUNDS; round += 1) {
    const [one, other] = [`1.0.0+${words(pick)}`, `1.0.0+${words(pick)}`];
    if (one === other) continue;
    const preferred = Math.sign(byPreference(versionTag(one), versionTag(other)));
    assert.equal(preferred, -semver.compareBuild(one, other), `${one} and ${other}`);
  }
});

test("whole versions without prereleases are in the same ranges", () => {
  const pick = picker(3);
  for (let round = 0; round < ROUNDS; round += 1) {
    const operator = pick(["", "=", ">", ">=", "<", "<=", "^", "~"]);
    const [base, other] = [madeUp(pick), madeUp(pick)];
    // Where the two libraries differ: "~0.0.0" is anything here.
    if (operator === "~" && base === "0.0.0") continue;
    const text = `${operator}${base}`;
    const parsed = parseRange(text);
    assert.ok(parsed.ok);
    assert.equal(
      isInRange(version(other), parsed.range),
      semver.satisfies(other, text),
      `${other} in ${text}`,
    );
  }
});

/** A whole version; half of them with what the separator introduces. */
function madeUp(pick: Pick, separator?: "-"): string {
  const numbers = [pick(NUMBERS), pick(NUMBERS), pick(NUMBERS)].join(".");
  const hasWords = separator !== undefined && pick([true, false]);
  return hasWords ? `${numbers}${separator}${words(pick)}` : numbers;
}

function words(pick: Pick): string {
  return Array.from({ length: pick([1, 1, 2, 3]) }, () => pick(WORDS)).join(".");
}

function version(text: string): Version {
  const parsed = parseVersion(text);
  assert.ok(parsed !== undefined, text);
  return parsed;
}

function versionTag(text: string): VersionTag {
  const parsed = parseVersionTag(text);
  assert.ok(parsed !== undefined, text);
  return parsed;
}

/** Picks the same each time: a linear congruential generator, of which the high bits are taken. */
function picker(seed: number): Pick {
  let state = BigInt(seed);
  return (items) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    const item = items[Number(state >> 33n) % items.length];
    assert.ok(item !== undefined);
    return item;
  };
}
