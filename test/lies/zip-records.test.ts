/**
 * Zip archives over the whole road whose records contradict each other or the file that they stand
 * in: each is refused, and what is right beside them is not seen either.
 */
import { describe } from "node:test";
import { secondName, zip, zipLink, type ZipMember, type ZipOptions } from "../support/zips";
import { keeps, refuses } from "./hostile";

const text = "some content that deflates, some content that deflates";
const a: ZipMember = { path: "a", content: text };
const b: ZipMember = { path: "b", content: text };
const END = 22;
const CENTRAL = "PK\x01\x02";

/** An archive of two files with other bytes at a place counted from its end record. */
function forged(at: number, hex: string, options: ZipOptions = {}): Buffer {
  const bytes = zip([a, b], options);
  Buffer.from(hex, "hex").copy(bytes, bytes.length - END + at);
  return bytes;
}

/** The archive with another date of all its entries, as MS-DOS has them. */
function withDate(bytes: Buffer, date: number): Buffer {
  for (let at = bytes.indexOf(CENTRAL); at !== -1; at = bytes.indexOf(CENTRAL, at + 4)) {
    bytes.writeUInt32LE(date, at + 12);
  }
  return bytes;
}

describe("an end record with", () => {
  refuses({
    "another disk": ["BAD_ARCHIVE", /multi-disk|disk/, forged(4, "0100")],
    "a directory of another size": [
      "BAD_ARCHIVE",
      /directory of another size/,
      forged(12, "01000000"),
    ],
    "a directory behind the end": ["BAD_ARCHIVE", /layer 0/, forged(16, "ffffff7f")],
    "a directory at the beginning": ["BAD_ARCHIVE", /central directory/, forged(16, "00000000")],
    "no entries": ["BAD_ARCHIVE", /does not end/, forged(8, "00000000")],
    "no entries, and a directory behind the end": [
      "BAD_ARCHIVE",
      /does not end/,
      zip([], { centralOffset: 0x7fffffff }),
    ],
    "65,535 entries": ["BAD_ARCHIVE", /layer 0/, forged(8, "ffffffff")],
    "a comment that is not there": ["BAD_ARCHIVE", /layer 0/, forged(20, "0500")],
    "a signature that is none": ["BAD_ARCHIVE", /End of central directory/, forged(0, "00000000")],
    "another archive in its comment": ["BAD_ARCHIVE", /layer 0/, zip([a], { comment: zip([b]) })],
    "another archive behind it": ["BAD_ARCHIVE", /layer 0/, zip([a], { trailing: zip([b]) })],
    "another archive in front": ["BAD_ARCHIVE", /layer 0/, Buffer.concat([zip([a]), zip([b])])],
  });
});

describe("records of zip64 with", () => {
  const end = (at: number, hex: string): Buffer => {
    const bytes = zip([a, b], { isZip64: true });
    Buffer.from(hex, "hex").copy(bytes, bytes.length - END - 76 + at);
    return bytes;
  };
  refuses({
    "2^63 entries": ["LIMIT_EXCEEDED", /limit entries/, end(32, "0000000000000080")],
    "a directory at 2^62": ["BAD_ARCHIVE", /layer 0/, end(48, "0000000000000040")],
    "an end record that is elsewhere": ["BAD_ARCHIVE", /layer 0/, end(64, "0400000000000000")],
    "an end record behind the end": ["BAD_ARCHIVE", /layer 0/, end(64, "ffffff7f00000000")],
    "a directory of another size": [
      "BAD_ARCHIVE",
      /directory of another size/,
      end(40, "0100000000000000"),
    ],
    "a record that is longer than it is": ["BAD_ARCHIVE", /layer 0/, end(4, "3000000000000000")],
    "no signature": ["BAD_ARCHIVE", /layer 0/, end(0, "00000000")],
    "sizes that only one header has": [
      "BAD_ARCHIVE",
      /size/,
      [{ ...a, isZip64: true, local: { extra: Buffer.alloc(0), bytes: 5 } }].map((member) =>
        zip([member]),
      )[0] as Buffer,
    ],
  });
});

describe("an entry that the directory does not have", () => {
  const archive = zip([{ path: "hidden", content: "dead" }]);
  const hidden = archive.subarray(0, archive.indexOf("PK\x01\x02"));
  const HIDDEN = /an entry that its central directory does not have/;
  refuses({
    "in front": ["BAD_ARCHIVE", HIDDEN, zip([a, b], { prefix: hidden })],
    "behind the others": ["BAD_ARCHIVE", HIDDEN, zip([a, b], { gap: hidden })],
    "behind a megabyte of nothing": [
      "BAD_ARCHIVE",
      HIDDEN,
      zip([a, b], { gap: Buffer.concat([Buffer.alloc(1024 ** 2 - 2), hidden]) }),
    ],
    "between the others": [
      "BAD_ARCHIVE",
      HIDDEN,
      zip([
        {
          ...a,
          isStored: true,
          data: Buffer.concat([Buffer.from(text), hidden]),
          compressedBytes: text.length,
        },
        b,
      ]),
    ],
  });
  keeps({
    "is none where the bytes between are something else": [
      { a: text, b: text },
      zip([a, b], { gap: Buffer.alloc(1024 ** 2, "padding ") }),
    ],
    "is none where a content is an archive": [
      { "a.zip": archive.toString("utf8") },
      zip([{ path: "a.zip", content: archive, isStored: true }]),
    ],
  });
});

