/**
 * Links that lead outside, in circles, or under what is written later: each is refused by name, over
 * the whole road, and neither the working folder nor anything else is read through one.
 */
import { describe } from "node:test";
import { basename } from "node:path";
import type { TarMember } from "../support/archives";
import { zip, zipLink } from "../support/zips";
import { hardlink, keeps, refuses, symlink, titled, titledDirectory } from "./hostile";

const song = (path: string): TarMember => ({ path, content: "dead" });
const OUTSIDE = /outside of the tree/;

describe("a symlink", () => {
  const targets: Readonly<Record<string, RegExp>> = {
    "/": /absolute/,
    "/etc/passwd": /absolute/,
    "//canary": /absolute/,
    "..": OUTSIDE,
    "../": OUTSIDE,
    "../canary": OUTSIDE,
    "./../canary/song": OUTSIDE,
    "a/../../canary": OUTSIDE,
    "a/b/../../../canary": OUTSIDE,
    "not/there/../../../canary": OUTSIDE,
    "C:/canary": /drive letter/,
    "C:canary": /drive letter/,
    "..\\canary": /backslash/,
  };
  for (const [target, words] of Object.entries(targets)) {
    refuses({
      [`to ${target}`]: ["UNSAFE_ARCHIVE", words, [song("a/b/file"), symlink("bad", target)]],
      [`to ${target}, by pax`]: [
        "UNSAFE_ARCHIVE",
        words,
        [song("a/b/file"), { ...symlink("bad", "a"), pax: { linkpath: target } }],
      ],
      [`to ${target}, in a zip`]: [
        "UNSAFE_ARCHIVE",
        words,
        zip([{ path: "a/b/file" }, zipLink("bad", target)]),
      ],
    });
  }
  refuses({
    "to the working folder": [
      "UNSAFE_ARCHIVE",
      OUTSIDE,
      [symlink("bad", `../../${basename(process.cwd())}`)],
    ],
    "to an absolute path of the working folder": [
      "UNSAFE_ARCHIVE",
      /absolute/,
      [symlink("bad", process.cwd())],
    ],
    "to a NUL": ["UNSAFE_ARCHIVE", /NUL/, zip([zipLink("bad", "a\0b")])],
    "to nothing, in a zip": ["UNSAFE_ARCHIVE", /empty/, zip([zipLink("bad", "")])],
    "by a GNU long name": [
      "UNSAFE_ARCHIVE",
      OUTSIDE,
      [{ ...symlink("bad", `../canary/${"x".repeat(120)}`), long: "gnu" }],
    ],
    "to nothing": ["BAD_ARCHIVE", /a link without a target/, [symlink("bad", "")]],
    "to itself": ["UNSAFE_ARCHIVE", /links to itself/, [symlink("bad", "bad")]],
    "to what is below itself": ["UNSAFE_ARCHIVE", /links to itself/, [symlink("bad", "bad/x")]],
    "in a circle of three": [
      "UNSAFE_ARCHIVE",
      /links to itself/,
      [symlink("a", "b"), symlink("b", "c"), symlink("c", "a")],
    ],
    "in a chain of 41": [
      "UNSAFE_ARCHIVE",
      /too many links/,
      Array.from({ length: 42 }, (_, index) => symlink(`l${index}`, `l${index + 1}`)),
    ],
    "with content": [
      "BAD_ARCHIVE",
      /has content, but is no file/,
      [{ ...symlink("bad", "a"), content: "dead" }, song("a")],
    ],
    "that costs too much to follow": [
      "UNSAFE_ARCHIVE",
      /one of too many long links/,
      [
        symlink("d", `${"./".repeat(1950)}x`),
        ...Array.from({ length: 300 }, (_, index) =>
          symlink(`l${index}`, "d/../".repeat(35) + "x"),
        ),
      ],
    ],
  });
  keeps({
    "in a chain of 40": [
      {
        ...Object.fromEntries(
          Array.from({ length: 40 }, (_, index) => [`l${index}`, ` -> l${index + 1}`]),
        ),
      },
      Array.from({ length: 40 }, (_, index) => symlink(`l${index}`, `l${index + 1}`)),
    ],
    "up to the root and down again": [
      { "a/b/link": " -> ../../c", c: "dead" },
      [symlink("a/b/link", "../../c"), song("c")],
    ],
  });
});

