/**
 * Tar archives that lie about their sizes, names or end, or that two readers could read in two ways:
 * each is refused with a reason, before anything of it is seen.
 */
import { describe } from "node:test";
import {
  flipped,
  globalHeader,
  gzip,
  paxRecords,
  tar,
  tarOf,
  type TarMember,
} from "../support/archives";
import { MEDIA_TYPES, type LayerContent } from "../support/artifacts";
import { keeps, refuses, symlink, type Layer } from "./hostile";

const plain = (bytes: Buffer): LayerContent => ({ bytes, mediaType: MEDIA_TYPES.tar });
const whole = tarOf({ file: "x".repeat(2000), other: "y" });

/** A file whose content is an archive of its own, which a reader with another size would unpack. */
const smuggler = (member: Partial<TarMember>): readonly TarMember[] => [
  {
    path: "outer",
    content: tar([{ path: "inner", content: "dead" }], { endBlocks: 0 }),
    ...member,
  },
  { path: "last" },
];

/** A pax record of an attribute with these bytes, and then this text. */
function binaryRecord(hex: string, text: string): Buffer {
  const rest = Buffer.concat([
    Buffer.from(" SCHILY.xattr.user.a="),
    Buffer.from(hex, "hex"),
    Buffer.from(`${text}\n`),
  ]);
  return Buffer.concat([Buffer.from(String(rest.length + 2)), rest]);
}

describe("a size that is", () => {
  const base256 = (hex: string): Buffer => Buffer.from(hex, "hex");
  const sizes: Readonly<Record<string, string | Buffer>> = {
    "negative, in base 256": base256("ffffffffffffffffffffffff"),
    "-512, in base 256": base256("fffffffffffffffffffffe00"),
    "negative, as text": "-0000000001\0",
    "2^80": base256("800100000000000000000000"),
    "2^63": base256("800000008000000000000000"),
    "2^53": base256("800000000020000000000000"),
    garbage: "zzzzzzzzzzz\0",
    "partly octal": "0000000009\0\0",
    hexadecimal: "0x000000001\0",
    nothing: Buffer.alloc(12),
    blanks: " ".repeat(12),
    "longer than the archive": "00000777777\0",
  };
  for (const [name, size] of Object.entries(sizes)) {
    refuses({
      [name]: ["BAD_ARCHIVE", /layer 0/, [{ path: "bad", content: "x", header: { size } }]],
    });
  }
  refuses({
    "8 GiB less a byte": [
      "BAD_ARCHIVE",
      /cut off/,
      [{ path: "bad", header: { size: "77777777777\0" } }],
    ],
    "beyond the limit": [
      "LIMIT_EXCEEDED",
      /entry "bad" .*limit extractedBytes of 17179869184/,
      [{ path: "bad", header: { size: base256("800000000000000500000000") } }],
    ],
  });
});