describe("an entry with", () => {
  const one = (member: Partial<ZipMember>): Buffer => zip([b, { ...a, ...member }]);
  refuses({
    "a local name outside": [
      "BAD_ARCHIVE",
      /differ in the name/,
      one({ local: { name: "../../canary/song" } }),
    ],
    "a name outside": ["UNSAFE_ARCHIVE", /"\.\."/, one({ path: "../canary/song" })],
    "a target outside": ["UNSAFE_ARCHIVE", /outside/, zip([b, zipLink("bad", "../../canary")])],
    "a target that lies about its size": [
      "BAD_ARCHIVE",
      /size/,
      zip([b, { ...zipLink("bad", "b"), bytes: 500, isStored: false }]),
    ],
    "a target with a wrong checksum": [
      "BAD_ARCHIVE",
      /checksum/,
      zip([b, { ...zipLink("bad", "b"), crc: 1 }]),
    ],
    "the content of its neighbour": [
      "BAD_ARCHIVE",
      /upon another|differ in the name/,
      one({ central: { offset: 0 } }),
    ],
    "a header inside of its neighbour": ["BAD_ARCHIVE", /header/, one({ central: { offset: 9 } })],
    "a declared size of a gigabyte": [
      "BAD_ARCHIVE",
      /another size/,
      one({ bytes: 1024 ** 3, content: text }),
    ],
    "a declared size of nothing": ["BAD_ARCHIVE", /size/, one({ bytes: 0 })],
    "a wrong checksum": ["BAD_ARCHIVE", /entry "a" .*checksum/, one({ crc: 7 })],
    "a checksum of nothing": ["BAD_ARCHIVE", /entry "a" .*checksum/, one({ crc: 0 })],
    encryption: ["BAD_ARCHIVE", /encrypted/, one({ flags: 1 })],
    "an unknown method": ["BAD_ARCHIVE", /method 1/, one({ method: 1 })],
    "a name that ends as a folder's, and content": [
      "BAD_ARCHIVE",
      /directory|folder/,
      one({ path: "a/" }),
    ],
    "the name of its neighbour": ["BAD_ARCHIVE", /there twice/, one({ path: "b" })],
    "the name of its neighbour, in other letters": [
      "UNSAFE_ARCHIVE",
      /differ only in case/,
      one({ path: "B" }),
    ],
    "a name that its neighbour is below": [
      "BAD_ARCHIVE",
      /below the file|not empty/,
      one({ path: "b/c" }),
    ],
  });
  refuses({
    "the place of its neighbour, written in another way": [
      "BAD_ARCHIVE",
      /entry "\.\/d\/\/b" .*there twice/,
      zip([{ path: "d/b" }, { path: "./d//b" }]),
    ],
    "the place of a link, written in another way": [
      "BAD_ARCHIVE",
      /entry "\.\/l" .*there twice/,
      zip([b, zipLink("l", "b"), { path: "./l" }]),
    ],
    "a second name in front of its content": [
      "BAD_ARCHIVE",
      /differ in the name/,
      one({ local: { extra: secondName("a", "../../canary") } }),
    ],
    "a second name that both headers have": [
      "BAD_ARCHIVE",
      /has two names/,
      one({ extra: secondName("a", "../../canary") }),
    ],
    "an extra field that is longer than it is": [
      "BAD_ARCHIVE",
      /extra field length/,
      one({ central: { extra: Buffer.from("fecaffff00", "hex") } }),
    ],
    "an extra field of zip64 that is cut": [
      "BAD_ARCHIVE",
      /extra field length/,
      one({ central: { extra: Buffer.from("01001000", "hex") } }),
    ],
    "an extra field of zip64 that has not all numbers": [
      "BAD_ARCHIVE",
      /field of zip64 is cut off/,
      one({
        central: {
          bytes: 0xffffffff,
          compressedBytes: 0xffffffff,
          extra: Buffer.from("010008000500000000000000", "hex"),
        },
      }),
    ],
    "another size than behind its content": [
      "BAD_ARCHIVE",
      /differ in the size/,
      one({ hasDescriptor: true, local: { bytes: 1 } }),
    ],
    "another checksum than behind its content": [
      "BAD_ARCHIVE",
      /differ in the checksum/,
      one({ hasDescriptor: true, local: { crc: 1 } }),
    ],
    "a NUL behind its name": ["UNSAFE_ARCHIVE", /NUL/, one({ path: "a\0" })],
    "a target that inflates to more": [
      "BAD_ARCHIVE",
      /another size/,
      zip([b, { ...zipLink("bad", "b/".repeat(2_000)), isStored: false, bytes: 10 }]),
    ],
  });
  keeps({
    "the type bits of a link, from a maker that knows no links": [
      { a: "../../canary", b: text },
      one({ content: "../../canary", central: { maker: 10 << 8, attributes: 0xa1ff0000 } }),
    ],
    "a second name for another one": [
      { a: text, b: text },
      one({ extra: secondName("z", "../../canary") }),
    ],
    "a date that is none": [{ a: text, b: text }, withDate(one({}), 0xffffffff)],
    "sizes behind its content": [{ a: text, b: text }, one({ hasDescriptor: true })],
    "an extra field that nobody knows": [
      { a: text, b: text },
      one({ extra: Buffer.from("feca0400deadbeef", "hex") }),
    ],
  });
});
