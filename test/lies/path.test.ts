/**
 * Names that lead outside, to another file, or to nothing that a disk could hold, in whatever way a
 * name can come: each is refused by name, and nothing of the artifact is seen.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { gzip, tar, tarGz, type TarMember } from "../support/archives";
import { MEDIA_TYPES, type LayerContent } from "../support/artifacts";
import { assertRefused } from "../support/unpacking";
import { zip } from "../support/zips";
import { hardlink, refuses, symlink, titled, titledDirectory, type Layer } from "./hostile";

const OUTSIDE: Readonly<Record<string, RegExp>> = {
  "..": /"\.\."/,
  "../canary/song": /"\.\."/,
  "a/../../canary/song": /"\.\."/,
  "a/..": /"\.\."/,
  "./../x": /"\.\."/,
  "a/b/../c": /"\.\."/,
  "/canary/song": /absolute/,
  "////canary/song": /absolute/,
  "C:/canary": /drive letter/,
  "c:canary": /drive letter/,
  "..\\canary": /backslash/,
  "\\\\server\\share": /backslash/,
  "a\\b": /backslash/,
};

/** Each puts the name where a reader may take it for a path. */
const WAYS: Readonly<Record<string, (name: string) => Layer>> = {
  "a file": (path) => [{ path: "first" }, { path, content: "dead" }],
  "a directory": (path) => [{ path, type: "directory" }],
  "a symlink": (path) => [{ path: "first" }, symlink(path, "first")],
  "a hard link": (path) => [{ path: "first" }, hardlink(path, "first")],
  "a target of a hard link": (link) => [{ path: "first" }, hardlink("bad", link)],
  "a pax record": (path) => [{ path: "first", pax: { path } }],
  "a prefix of ustar": (prefix) => [{ path: "first" }, { path: "song", header: { prefix } }],
  "a GNU long name": (name) => [
    { path: "extension", type: "L", content: `${name}\0` },
    { path: "first" },
  ],
  "an entry of a zip": (path) => zip([{ path: "first" }, { path, content: "dead" }]),
  "a title": (name) => titled(name),
  "a directory's title": (name) => titledDirectory(name, [{ path: "first" }]),
};

for (const [way, layerOf] of Object.entries(WAYS)) {
  describe(`${way} of the name`, () => {
    for (const [name, words] of Object.entries(OUTSIDE)) {
      refuses({ [name]: ["UNSAFE_ARCHIVE", words, layerOf(name)] });
    }
  });
}

describe("a name that is none", () => {
  const latin = Buffer.from("caf\xe9", "latin1");
  refuses({
    "of no bytes": ["BAD_ARCHIVE", /has no name/, [{ path: "" }]],
    "of no bytes, by pax": ["BAD_ARCHIVE", /two readings/, [{ path: "a", pax: { path: "" } }]],
    "of a NUL, by pax": ["BAD_ARCHIVE", /two readings/, [{ path: "a", pax: { path: "b\0c" } }]],
    "of a NUL, as a title": ["UNSAFE_ARCHIVE", /title .*NUL/, titled("a\0b")],
    "of no bytes, as a title": ["UNSAFE_ARCHIVE", /title|tree itself/, titled("./")],
    "of the tree itself": ["UNSAFE_ARCHIVE", /the tree itself/, [{ path: "./." }]],
    "of the tree itself, as a symlink": ["UNSAFE_ARCHIVE", /the tree itself/, [symlink(".", "a")]],
    "in Latin-1": ["UNSAFE_ARCHIVE", /not valid UTF-8/, [{ path: latin }]],
    "in Latin-1, by GNU": [
      "UNSAFE_ARCHIVE",
      /not valid UTF-8/,
      [{ path: "extension", type: "L", content: latin }, { path: "a" }],
    ],
    "in Latin-1, by pax": [
      "BAD_ARCHIVE",
      /entry "a" .*"path" has two readings/,
      [{ path: "a", rawPax: Buffer.concat([Buffer.from("13 path="), latin, Buffer.from("\n")]) }],
    ],
    "in Latin-1, as a symlink's target": [
      "UNSAFE_ARCHIVE",
      /not valid UTF-8/,
      [{ path: "a", type: "symlink", link: "x", header: { linkname: latin } }],
    ],
    "of half a surrogate": [
      "UNSAFE_ARCHIVE",
      /not valid UTF-8/,
      [{ path: Buffer.from("eda080", "hex") }],
    ],
    "of half a character, as a title": [
      "UNSAFE_ARCHIVE",
      /title "a\\ud800b" .*not valid UTF-8/,
      titled("a\ud800b"),
    ],
    "of other halves, which are one file on a disk": [
      "UNSAFE_ARCHIVE",
      /title .*not valid UTF-8/,
      titled("a\ud800"),
      titled("a\udbff"),
    ],
    "of half a character, as a directory's title": [
      "UNSAFE_ARCHIVE",
      /title .*not valid UTF-8/,
      titledDirectory("\udc00/d", [{ path: "x" }]),
    ],
    "of an overlong slash": [
      "UNSAFE_ARCHIVE",
      /not valid UTF-8/,
      [{ path: Buffer.from("2e2ec0af78", "hex") }],
    ],
  });
});