describe("a pax header with", () => {
  const bad = (pax: Readonly<Record<string, string>>): Layer => [
    { path: "bad", content: "x", pax },
  ];
  const raw = (rawPax: string | Buffer): Layer => [{ path: "bad", content: "x", rawPax }];
  const READINGS = /two readings/;
  refuses({
    "a size that ends in the content": [
      "BAD_ARCHIVE",
      /checksum/,
      smuggler({ pax: { size: "512" } }),
    ],
    "a size that reaches over the end": ["BAD_ARCHIVE", /cut off/, bad({ size: "2000" })],
    "a negative size": ["BAD_ARCHIVE", /layer 0/, bad({ size: "-1" })],
    "a size in exponents": ["BAD_ARCHIVE", READINGS, bad({ size: "1e0" })],
    "a size in hex": ["BAD_ARCHIVE", READINGS, bad({ size: "0x1" })],
    "a size with a sign": ["BAD_ARCHIVE", READINGS, bad({ size: "+1" })],
    "a size with a blank": ["BAD_ARCHIVE", READINGS, bad({ size: " 1" })],
    "a size with a fraction": ["BAD_ARCHIVE", READINGS, bad({ size: "1.5" })],
    "an empty size": ["BAD_ARCHIVE", READINGS, bad({ size: "" })],
    "a size of 2^80": [
      "LIMIT_EXCEEDED",
      /limit extractedBytes/,
      bad({ size: "1208925819614629174706176" }),
    ],
    "two sizes": ["BAD_ARCHIVE", READINGS, raw("9 size=1\n9 size=0\n")],
    "two paths": ["BAD_ARCHIVE", READINGS, raw("11 path=abc\n11 path=abd\n")],
    "the size of a symlink": [
      "BAD_ARCHIVE",
      /has content, but is no file|two readings/,
      [{ ...symlink("bad", "a"), pax: { size: "512" } }],
    ],
    "the size of a folder": [
      "BAD_ARCHIVE",
      /entry "bad\/" .*has content, but is no file/,
      [{ path: "bad/", type: "directory", pax: { size: "512" } }, { path: "a" }],
    ],
    "a type": ["BAD_ARCHIVE", /"type" is no standard one/, bad({ type: "SymbolicLink" })],
    "a numeric path that it is not": ["BAD_ARCHIVE", READINGS, raw("12 path=0777\n11 path=777\n")],
    "a NUL in its path": ["BAD_ARCHIVE", READINGS, bad({ path: "a\0b" })],
    "a line feed in its path": ["BAD_ARCHIVE", READINGS, bad({ path: "a\nb" })],
    "a record inside of another": [
      "BAD_ARCHIVE",
      /"(bad|evil)" .*(record stands inside|two readings)/,
      bad({ comment: "x\n13 path=evil" }),
    ],
    "a record inside of another, without its blank": [
      "BAD_ARCHIVE",
      /record stands inside/,
      smuggler({ pax: { comment: "x\n13-path=outer" } }),
    ],
    "a size inside of another record": [
      "BAD_ARCHIVE",
      /layer 0/,
      smuggler({ pax: { comment: "x\n12 size=512\n" } }),
    ],
    "a record inside of a binary one": [
      "BAD_ARCHIVE",
      /record stands inside of another/,
      raw(binaryRecord("ff80ff", "\n13 path=evil1\n...")),
    ],
    "a record that a binary one may end before": [
      "BAD_ARCHIVE",
      /record stands inside of another/,
      raw(binaryRecord("ff".repeat(10), "\n13 path=evil1")),
    ],
    "a path that is no UTF-8": [
      "BAD_ARCHIVE",
      READINGS,
      raw(Buffer.from("9 path=\xe9\n", "latin1")),
    ],
    "no length": ["BAD_ARCHIVE", READINGS, raw("path=x\n")],
    "a length of 0": ["BAD_ARCHIVE", READINGS, raw("0 path=x\n")],
    "a negative length": ["BAD_ARCHIVE", READINGS, raw("-9 path=x\n")],
    "a length that is too long": ["BAD_ARCHIVE", READINGS, raw("999 path=x\n")],
    "a length that is too short": ["BAD_ARCHIVE", READINGS, raw("7 path=abcdef\n")],
    "a length of 2^64": ["BAD_ARCHIVE", READINGS, raw("18446744073709551625 path=x\n")],
    "no key": ["BAD_ARCHIVE", READINGS, raw("5 =x\n")],
    "no equals sign": ["BAD_ARCHIVE", READINGS, raw("7 path\n")],
    "no line feed": ["BAD_ARCHIVE", READINGS, raw("8 path=x")],
    "a NUL behind its records": ["BAD_ARCHIVE", READINGS, raw("9 path=ab\n\0\0\0")],
    "two megabytes": ["BAD_ARCHIVE", /extension header of/, bad({ comment: "x".repeat(2 ** 21) })],
  });

  keeps({
    "values of several lines": [{ bad: "x" }, bad({ comment: "one\ntwo\n3 three=4" })],
    "binary values of several lines": [
      { long: "x" },
      raw(
        Buffer.concat([binaryRecord("ff0a80fe0a", ""), Buffer.from(paxRecords({ path: "long" }))]),
      ),
    ],
    "a numeric path": [{ "007": "x" }, bad({ path: "007" })],
    "a size of 0, which goes before the header's": [
      { outer: "", inner: "dead", last: "" },
      smuggler({ pax: { size: "0" } }),
    ],
    "a size that is the header's": [{ bad: "x" }, bad({ size: "1" })],
    nothing: [{ bad: "x" }, raw("")],
  });
});

