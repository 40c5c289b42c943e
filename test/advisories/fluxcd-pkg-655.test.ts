/**
 * fluxcd/pkg #655: symlinks were left out without a word, and the content was another one than the
 * digest says. What cannot be kept ends the pull, and is named.
 */
import { describe } from "node:test";
import { refuses, symlink } from "../lies/hostile";

describe("what cannot be kept is no reason to go on without it", () => {
  const file = { path: "app.yaml", content: "kind: App\n" };
  refuses({
    "a symlink outside": [
      "UNSAFE_ARCHIVE",
      /entry "bad" .*outside of the tree/,
      [file, symlink("bad", "../x")],
    ],
    "an absolute symlink": [
      "UNSAFE_ARCHIVE",
      /entry "bad" .*absolute/,
      [file, symlink("bad", "/app.yaml")],
    ],
    "a symlink to nothing": ["BAD_ARCHIVE", /link without a target/, [file, symlink("bad", "")]],
    "a symlink to itself": [
      "UNSAFE_ARCHIVE",
      /entry "bad" .*to itself/,
      [file, symlink("bad", "bad")],
    ],
    "a named pipe": [
      "UNSAFE_ARCHIVE",
      /entry "bad" .*named pipe/,
      [file, { path: "bad", type: "fifo" }],
    ],
  });
});
