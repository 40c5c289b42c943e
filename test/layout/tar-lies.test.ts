/**
 * Tars of layouts that are broken, or could be read in two ways: each is refused in words that say what is
 * wrong with it.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gzip, tar, type TarMember } from "../support/archives";
import { membersOf, tarOfLayout } from "../support/layouts";
import { zstdFrame } from "../support/zstd";
import { honest, type Honest, PROGRAMS, refused } from "./honest";

describe("a tar that lies", () => {
  const TAR = "oci-layout://bundle.tar:1";

  function packed(change: (members: readonly TarMember[]) => readonly TarMember[]): Honest {
    const world = honest();
    const bytes = tar(change(membersOf(world.layout.folder)));
    writeFileSync(join(world.directory, "bundle.tar"), bytes);
    return world;
  }

  for (const [what, pack, words] of [
    ["gzip", gzip, /compressed with gzip\n.*\nhint: unpack it once: gunzip/],
    ["zstd", zstdFrame, /compressed with zstd\n.*\nhint: unpack it once: unzstd/],
  ] as const) {
    test(`compressed with ${what}`, async () => {
      const world = honest();
      const bytes = pack(tarOfLayout(world.layout.folder));
      writeFileSync(join(world.directory, "bundle.tar"), bytes);
      await refused(world, "LAYOUT", words, TAR);
    });
  }

  for (const type of ["symlink", "hardlink", "character-device", "fifo"] as const) {
    test(`with a ${type} in it`, async () => {
      const link = {
        path: "blobs/sha256/x",
        type,
        ...(type.endsWith("link") ? { link: "y" } : {}),
      };
      const world = packed((members) => [...members, link]);
      await refused(world, "LAYOUT", /holds blobs\/sha256\/x, which is a link or a device/, TAR);
    });
  }

  test("with a name twice, also where one is written in another way", async () => {
    const second = { path: "./index.json", content: "{}" };
    const world = packed((members) => [...members, second]);
    await refused(world, "LAYOUT", /holds index.json twice/, TAR);
  });

  test("with a name that two readers would read in two ways", async () => {
    const hidden = { path: "x", content: "", rawPax: "12 path=y\n12 path=z\n" };
    const world = packed((members) => [...members, hidden]);
    await refused(world, "LAYOUT", /is ambiguous/, TAR);
  });

  for (const [what, end] of [
    ["in a file", -2_000],
    ["in a header", -1_300],
  ] as const) {
    test(`cut off ${what}`, async () => {
      const world = honest();
      const members = [...membersOf(world.layout.folder), { path: "x", content: "x".repeat(400) }];
      const bytes = tar(members).subarray(0, end);
      writeFileSync(join(world.directory, "bundle.tar"), bytes);
      await refused(world, "LAYOUT", /was cut off\n.*\nhint: copy it again/, TAR);
    });
  }

  for (const [what, bytes] of [
    ["empty", Buffer.alloc(0)],
    ["a page", Buffer.from("<html>".repeat(200))],
  ] as const) {
    test(`that is ${what}`, async () => {
      const program = PROGRAMS.next();
      writeFileSync(join(program.directory, "bundle.tar"), bytes);
      await refused(program, "LAYOUT", /is a file, and no tar/, TAR);
    });
  }

  test("with more entries than the limit", async () => {
    const world = packed((members) => members);
    const limits = { entries: 3 };
    await refused(world, "LIMIT_EXCEEDED", /limits\.entries/, TAR, { limits });
  });

  test("of an older docker save", async () => {
    const program = PROGRAMS.next();
    const bytes = tar([{ path: "manifest.json", content: "[]" }]);
    writeFileSync(join(program.directory, "bundle.tar"), bytes);
    await refused(program, "LAYOUT", /hint: .*docker save.*skopeo copy docker-archive/, TAR);
  });
});
