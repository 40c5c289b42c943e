/**
 * GHSA-m37j-52j7-pjw7: links were judged by their text, and for files at the root of the archive nobody
 * looked whether their name was such a link already: the file was written through it.
 */
import { describe } from "node:test";
import { keeps, refuses, symlink, titledDirectory } from "../lies/hostile";

/** Each leads inside by its text; the kernel follows "deep" first, and is outside with "out". */
const chain = [
  { path: "x/y/z/file" },
  symlink("deep", "x/y/z"),
  symlink("x/y/z/top", "../../.."),
  symlink("out", "deep/top/../canary/song"),
];

describe("a file over a symlink of its own name", () => {
  refuses({
    "that leads outside by a chain": ["UNSAFE_ARCHIVE", /entry "out" .*outside of the tree/, chain],
    "that leads outside by a chain, in a titled directory": [
      "UNSAFE_ARCHIVE",
      /entry "out" .*outside of the tree/,
      titledDirectory(".", chain),
    ],
  });
  keeps({
    "takes its place": [
      { "x/y/z/file": "", "x/y/z/top": " -> ../../..", deep: " -> x/y/z", out: "mine" },
      [...chain, { path: "out", content: "mine" }],
    ],
  });
});
