/** Compressed layers that are cut, damaged, forged, or come to far more than they seem. */
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { flipped, gzip, sha256, tar, tarGz, tarOf } from "../support/archives";
import { assertRefused, TAR, unpackLayers } from "../support/unpacking";
import { blockHeader, run, skippable, zstdFrame } from "../support/zstd";

const MIB = 1024 ** 2;
const TAR_ZSTD = `${TAR}+zstd`;
const noise = randomBytes(200_000).toString("base64");
const whole = tarOf({ a: "A", noise });
const frame = zstdFrame(whole);

/** Blocks of a run: four bytes for each 128 KiB. */
function runs(bytes: number, isLast = true): Buffer {
  const count = Math.ceil(bytes / (128 * 1024));
  const blocks = Array.from({ length: count }, (_, index) =>
    run(0, 128 * 1024, isLast && index === count - 1),
  );
  return Buffer.concat(blocks);
}

/** A tar of one file of zeros, in a frame of a few kilobytes. */
function zstdBomb(bytes: number): Buffer {
  const header = tar([{ path: "zeros", header: { size: `${bytes.toString(8)}\0` } }], {
    endBlocks: 0,
  });
  const first = Buffer.concat([blockHeader(0, header.length, false), header]);
  return zstdFrame("", { declaredBytes: undefined, blocks: Buffer.concat([first, runs(bytes)]) });
}

describe("zstd that is not whole, or no zstd", () => {
  const cases: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
    "cut in its magic": [frame.subarray(0, 5), /cut off/],
    "cut in its header": [frame.subarray(0, 9), /cut off/],
    "cut in a block": [frame.subarray(0, 5000), /cut off/],
    "cut between blocks": [
      zstdFrame("", { declaredBytes: undefined, blocks: runs(MIB, false) }),
      /cut off/,
    ],
    "cut in a skippable frame": [
      Buffer.concat([frame, skippable("more").subarray(0, 10)]),
      /cut off/,
    ],
    "cut in a second frame": [Buffer.concat([frame, frame.subarray(0, 30)]), /cut off/],
    "without its checksum": [zstdFrame(whole, { descriptor: 0xc4 }), /cut off/],
    "with bytes behind it": [Buffer.concat([frame, Buffer.from("garbage")]), /zstd that/],
    "with many bytes behind it": [Buffer.concat([frame, Buffer.from(noise)]), /no frame of zstd/],
    "with zeros behind it": [Buffer.concat([frame, Buffer.alloc(512)]), /no frame of zstd/],
    "with a block of no known kind": [
      zstdFrame("", { blocks: blockHeader(3, 4, true) }),
      /no known kind/,
    ],
    "with a block that is too long": [
      zstdFrame("", { blocks: run(0, 128 * 1024 + 1) }),
      /no known kind/,
    ],
    "with a compressed block of garbage": [
      zstdFrame("", {
        declaredBytes: undefined,
        blocks: Buffer.concat([blockHeader(2, 9, true), Buffer.from("garbage!!")]),
      }),
      /no whole zstd|cannot be inflated/,
    ],
    "that comes to less than it declares": [
      zstdFrame(whole, { declaredBytes: whole.length + 1 }),
      /zstd/,
    ],
    "that comes to more than it declares": [
      zstdFrame(whole, { declaredBytes: whole.length - 1 }),
      /zstd/,
    ],
    "that needs a dictionary": [zstdFrame("x".repeat(20), { descriptor: 0x03 }), /a dictionary/],
    "of a later format": [zstdFrame(whole, { descriptor: 0xc8 }), /later format/],
    "of an earlier format": [
      Buffer.concat([Buffer.from("27b52ffd", "hex"), whole]),
      /no tar|wrong checksum/,
    ],
    "of skippable frames alone": [
      Buffer.concat(Array<Buffer>(1_000).fill(skippable("more"))),
      /no tar/,
    ],
    "of nothing": [zstdFrame(""), /no tar/],
    "of something that is no tar": [zstdFrame("x".repeat(2000)), /tar/],
    "of gzip": [zstdFrame(gzip(whole)), /gzip inside/],
    "of zstd": [zstdFrame(frame), /tar/],
    "inside gzip": [gzip(frame), /tar/],
  };
  for (const [name, [bytes, words]] of Object.entries(cases)) {
    test(name, async (t) => {
      const error = await assertRefused(t, [{ bytes, mediaType: TAR_ZSTD }], "BAD_ARCHIVE", words);
      assert.match(error.message, /layer 0 \(sha256:[0-9a-f]{12}\)/);
    });
  }
});

