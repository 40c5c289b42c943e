/**
 * Extension headers of tar that are cut, empty, endless or say what few readers know, and ends of
 * archives that are no ends: what can be read in one way only is kept, the rest is refused.
 */
import { describe } from "node:test";
import { globalHeader, tar, type TarMember } from "../support/archives";
import { MEDIA_TYPES, type LayerContent } from "../support/artifacts";
import { keeps, refuses } from "./hostile";

const song: TarMember = { path: "song", content: "dead" };
const extension = (type: string, rest: Partial<TarMember>): TarMember => ({
  path: "extension",
  type,
  ...rest,
});
const base256 = (hex: string) => ({ header: { size: Buffer.from(hex, "hex") } });
const plain = (...parts: readonly Buffer[]): LayerContent => ({
  bytes: Buffer.concat(parts),
  mediaType: MEDIA_TYPES.tar,
});

describe("an extension header", () => {
  const READINGS = /entry "song" .*damaged, or has two readings/;
  refuses({
    "with a long name that a NUL cuts": [
      "BAD_ARCHIVE",
      READINGS,
      [extension("L", { content: "good\0../../canary\0" }), song],
    ],
    "with a long name of no bytes": [
      "BAD_ARCHIVE",
      READINGS,
      [extension("L", { content: "" }), song],
    ],
    "with a long name of NULs alone": [
      "BAD_ARCHIVE",
      READINGS,
      [extension("L", { content: "\0\0\0" }), song],
    ],
    "of a negative size": [
      "BAD_ARCHIVE",
      /extension header of/,
      [extension("L", base256("ff".repeat(12))), song],
    ],
    "of a terabyte": [
      "BAD_ARCHIVE",
      /extension header of 1099511627776 bytes/,
      [extension("x", base256("800000000000010000000000")), song],
    ],
    "that is global and takes names away": [
      "BAD_ARCHIVE",
      /global header names or sizes/,
      [globalHeader({ path: "" }), song],
    ],
    "of another volume": [
      "BAD_ARCHIVE",
      /of a type that is not supported/,
      [extension("M", { content: "rest" }), song],
    ],
    "in Latin-1 that says so": [
      "BAD_ARCHIVE",
      /"path" has two readings/,
      [
        {
          ...song,
          rawPax: Buffer.from("21 hdrcharset=BINARY\n13 path=caf\xe9\n", "latin1"),
        },
      ],
    ],
  });
  keeps({
    "with records of one maker's own": [
      { song: "dead" },
      [
        {
          ...song,
          pax: {
            "SCHILY.realsize": "1099511627776",
            "SCHILY.filetype": "sparse",
            "GNU.dumpdir": "D../canary",
            "GNU.volume.filename": "../../canary",
            "LIBARCHIVE.symlinktype": "dir",
          },
        },
      ],
    ],
    "with times that are none": [
      { a: "", b: "", c: "", d: "" },
      ["NaN", "1e999", "-99999999999999", "0x10"].map((mtime, index) => ({
        path: "abcd".charAt(index),
        pax: { mtime },
      })),
    ],
    "with an owner beyond all numbers": [
      { song: "dead" },
      [{ ...song, pax: { uid: "9".repeat(40), gid: "-1" } }],
    ],
  });
});

describe("a header with a field that nobody needs and that is garbage:", () => {
  const fields = ["mode", "uid", "gid", "mtime", "devmajor", "uname"] as const;
  keeps(
    Object.fromEntries(
      fields.map((field) => [
        field,
        [{ song: "dead" }, [{ ...song, header: { [field]: "zzzzzzz\0" } }]] as const,
      ]),
    ),
  );
});

describe("an end of", () => {
  const entry = tar([song], { endBlocks: 1 });
  refuses({
    "one block, and garbage": ["BAD_ARCHIVE", /cut off/, plain(entry, Buffer.from("garbage"))],
    "one block, and a part of the next": ["BAD_ARCHIVE", /cut off/, plain(entry, Buffer.alloc(99))],
    "one block, and a block of garbage": [
      "BAD_ARCHIVE",
      /wrong checksum/,
      plain(entry, Buffer.alloc(512, "garbage ")),
    ],
  });
});

describe("names that mean something elsewhere are names like others:", () => {
  const names = [
    ".pulumi/receipts/song.json",
    ".oci-artifacts/song",
    ".gitignore",
    ".git/hooks/post-checkout",
    "node_modules/pulumi-oci-artifact/package.json",
    "Pulumi.yaml",
    "__proto__/constructor",
    "constructor",
    "a\uff0f..\uff0fb",
    "\u2025/x",
  ];
  keeps({
    "in a tar": [
      Object.fromEntries(names.map((name) => [name, "x"])),
      names.map((path) => ({ path, content: "x" })),
    ],
  });
});