describe("a name that is too long", () => {
  const levels = (count: number): TarMember => ({ path: `${"d/".repeat(count)}x` });
  refuses({
    "by one byte": [
      "LIMIT_EXCEEDED",
      /limit componentBytes of 255 .*: 256/,
      [{ path: "n".repeat(256) }],
    ],
    "by one byte of UTF-8": [
      "LIMIT_EXCEEDED",
      /limit componentBytes of 255 .*: 256/,
      [{ path: `${"ü".repeat(128)}/a` }],
    ],
    "by one byte of a path": [
      "LIMIT_EXCEEDED",
      /limit pathBytes of 4096 .*: 4097/,
      [{ path: "d/".repeat(2048) + "x" }],
    ],
    "with 20,000 levels": ["LIMIT_EXCEEDED", /limit pathBytes/, [levels(20_000)]],
    "with 20,000 levels, by GNU": [
      "LIMIT_EXCEEDED",
      /limit pathBytes/,
      [{ ...levels(20_000), long: "gnu" }],
    ],
    "as a target": ["LIMIT_EXCEEDED", /limit pathBytes/, [symlink("a", "d/".repeat(4000))]],
    "as a title": ["LIMIT_EXCEEDED", /componentBytes/, titled("n".repeat(256))],
    "of more than a megabyte": [
      "BAD_ARCHIVE",
      /extension header of \d+ bytes/,
      [{ path: "n".repeat(1024 ** 2 + 1), long: "gnu" }],
    ],
  });

  test("for the disk alone: it says so, and what helps", async (t) => {
    const path = `${`${"d".repeat(99)}/`.repeat(40)}${"x".repeat(96)}`;
    assert.equal(path.length, DEFAULT_LIMITS.pathBytes);
    const words = /: a path in it is longer than this disk takes here\nhint: .*shorter path/;
    await assertRefused(t, [tar([{ path }])], "STORE", words);
  });
});

describe("two names that some disks take for one:", () => {
  const pairs: Readonly<Record<string, readonly [string, string]>> = {
    "upper and lower case": ["README", "readme"],
    "both ways to write é": ["caf\u00e9", "cafe\u0301"],
    "ß and SS": ["stra\u00dfe", "STRASSE"],
    "a ligature": ["\ufb01le", "FILE"],
    "the sign for Kelvin": ["\u212a", "k"],
    "an ohm and an omega": ["\u2126", "\u03a9"],
    "a folder and a file": ["Dir/a", "dir"],
    "two folders": ["Dir/a", "dir/b"],
  };
  for (const [name, [one, other]] of Object.entries(pairs)) {
    const words = /differ only in case or Unicode form/;
    refuses({
      [`${name} in a tar`]: ["UNSAFE_ARCHIVE", words, [{ path: one }, { path: other }]],
      [`${name} in a zip`]: ["UNSAFE_ARCHIVE", words, zip([{ path: one }, { path: other }])],
      [`${name} in two layers`]: ["UNSAFE_ARCHIVE", words, [{ path: one }], [{ path: other }]],
    });
  }
  refuses({
    "a symlink and the folder beside it": [
      "UNSAFE_ARCHIVE",
      /differ only in case/,
      [symlink("Link", "d"), { path: "link/a" }],
    ],
    "two titles": ["UNSAFE_ARCHIVE", /differ only in case/, titled("A"), titled("a")],
  });
});

/** Content that several threads unpack: the rest of the layer is what they are at when it ends. */
describe("in a large layer", () => {
  const noise = Array.from({ length: 90 }, (_, index) => ({
    path: `noise/${index}`,
    content: Buffer.from(Array.from({ length: 65_536 }, (_, at) => (at * at * (index + 7)) >> 8)),
  }));
  const large = (...members: readonly TarMember[]): LayerContent => {
    const half = noise.length / 2;
    const all = [...noise.slice(0, half), ...members, ...noise.slice(half)];
    return { bytes: tar(all), mediaType: MEDIA_TYPES.tar };
  };
  refuses({
    "a file outside": ["UNSAFE_ARCHIVE", /"\.\."/, large({ path: "../canary/song" })],
    "a symlink outside": ["UNSAFE_ARCHIVE", /outside/, large(symlink("bad", "../canary"))],
    "a file through a symlink": [
      "UNSAFE_ARCHIVE",
      /through the symlink/,
      large(symlink("bad", "noise"), { path: "bad/0" }),
    ],
    "a device": ["UNSAFE_ARCHIVE", /device/, large({ path: "bad", type: "character-device" })],
    "a name twice in two layers": [
      "BAD_ARCHIVE",
      /entry "noise\/3" of layer 1 .*layer 0/,
      large(),
      tarGz({ "noise/3": "other" }),
    ],
    "an end too soon": [
      "BAD_ARCHIVE",
      /Truncated input|cut off/,
      { bytes: large().bytes.slice(0, 5_000_000), mediaType: MEDIA_TYPES.tar },
    ],
    "a gzip that is cut": [
      "BAD_ARCHIVE",
      /no whole gzip/,
      { bytes: gzip(large().bytes as Buffer).subarray(0, -9), mediaType: MEDIA_TYPES.tarGzip },
    ],
  });
});