describe("windows of zstd", () => {
  for (const [name, window] of Object.entries({
    "one step above 32 MiB": 0x79,
    "of 128 MiB": 0x88,
    "as large as can be": 0xff,
  })) {
    test(`${name} is refused, in the first frame and in a later one`, async (t) => {
      const bad = zstdFrame(whole, { window });
      for (const bytes of [bad, Buffer.concat([frame, bad])]) {
        const layer = { bytes, mediaType: TAR_ZSTD };
        const words = /window of \d+ bytes; up to 33554432 are supported/;
        await assertRefused(t, [layer], "BAD_ARCHIVE", words);
      }
    });
  }

  test("a content of 33 MiB in one segment is such a window", async (t) => {
    const bytes = Buffer.from("28b52ffdb40000100200000000", "hex");
    bytes.writeUInt32LE(33 * MIB, 5);
    const words = /window of 34603008 bytes/;
    await assertRefused(t, [{ bytes, mediaType: TAR_ZSTD }], "BAD_ARCHIVE", words);
  });

  test("an untitled layer of an unknown type is refused, too, and not taken for a file", async (t) => {
    const layer = { bytes: zstdFrame(whole, { window: 0xff }), mediaType: "application/x-unknown" };
    await assertRefused(t, [layer], "BAD_ARCHIVE", /window/);
  });
});

describe("bombs", () => {
  const limits = { ratio: 200, ratioFreeBytes: 8 * MIB };

  test("a gigabyte of zeros in a zstd of 32 KiB ends at the ratio", async (t) => {
    const bytes = zstdBomb(1024 * MIB);
    assert.ok(bytes.length < 34_000);
    const words = /limit ratio of 200 /;
    await assertRefused(t, [{ bytes, mediaType: TAR_ZSTD }], "LIMIT_EXCEEDED", words, { limits });
  });

  test("one that says how large it is ends at the extracted bytes, before anything else", async (t) => {
    const layer = { bytes: zstdBomb(1024 * MIB), mediaType: TAR_ZSTD };
    const words = /"zeros" .*limit extractedBytes of 1000 .*: 1073741824/;
    await assertRefused(t, [layer], "LIMIT_EXCEEDED", words, { limits: { extractedBytes: 1000 } });
  });

  test("zeros behind the end of the tar count, in zstd and in gzip", async (t) => {
    const tail = zstdFrame("", { declaredBytes: undefined, blocks: runs(100 * MIB) });
    const zstd = { bytes: Buffer.concat([frame, tail]), mediaType: TAR_ZSTD };
    const zeros = { bytes: tarGz({ a: "" }, { trailing: Buffer.alloc(100 * MIB) }) };
    for (const layer of [zstd, zeros]) {
      await assertRefused(t, [layer], "LIMIT_EXCEEDED", /limit ratio/, { limits });
    }
  });

  test("gzip members that each are small end at the ratio of them all", async (t) => {
    const member = gzipSync(Buffer.alloc(MIB));
    const bytes = Buffer.concat([tarGz({ a: "" }), ...Array.from({ length: 100 }, () => member)]);
    await assertRefused(t, [bytes], "LIMIT_EXCEEDED", /limit ratio/, { limits });
  });

  test("frames that each are small do, too", async (t) => {
    const small = zstdFrame("", { declaredBytes: undefined, blocks: runs(MIB) });
    const bytes = Buffer.concat([frame, ...Array.from({ length: 300 }, () => small)]);
    const layer = { bytes, mediaType: TAR_ZSTD };
    await assertRefused(t, [layer], "LIMIT_EXCEEDED", /limit ratio/, { limits });
  });

  test("what stays below the limits passes", async (t) => {
    const bytes = zstdBomb(4 * MIB);
    const { entries } = await unpackLayers(t, [{ bytes, mediaType: TAR_ZSTD }], { limits });
    assert.deepEqual(
      entries.map(({ path, size }) => [path, size]),
      [["zeros", 4 * MIB]],
    );
  });
});

test("a flipped bit in the zstd is a wrong digest, before it is anything else", async (t) => {
  const layer = { bytes: flipped(frame, 5), digest: sha256(frame), mediaType: TAR_ZSTD };
  await assertRefused(t, [layer], "DIGEST_MISMATCH", /layer 0 is not what its descriptor names/);
});

test("bytes behind the last frame are part of the digest", async (t) => {
  const bytes = Buffer.concat([frame, skippable("other")]);
  const layer = { bytes, digest: sha256(Buffer.concat([frame, skippable("right")])) };
  await assertRefused(t, [layer], "DIGEST_MISMATCH", /layer 0/);
});