describe("symlinks that lead outside together", () => {
  refuses({
    "lexically inside": [
      "UNSAFE_ARCHIVE",
      /entry "bad" .*outside/,
      [song("x/y/z/f"), symlink("x/y/z/up", "../../.."), symlink("bad", "x/y/z/up/../canary")],
    ],
    "through a folder that is a link": [
      "UNSAFE_ARCHIVE",
      /entry "bad" .*outside/,
      [
        song("x/y/f"),
        symlink("d", "x/y"),
        symlink("up", "d/.."),
        symlink("bad", "up/../../canary"),
      ],
    ],
    "that came before what they go through": [
      "UNSAFE_ARCHIVE",
      /entry "bad" .*outside/,
      [symlink("bad", "later/../canary"), symlink("later", ".")],
    ],
    "through a file": [
      "UNSAFE_ARCHIVE",
      /entry "bad" .*outside/,
      [song("f"), symlink("bad", "f/../../canary")],
    ],
    "in the place of what a hard link shares": [
      "UNSAFE_ARCHIVE",
      /entry "f" .*outside/,
      [song("f"), hardlink("h", "f"), symlink("f", "../canary/song")],
    ],
    "across layers": [
      "UNSAFE_ARCHIVE",
      /entry "bad" of layer 0 .*outside/,
      [song("a/b/f"), symlink("bad", "d/../canary")],
      [symlink("d", "a/..")],
    ],
    "across a tar and a zip": [
      "UNSAFE_ARCHIVE",
      /entry "bad" of layer 1 .*outside/,
      [song("a/f"), symlink("a/up", "..")],
      zip([zipLink("bad", "a/up/../canary")]),
    ],
    "by a hard link that moves one": [
      "UNSAFE_ARCHIVE",
      /entry "bad" .*outside/,
      [song("a/b/f"), symlink("a/b/ok", "../../f"), hardlink("bad", "a/b/ok")],
    ],
  });
});

describe("what goes through a symlink", () => {
  const through = (link: string): RegExp => new RegExp(`through the symlink "${link}"`);
  const link = symlink("link", "d");
  const inside = [song("d/x"), link];
  refuses({
    "a file": ["UNSAFE_ARCHIVE", through("link"), [...inside, song("link/song")]],
    "a folder": [
      "UNSAFE_ARCHIVE",
      through("link"),
      [...inside, { path: "link/sub", type: "directory" }],
    ],
    "a symlink": ["UNSAFE_ARCHIVE", through("link"), [...inside, symlink("link/sub", "x")]],
    "a hard link": ["UNSAFE_ARCHIVE", through("link"), [...inside, hardlink("link/y", "d/x")]],
    "a hard link's target": [
      "UNSAFE_ARCHIVE",
      through("link"),
      [...inside, hardlink("y", "link/x")],
    ],
    "a file, where the link's name ends in a slash": [
      "UNSAFE_ARCHIVE",
      through("link"),
      [song("d/x"), symlink("link/", "d"), song("link/x")],
    ],
    "a chain's hard link": [
      "UNSAFE_ARCHIVE",
      through("one"),
      [symlink("one", "two"), symlink("two", "../canary"), hardlink("bad", "one/song")],
    ],
    "a file of the next layer": ["UNSAFE_ARCHIVE", through("link"), inside, [song("link/song")]],
    "a file of a zip": [
      "UNSAFE_ARCHIVE",
      through("link"),
      inside,
      zip([{ path: "link/song", content: "dead" }]),
    ],
    "a titled file": ["UNSAFE_ARCHIVE", through("link"), inside, titled("link/song")],
    "a titled directory": [
      "UNSAFE_ARCHIVE",
      through("link"),
      inside,
      titledDirectory("link", [song("song")]),
    ],
    "a folder in place of the link, in another layer": [
      "BAD_ARCHIVE",
      /entry "link" of layer 1 .*layer 0/,
      inside,
      [{ path: "link", type: "directory" }, song("link/song")],
    ],
  });
});

