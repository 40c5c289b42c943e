/**
 * Gzip layers that are cut, damaged, forged or no gzip at all, and what comes to far more than it is:
 * each is refused, also where its digest is right.
 */
import { randomBytes } from "node:crypto";
import { describe } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { flipped, gzip, tar, tarOf } from "../support/archives";
import { MEDIA_TYPES, type LayerContent } from "../support/artifacts";
import { run, zstdFrame } from "../support/zstd";
import { keeps, refuses, titled } from "./hostile";

const MIB = 1024 ** 2;
const plain = tarOf({ a: "A", noise: randomBytes(100_000).toString("hex") });
const whole = gzipSync(plain);

/** The gzip with other bytes in its header. */
const headed = (at: number, ...bytes: readonly number[]): Buffer => {
  const copy = Buffer.from(whole);
  Buffer.from(bytes).copy(copy, at);
  return copy;
};

describe("a gzip", () => {
  refuses({
    "cut in its header": ["BAD_ARCHIVE", /no tar|no whole gzip/, whole.subarray(0, 5)],
    "cut in its content": ["BAD_ARCHIVE", /no whole gzip/, whole.subarray(0, 50_000)],
    "cut before its trailer": ["BAD_ARCHIVE", /no whole gzip/, whole.subarray(0, -8)],
    "cut in its trailer": ["BAD_ARCHIVE", /no whole gzip/, whole.subarray(0, -3)],
    "cut in its second member": [
      "BAD_ARCHIVE",
      /no whole gzip/,
      Buffer.concat([whole, gzipSync("more").subarray(0, -8)]),
    ],
    "with a wrong checksum": ["BAD_ARCHIVE", /no whole gzip/, flipped(whole, whole.length - 6)],
    "with a wrong length": ["BAD_ARCHIVE", /no whole gzip/, flipped(whole, whole.length - 2)],
    "with a flipped bit": ["BAD_ARCHIVE", /layer 0/, flipped(whole, 60_000)],
    "with a wrong checksum in its second member": [
      "BAD_ARCHIVE",
      /no whole gzip/,
      Buffer.concat([whole, flipped(gzipSync("more"), gzipSync("more").length - 6)]),
    ],
    "with reserved flags": ["BAD_ARCHIVE", /no whole gzip/, headed(3, 0xe0)],
    "with an unknown method": ["BAD_ARCHIVE", /no whole gzip/, headed(2, 7)],
    "with a wrong checksum of its header": ["BAD_ARCHIVE", /no whole gzip/, headed(3, 2)],
    "with an extra field that is longer than it is": [
      "BAD_ARCHIVE",
      /no whole gzip|no tar/,
      headed(3, 4, 0, 0, 0, 0, 0, 255, 0xff, 0xff),
    ],
    "with garbage behind it": [
      "BAD_ARCHIVE",
      /no whole gzip/,
      Buffer.concat([whole, plain.subarray(0, 9)]),
    ],
    "with half a member behind it": [
      "BAD_ARCHIVE",
      /no whole gzip/,
      Buffer.concat([whole, Buffer.from([0x1f, 0x8b])]),
    ],
    "with a name without an end": [
      "BAD_ARCHIVE",
      /no whole gzip/,
      Buffer.concat([Buffer.from("1f8b0808000000000003", "hex"), Buffer.alloc(4 * MIB, "n")]),
    ],
    "of nothing": ["BAD_ARCHIVE", /no tar/, gzip("")],
    "of a text": ["BAD_ARCHIVE", /no tar/, gzip("hello")],
    "of a gzip": ["BAD_ARCHIVE", /gzip inside/, gzip(whole)],
    "of a gzip of a gzip": ["BAD_ARCHIVE", /gzip inside/, gzip(gzip(whole))],
    "of a zstd": ["BAD_ARCHIVE", /zstd inside|no tar/, gzip(zstdFrame(plain))],
    "of a zip": ["BAD_ARCHIVE", /no tar/, gzip(Buffer.from("PK\x03\x04".padEnd(600)))],
  });
  keeps({
    "in a titled file stays as it is": [{ "a.gz": "\x1f" }, titled("a.gz", Buffer.from([0x1f]))],
    "of 50,000 members": [
      { a: "A" },
      Buffer.concat([gzip(tarOf({ a: "A" })), ...Array<Buffer>(50_000).fill(gzipSync(""))]),
    ],
  });
});

describe("what is called gzip and is", () => {
  refuses({
    bzip2: ["BAD_ARCHIVE", /no tar/, Buffer.from("BZh91AY&SY".padEnd(700, "\x99"), "latin1")],
    xz: ["BAD_ARCHIVE", /no tar/, Buffer.concat([Buffer.from("fd377a585a00", "hex"), plain])],
    lz4: ["BAD_ARCHIVE", /no tar/, Buffer.concat([Buffer.from("04224d18", "hex"), plain])],
    "what compress writes": [
      "BAD_ARCHIVE",
      /no tar/,
      Buffer.concat([Buffer.from("1f9d90", "hex"), plain]),
    ],
    zlib: ["BAD_ARCHIVE", /no tar/, deflateSync(plain)],
    "a web page": ["BAD_ARCHIVE", /no tar/, Buffer.from("<!doctype html>".padEnd(1024))],
    "a zstd of a gzip": [
      "BAD_ARCHIVE",
      /gzip inside/,
      { bytes: zstdFrame(whole), mediaType: MEDIA_TYPES.tarZstd },
    ],
  });
});

describe("a bomb", () => {
  const zeros = Buffer.alloc(64 * MIB);
  const size = (bytes: number): string => `${bytes.toString(8).padStart(11, "0")}\0`;
  const header = tar([{ path: "zeros", header: { size: size(2 * zeros.length) } }], {
    endBlocks: 0,
  });
  const members = gzip(Buffer.concat([header, zeros]), zeros);
  const runs = Buffer.concat(
    Array.from({ length: 1024 }, (_, index) => run(0, 128 * 1024, index === 1023)),
  );
  const endless: LayerContent = {
    bytes: Buffer.concat([
      zstdFrame(plain),
      zstdFrame("", { declaredBytes: undefined, blocks: runs }),
    ]),
    mediaType: MEDIA_TYPES.tarZstd,
  };
  refuses({
    "of gzip, in a file": ["LIMIT_EXCEEDED", /limit ratio of 200/, members],
    "of gzip, behind the end": [
      "LIMIT_EXCEEDED",
      /limit ratio/,
      gzip(tar([{ path: "a" }]), zeros, zeros),
    ],
    "of gzip, in many members": [
      "LIMIT_EXCEEDED",
      /limit ratio/,
      Buffer.concat([
        gzip(tar([{ path: "a" }])),
        ...Array<Buffer>(80).fill(gzipSync(zeros.subarray(0, MIB))),
      ]),
    ],
    "of zstd, behind the end": ["LIMIT_EXCEEDED", /limit ratio/, endless],
    "of gzip, in two layers": [
      "LIMIT_EXCEEDED",
      /layer 1 .*limit ratio/,
      gzip(tar([{ path: "a" }]), zeros.subarray(0, 40 * MIB)),
      gzip(tar([{ path: "b" }]), zeros.subarray(0, 40 * MIB)),
    ],
    "that says how large it is": [
      "LIMIT_EXCEEDED",
      /limit extractedBytes/,
      [{ path: "bad", header: { size: Buffer.from("800000000000000500000000", "hex") } }],
    ],
  });
});
