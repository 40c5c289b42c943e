/**
 * fluxcd/pkg #538: an artifact with a symlink could not be unpacked at all. One that stays inside is
 * content like any other.
 */
import { describe } from "node:test";
import { hardlink, keeps, symlink } from "../lies/hostile";

describe("an artifact with links inside", () => {
  keeps({
    "of programs with several names": [
      { "bin/bzdiff": "#!/bin/sh\n", "bin/bzcmp": " -> bzdiff", "bin/bzless": "#!/bin/sh\n" },
      [
        { path: "bin/bzdiff", content: "#!/bin/sh\n", mode: 0o755 },
        symlink("bin/bzcmp", "bzdiff"),
        hardlink("bin/bzless", "bin/bzdiff"),
      ],
    ],
    "that lead nowhere": [{ gone: " -> not/there" }, [symlink("gone", "not/there")]],
    "and nothing else": [
      { one: " -> two", two: " -> ." },
      [symlink("one", "two"), symlink("two", ".")],
    ],
  });
});