describe("extension headers that belong to nothing, or to too much:", () => {
  const ext = (type: string, content: string): TarMember => ({ path: "extension", type, content });
  const records = paxRecords({ path: "evil" });
  refuses({
    "a global header with a path": [
      "BAD_ARCHIVE",
      /global header/,
      [globalHeader({ path: "evil" }), { path: "bad" }],
    ],
    "a global header with a size": [
      "BAD_ARCHIVE",
      /global header/,
      [globalHeader({ size: "0" }), { path: "bad" }],
    ],
    "a global header with a link": [
      "BAD_ARCHIVE",
      /global header/,
      [globalHeader({ linkpath: "/etc" }), symlink("bad", "a")],
    ],
    "a pax header and a long name that differ": [
      "BAD_ARCHIVE",
      /two readings/,
      [ext("x", records), ext("L", "other\0"), { path: "bad" }],
    ],
    "two long names": [
      "BAD_ARCHIVE",
      /two readings/,
      [ext("L", "one\0"), ext("L", "two\0"), { path: "bad" }],
    ],
    "a hundred of them": [
      "BAD_ARCHIVE",
      /extension headers only/,
      Array.from({ length: 100 }, () => globalHeader({ comment: "x" })),
    ],
    "nothing behind them": ["BAD_ARCHIVE", /was cut off: it ends with/, [ext("x", records)]],
    "no entry behind the last one": [
      "BAD_ARCHIVE",
      /was cut off: it ends with/,
      [{ path: "a" }, ext("L", "b\0")],
    ],
    "a global one alone, as in an empty git archive": [
      "NO_MATCHING_LAYER",
      /no files/,
      [globalHeader({ comment: "x" })],
    ],
    "a size that is no number": [
      "BAD_ARCHIVE",
      /an extension header of a size that is no number/,
      [{ path: "extension", type: "x", header: { size: "garbage" } }],
    ],
    // It is looked through once: from each of its NULs to its last byte it would take hours.
    "a long name of a row of NULs that does not end with them": [
      "BAD_ARCHIVE",
      /two readings/,
      [ext("L", `${"\0".repeat(1024 ** 2 - 1)}x`), { path: "bad" }],
    ],
  });
  keeps({
    "a pax size in front of a long name, which is the file's,": [
      { name: `x${"\0".repeat(511)}` },
      [ext("x", paxRecords({ size: "512" })), ext("L", "name\0"), { path: "short", content: "x" }],
    ],
    "a long link for a file": [
      { a: "x" },
      [ext("K", "/etc/passwd\0"), { path: "a", content: "x" }],
    ],
  });
});

describe("an archive with", () => {
  const garbage = Buffer.from("garbage ".repeat(64));
  refuses({
    "a wrong checksum": [
      "BAD_ARCHIVE",
      /checksum/,
      [{ path: "a", header: { checksum: "000001\0 " } }],
    ],
    "no checksum": [
      "BAD_ARCHIVE",
      /layer 0/,
      [{ path: "a" }, { path: "b", header: { checksum: Buffer.alloc(8) } }],
    ],
    "a flipped bit in a header": ["BAD_ARCHIVE", /checksum/, plain(flipped(whole, 5))],
    "garbage between two entries": [
      "BAD_ARCHIVE",
      /checksum|layer 0/,
      plain(Buffer.concat([tar([{ path: "a" }], { endBlocks: 0 }), garbage, tar([{ path: "b" }])])),
    ],
    "an entry behind one block of zeros": [
      "BAD_ARCHIVE",
      /after the end/,
      plain(Buffer.concat([tar([{ path: "a" }], { endBlocks: 1 }), tar([{ path: "b" }])])),
    ],
    "a cut in its first header": ["BAD_ARCHIVE", /cut off/, plain(whole.subarray(0, 300))],
    "a cut in a content": ["BAD_ARCHIVE", /cut off/, plain(whole.subarray(0, 1536))],
    "a cut in a block": ["BAD_ARCHIVE", /cut off/, plain(whole.subarray(0, 1700))],
    "a cut in its second header": ["BAD_ARCHIVE", /cut off/, plain(whole.subarray(0, 2700))],
    "a cut in a pax header": [
      "BAD_ARCHIVE",
      /cut off/,
      plain(tar([{ path: "a", pax: { comment: "x".repeat(2000) } }]).subarray(0, 1500)),
    ],
    "nothing but garbage": ["BAD_ARCHIVE", /no tar/, plain(garbage)],
    "nothing at all": ["BAD_ARCHIVE", /no tar/, plain(Buffer.alloc(0))],
    "nothing but its end": ["NO_MATCHING_LAYER", /no files/, plain(tar([]))],
    "nothing but its root": ["NO_MATCHING_LAYER", /no files/, [{ path: "./", type: "directory" }]],
    "a file below a file": ["BAD_ARCHIVE", /below the file "a"/, [{ path: "a" }, { path: "a/b" }]],
    "a file in place of a folder": ["BAD_ARCHIVE", /not empty/, [{ path: "a/b" }, { path: "a" }]],
    "200,001 entries": [
      "LIMIT_EXCEEDED",
      /limit entries of 200000/,
      gzip(tar(Array.from({ length: 100_001 }, (_, index) => ({ path: `${index}/f` })))),
    ],
  });
  keeps({
    "garbage behind its end": [{ a: "" }, plain(tar([{ path: "a" }], { trailing: garbage }))],
    "another archive behind its end": [
      { a: "" },
      plain(tar([{ path: "a" }], { trailing: tar([{ path: "../canary/song" }]) })),
    ],
    "the size of a folder that has no content": [
      { a: "" },
      [{ path: "d", type: "directory", header: { size: "00000010000\0" } }, { path: "a" }],
    ],
  });
});
