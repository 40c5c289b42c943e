/**
 * GHSA-g5v4-5x39-vwhx: the tar of a titled directory wrote to wherever its names, links and hard links
 * led. They count from the title, and the title from the tree.
 */
import { describe } from "node:test";
import { hardlink, keeps, refuses, symlink, titledDirectory } from "../lies/hostile";

const directory = (...members: Parameters<typeof titledDirectory>[1]) =>
  titledDirectory("charts", members);

describe("the tar of a directory", () => {
  refuses({
    "with a file above": ["UNSAFE_ARCHIVE", /"\.\.\/song"/, directory({ path: "../song" })],
    "with a file beside its title": [
      "UNSAFE_ARCHIVE",
      /entry "charts\/\.\.\/song"/,
      directory({ path: "charts/../song" }),
    ],
    "with an absolute file": ["UNSAFE_ARCHIVE", /absolute/, directory({ path: "/tmp/song" })],
    "with a symlink out of the tree": [
      "UNSAFE_ARCHIVE",
      /entry "charts\/bad" .*outside of the tree/,
      directory(symlink("charts/bad", "../../canary")),
    ],
    "with a hard link out of it": [
      "UNSAFE_ARCHIVE",
      /entry "charts\/bad" .*"\.\."/,
      directory(hardlink("charts/bad", "../../canary/song")),
    ],
    "with a hard link to the process's own files": [
      "BAD_ARCHIVE",
      /"charts\/package.json", which is not there/,
      directory(hardlink("charts/bad", "package.json")),
    ],
  });
  for (const title of ["../charts", "/charts", "..", "charts/../..", "C:charts", "a\\b"]) {
    refuses({
      [`with the title ${title}`]: [
        "UNSAFE_ARCHIVE",
        /title/,
        titledDirectory(title, [{ path: "song" }]),
      ],
    });
  }
  keeps({
    "with links of its own": [
      { "charts/a": "A", "charts/b": "A", "charts/c": " -> a" },
      directory({ path: "a", content: "A" }, hardlink("b", "a"), symlink("c", "a")),
    ],
  });
});