describe("a hard link", () => {
  const target = song("a/f");
  refuses({
    "to an absolute path": ["UNSAFE_ARCHIVE", /absolute/, [target, hardlink("bad", "/etc/passwd")]],
    "to a path outside": ["UNSAFE_ARCHIVE", /"\.\."/, [target, hardlink("bad", "../canary/song")]],
    "to a path outside, by a GNU long name": [
      "UNSAFE_ARCHIVE",
      /"\.\."/,
      [target, { path: "long", type: "K", content: "../canary/song\0" }, hardlink("bad", "a/f")],
    ],
    "to nothing": ["BAD_ARCHIVE", /a link without a target/, [target, hardlink("bad", "")]],
    "to a path that comes back": [
      "UNSAFE_ARCHIVE",
      /"\.\."/,
      [target, hardlink("bad", "b/../a/f")],
    ],
    "to a file of the working folder": [
      "BAD_ARCHIVE",
      /"package.json", which is not there/,
      [target, hardlink("bad", "package.json")],
    ],
    "to a file beside itself, which counts from the root": [
      "BAD_ARCHIVE",
      /"f", which is not there/,
      [target, hardlink("a/bad", "f")],
    ],
    "to what comes later": ["BAD_ARCHIVE", /not there/, [hardlink("bad", "later"), song("later")]],
    "to what another layer holds": [
      "BAD_ARCHIVE",
      /entry "bad" of layer 1 .*not there/,
      [song("first")],
      [hardlink("bad", "frst")],
    ],
    "to a folder": ["BAD_ARCHIVE", /the directory "a"/, [target, hardlink("bad", "a")]],
    "to the tree": ["BAD_ARCHIVE", /the directory ""/, [target, hardlink("bad", ".")]],
    "to itself, in another layer": [
      "BAD_ARCHIVE",
      /link to itself/,
      [target],
      [hardlink("a/f", "a/f")],
    ],
    "by a pax record": [
      "UNSAFE_ARCHIVE",
      /absolute/,
      [target, { ...hardlink("bad", "a/f"), pax: { linkpath: "/etc/passwd" } }],
    ],
    "with content": [
      "BAD_ARCHIVE",
      /has content, but is no file/,
      [target, { ...hardlink("bad", "a/f"), content: "dead" }],
    ],
  });
  keeps({
    "to a hard link": [
      { "a/f": "dead", b: "dead", c: "dead" },
      [target, hardlink("b", "a/f"), hardlink("c", "b")],
    ],
    "whose target is replaced": [
      { "a/f": "new", b: "dead" },
      [target, hardlink("b", "a/f"), { path: "a/f", content: "new" }],
    ],
    "that is replaced": [
      { "a/f": "dead", b: "new" },
      [target, hardlink("b", "a/f"), { path: "b", content: "new" }],
    ],
    "across layers": [{ "a/f": "dead", b: "dead" }, [target], [hardlink("b", "a/f")]],
    "to itself, as GNU packs what it is told to pack twice": [
      { "a/f": "dead" },
      [target, hardlink("a/f", "a/f")],
    ],
  });

  const bomb = [
    { path: "f", content: Buffer.alloc(1024 ** 2) },
    ...Array.from({ length: 100 }, (_, index) => hardlink(`l${index}`, "f")),
  ];
  refuses(
    {
      "a hundred times": ["LIMIT_EXCEEDED", /limit extractedBytes of 10485760/, bomb],
    },
    { limits: { extractedBytes: 10 * 1024 ** 2 } },
  );
});
