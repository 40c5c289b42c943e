/** Zip archives that lie about themselves, or reach for what is not theirs: each is refused in words. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import type { ErrorCode } from "../../provider/errors";
import { flipped, sha256 } from "../support/archives";
import { assertRefused } from "../support/unpacking";
import { secondName, zip, zipLink, type ZipMember } from "../support/zips";

const MIB = 1024 ** 2;
const text = "some content that deflates, some content that deflates";
const whole = zip([{ path: "a", content: text }]);

type Case = readonly [ErrorCode, RegExp, Buffer | readonly ZipMember[]];

function refused(cases: Readonly<Record<string, Case>>): void {
  for (const [name, [code, words, made]] of Object.entries(cases)) {
    test(name, async (t) => {
      const bytes = Buffer.isBuffer(made) ? made : zip(made);
      await assertRefused(t, [{ bytes, mediaType: "archive/zip" }], code, words);
    });
  }
}

describe("names and links that leave the tree", () => {
  refused({
    "a parent": ["UNSAFE_ARCHIVE", /"\.\.\/canary\/song" .*"\.\."/, [{ path: "../canary/song" }]],
    "an inner parent": ["UNSAFE_ARCHIVE", /"\.\."/, [{ path: "a/../../b" }]],
    "an absolute name": ["UNSAFE_ARCHIVE", /absolute/, [{ path: "/etc/passwd" }]],
    "a drive": ["UNSAFE_ARCHIVE", /drive letter/, [{ path: "C:/a" }]],
    backslashes: ["UNSAFE_ARCHIVE", /backslash/, [{ path: "..\\..\\a" }]],
    "a NUL": ["UNSAFE_ARCHIVE", /NUL/, [{ path: "a\0b" }]],
    "no name": ["UNSAFE_ARCHIVE", /empty/, [{ path: "" }]],
    "no UTF-8 though it says so": [
      "UNSAFE_ARCHIVE",
      /not valid UTF-8/,
      [{ path: Buffer.from([0xff, 0x61]), flags: 0x800 }],
    ],
    "a link to the outside": ["UNSAFE_ARCHIVE", /outside/, [zipLink("a", "../canary")]],
    "an absolute link": ["UNSAFE_ARCHIVE", /absolute/, [zipLink("a", "/etc")]],
    "a file through a link": [
      "UNSAFE_ARCHIVE",
      /through the symlink "a"/,
      [zipLink("a", "b"), { path: "a/x" }],
    ],
    "a device": ["UNSAFE_ARCHIVE", /device/, [{ path: "a", mode: 0o020644 }]],
    "a link of many bytes": ["LIMIT_EXCEEDED", /pathBytes/, [zipLink("a", "b/".repeat(40_000))]],
    "names that differ in case": ["UNSAFE_ARCHIVE", /clashes/, [{ path: "a" }, { path: "A" }]],
  });
});

describe("entries that say two things", () => {
  const a = { path: "a", content: text };
  refused({
    "a name twice": ["BAD_ARCHIVE", /entry "a" .*there twice/, [{ path: "a" }, { path: "a" }]],
    "a file and a directory of one name": [
      "BAD_ARCHIVE",
      /there twice/,
      [{ path: "a" }, { path: "a/", mode: 0o040755 }],
    ],
    "another local name": ["BAD_ARCHIVE", /differ in the name/, [{ ...a, local: { name: "b" } }]],
    "another local size": ["BAD_ARCHIVE", /differ in the size/, [{ ...a, local: { bytes: 5 } }]],
    "another local compressed size": [
      "BAD_ARCHIVE",
      /differ in the size/,
      [{ ...a, local: { compressedBytes: 5 } }],
    ],
    "another local checksum": ["BAD_ARCHIVE", /in the checksum/, [{ ...a, local: { crc: 1 } }]],
    "another local method": ["BAD_ARCHIVE", /in the method/, [{ ...a, local: { method: 0 } }]],
    "encryption in the local header": [
      "BAD_ARCHIVE",
      /in the encryption/,
      [{ ...a, local: { flags: 1 } }],
    ],
    "a local size that is nowhere": [
      "BAD_ARCHIVE",
      /in the size/,
      [{ ...a, local: { bytes: 0xffffffff, compressedBytes: 0xffffffff } }],
    ],
    "a second name": [
      "BAD_ARCHIVE",
      /two names/,
      [{ path: "a", extra: secondName("a", "../../b") }],
    ],
    "a directory's name and a file's mode": [
      "BAD_ARCHIVE",
      /name of a directory/,
      [{ path: "a/", mode: 0o100644 }],
    ],
    "a directory with content": [
      "BAD_ARCHIVE",
      /has content, but is no file/,
      [{ path: "a/", mode: 0o040755, content: "x" }],
    ],
  });
});

describe("content that is not what was declared", () => {
  const deflated = deflateRawSync(text);
  refused({
    "a wrong checksum": [
      "BAD_ARCHIVE",
      /entry "a" .*checksum/,
      [{ path: "a", crc: 1, content: text }],
    ],
    "a wrong checksum of stored content": [
      "BAD_ARCHIVE",
      /checksum/,
      [{ path: "a", crc: 1, content: text, isStored: true }],
    ],
    "more than declared": ["BAD_ARCHIVE", /another size/, [{ path: "a", content: text, bytes: 5 }]],
    "less than declared": [
      "BAD_ARCHIVE",
      /another size/,
      [{ path: "a", content: text, bytes: 500 }],
    ],
    "less than declared, of a large file": [
      "BAD_ARCHIVE",
      /another size/,
      [{ path: "a", content: text, bytes: 5 * MIB }],
    ],
    "much more than declared": [
      "BAD_ARCHIVE",
      /another size/,
      [{ path: "a", content: Buffer.alloc(4 * MIB), bytes: 2 * MIB }],
    ],
    "stored content of two sizes": [
      "BAD_ARCHIVE",
      /size mismatch/,
      [{ path: "a", content: text, isStored: true, bytes: 5 }],
    ],
    "bytes behind the deflated ones": [
      "BAD_ARCHIVE",
      /another size/,
      [{ path: "a", content: text, data: Buffer.concat([deflated, Buffer.from("more")]) }],
    ],
    "bytes behind many deflated ones": ["BAD_ARCHIVE", /another size/, [largeWithTail()]],
    "deflated content that is cut": [
      "BAD_ARCHIVE",
      /no whole deflate/,
      [{ path: "a", content: text, data: deflated.subarray(0, -5) }],
    ],
    "a flipped bit in the content": ["BAD_ARCHIVE", /entry "a"/, flipped(whole, 30 + 1 + 10)],
    garbage: [
      "BAD_ARCHIVE",
      /no whole deflate/,
      [{ path: "a", data: Buffer.from("\xff\xff garbage") }],
    ],
  });
});

describe("methods that are not supported", () => {
  const cases = { 9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 99: "AES" };
  for (const [method, word] of Object.entries(cases)) {
    test(`${word} is refused by its name`, async (t) => {
      const bytes = zip([{ path: "a", content: text, method: Number(method) }]);
      const words = new RegExp(
        `entry "a" .*method ${method} \\(${word}[^)]*\\), which is not supp`,
      );
      const error = await assertRefused(t, [bytes], "BAD_ARCHIVE", words);
      assert.match(error.message, /hint: .*stored or deflated/);
    });
  }
  refused({
    "one without a name": ["BAD_ARCHIVE", /method 77, which/, [{ path: "a", method: 77 }]],
    encryption: ["BAD_ARCHIVE", /"a" .*is encrypted, which/, [{ path: "a", flags: 1 }]],
    "strong encryption": ["BAD_ARCHIVE", /encrypt/, [{ path: "a", flags: 0x41 }]],
    "encrypted records": ["BAD_ARCHIVE", /is encrypted/, [{ path: "a", flags: 0x2000 }]],
  });
});

describe("records that lie where they must not", () => {
  const b = { path: "b", content: text };
  refused({
    "two entries with one content": [
      "BAD_ARCHIVE",
      /entry "a" .*upon another/,
      [
        { path: "a", content: text },
        { path: "a", content: text, central: { offset: 0 } },
      ],
    ],
    "a content that reaches into the next": [
      "BAD_ARCHIVE",
      /entry "b" .*upon another/,
      [{ path: "a", content: text, isStored: true, compressedBytes: 60, bytes: 60 }, b],
    ],
    "a content that reaches into the directory": [
      "BAD_ARCHIVE",
      /entry "a" .*upon another/,
      [{ path: "a", content: text, isStored: true, compressedBytes: 70, bytes: 70 }],
    ],
    "a content behind the end": [
      "BAD_ARCHIVE",
      /overflows/,
      [{ path: "a", content: text, compressedBytes: 7000, bytes: 7000, isStored: true }],
    ],
    "no local header": ["BAD_ARCHIVE", /local file header/, [{ ...b, central: { offset: 3 } }]],
    "a header behind the end": ["BAD_ARCHIVE", /cut off/, [{ ...b, central: { offset: 9999 } }]],
    "fewer entries than there are": [
      "BAD_ARCHIVE",
      /does not end/,
      zip([b, { path: "c" }], { entries: 1 }),
    ],
    "sizes that differ, of an entry without a name": [
      "BAD_ARCHIVE",
      /size mismatch/,
      [b, { path: "", content: text, isStored: true, bytes: 5 }],
    ],
    "more entries than there are": [
      "BAD_ARCHIVE",
      /no zip that can be read/,
      zip([b], { entries: 2 }),
    ],
    "a directory somewhere else": [
      "BAD_ARCHIVE",
      /central directory/,
      zip([b], { centralOffset: 4 }),
    ],
    "bytes behind the end": ["BAD_ARCHIVE", /comment length/, zip([b], { trailing: "more" })],
    "bytes in front": ["BAD_ARCHIVE", /no tar/, zip([b], { prefix: "#!/bin/sh\n" })],
    "an archive in the comment": ["BAD_ARCHIVE", /does not end/, zip([b], { comment: whole })],
    "no end record": ["BAD_ARCHIVE", /End of central directory/, whole.subarray(0, -22)],
    "a cut in the middle": ["BAD_ARCHIVE", /End of central directory/, whole.subarray(0, 40)],
    "its magic only": ["BAD_ARCHIVE", /no zip that can be read/, Buffer.from("PK\x03\x04")],
    "nothing but an end record": ["NO_MATCHING_LAYER", /no files/, zip([])],
  });
});

describe("limits", () => {
  const zeros = zip([{ path: "zeros", content: Buffer.alloc(4 * MIB) }]);

  test("a bomb ends at the ratio", async (t) => {
    const limits = { ratio: 20, ratioFreeBytes: MIB };
    await assertRefused(t, [zeros], "LIMIT_EXCEEDED", /limit ratio of 20/, { limits });
  });

  test("many small bombs end at the ratio of them all", async (t) => {
    const content = Buffer.alloc(100_000);
    const bytes = zip(Array.from({ length: 50 }, (_, index) => ({ path: `f${index}`, content })));
    const limits = { ratio: 20, ratioFreeBytes: MIB };
    await assertRefused(t, [bytes], "LIMIT_EXCEEDED", /limit ratio of 20/, { limits });
  });

  test("a declared size ends at the extracted bytes, before anything is inflated", async (t) => {
    const words = /"zeros" .*limit extractedBytes of 100 .*: 4194304/;
    const limits = { extractedBytes: 100 };
    await assertRefused(t, [zeros], "LIMIT_EXCEEDED", words, { limits });
  });

  test("the number of entries ends at the end record", async (t) => {
    const bytes = zip([{ path: "a" }, { path: "b" }, { path: "c" }]);
    const words = /limit entries of 2 .*: 3/;
    await assertRefused(t, [bytes], "LIMIT_EXCEEDED", words, { limits: { entries: 2 } });
  });
});

test("a zip that is not what its descriptor names is no zip at all", async (t) => {
  const layer = { bytes: flipped(whole, whole.length - 1), digest: sha256(whole) };
  await assertRefused(t, [layer], "DIGEST_MISMATCH", /layer 0/);
});

test("the same file in a tar and a zip of one artifact is an error that names both", async (t) => {
  const layers = [zip([{ path: "d/a" }]), zip([{ path: "d/a" }])];
  await assertRefused(t, layers, "BAD_ARCHIVE", /entry "d\/a" of layer 1 .* is in layer 0 \(/);
});

function largeWithTail(): ZipMember {
  const content = Buffer.alloc(2 * MIB, "0123456789");
  return {
    path: "a",
    content,
    data: Buffer.concat([deflateRawSync(content), Buffer.from("more")]),
  };
}
