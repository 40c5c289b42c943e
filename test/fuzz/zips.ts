/**
 * Zips in the ways in which tools write them, and tars in any number of gzip members and zstd frames: each
 * becomes the tree that was packed. Changed at random, what still becomes a tree has no content that
 * nobody packed.
 */
import * as assert from "node:assert/strict";
import { tarOf } from "../support/archives";
import { gzip } from "../support/archives";
import { zip, zipLink, type ZipMember } from "../support/zips";
import { skippable, zstdFrame } from "../support/zstd";
import type { Grammar, Round } from "./grammar";
import { mutated } from "./mutations";
import { pieces, several, type Random } from "./random";
import { unpackIn } from "./trees";

const STEMS = ["a", "main.tf", ".hidden", "x y", "é", "日本", "a..b", "-n", "n".repeat(90)];

/** Paths and contents: all that a zip and a tar say alike. */
function files(random: Random): ReadonlyMap<string, Buffer> {
  const made = several(random, 1, 6, () => "").map((_, at) => {
    const path = `${several(random, 1, 4, () => random.pick(STEMS)).join("/")}${at}`;
    const content = Buffer.alloc(random.pick([0, 1, 100, 600, 5_000]), path);
    for (let times = content.length && random.below(20); times > 0; times -= 1)
      content[random.below(content.length)] = random.below(256);
    return [path, content] as const;
  });
  return new Map(made);
}

function zipOf(packed: ReadonlyMap<string, Buffer>, random: Random): Buffer {
  const members = [...packed].map(([path, content]): ZipMember => {
    return {
      path,
      content,
      isStored: random.oneIn(2),
      ...(random.oneIn(4) ? { hasDescriptor: true } : {}),
      ...(random.oneIn(6) ? { isZip64: true } : {}),
      ...(random.oneIn(6) ? { mode: undefined } : {}),
    };
  });
  const folder = random.oneIn(3) ? [{ path: "folder/", mode: 0o040755 }] : [];
  const link = random.oneIn(3) ? [zipLink("link", "folder")] : [];
  const comment = random.oneIn(4) ? { comment: "PK\x05\x06 is no end" } : {};
  return zip([...folder, ...members, ...link], { ...comment, isZip64: random.oneIn(5) });
}

/** The tar in so many members or frames, cut wherever chance cuts it. */
function compressed(packed: ReadonlyMap<string, Buffer>, random: Random): Buffer {
  const tar = tarOf(Object.fromEntries(packed), { directories: random.oneIn(2) });
  const cut = several(random, 0, 4, () => random.below(tar.length)).sort((a, b) => a - b);
  const parts = [0, ...cut].map((start, at) => tar.subarray(start, cut[at] ?? tar.length));
  if (random.oneIn(2)) return gzip(...parts);
  return Buffer.concat(
    parts.flatMap((part) => [
      zstdFrame(part, {
        blockBytes: 1 + random.below(3_000),
        ...(random.oneIn(2) ? { declaredBytes: undefined } : {}),
      }),
      ...(random.oneIn(3) ? [skippable(pieces(random, part)[0] ?? "")] : []),
    ]),
  );
}

async function check({ random, folder }: Round): Promise<string> {
  const packed = files(random);
  const isZip = random.oneIn(2);
  const whole = isZip ? zipOf(packed, random) : compressed(packed, random);
  const isChanged = random.oneIn(2);
  const bytes = isChanged ? mutated(whole, random, [zipOf(files(random), random)]) : whole;
  const unpacked = await unpackIn(folder, [{ bytes, form: { kind: "archive", directory: "" } }]);
  if ("code" in unpacked) {
    assert.ok(isChanged, unpacked.message);
    return unpacked.code;
  }
  const { contents } = unpacked;
  if (!isChanged) assert.deepEqual(new Map(contents), new Map(packed));
  else if (isZip) {
    // Each content has a checksum: what was changed is told, or was no content.
    const known = new Set([...packed.values()].map((content) => content.toString("hex")));
    for (const content of contents.values()) assert.ok(known.has(content.toString("hex")));
  }
  return isZip ? "zip" : "members";
}

export const zips: Grammar = {
  name: "zips",
  share: 500,
  reaches: ["zip", "members", "BAD_ARCHIVE"],
  round: check,
};
