/** Entries that no tree may have, or only without what makes them special. */
import { describe } from "node:test";
import { paxRecords, tar, type TarMember } from "../support/archives";
import { zip } from "../support/zips";
import { keeps, refuses, symlink } from "./hostile";

const SPECIAL = /entry "bad" .*is a device or a named pipe/;
const file: TarMember = { path: "file", content: "F" };

describe("a special file", () => {
  for (const type of ["character-device", "block-device", "fifo"]) {
    refuses({
      [`${type} in a tar`]: ["UNSAFE_ARCHIVE", SPECIAL, [file, { path: "bad", type }]],
      [`${type} in the place of a file`]: [
        "UNSAFE_ARCHIVE",
        SPECIAL,
        [{ path: "bad" }, { path: "bad", type }],
      ],
    });
  }
  for (const [name, mode] of Object.entries({
    "character device": 0o020666,
    "block device": 0o060666,
    "named pipe": 0o010666,
    socket: 0o140666,
  })) {
    refuses({
      [`${name} in a zip`]: ["UNSAFE_ARCHIVE", SPECIAL, zip([{ path: "bad", mode }])],
    });
  }
  refuses({
    "device with a name outside": [
      "UNSAFE_ARCHIVE",
      /device/,
      [{ path: "../bad", type: "character-device" }],
    ],
    "device with numbers": [
      "UNSAFE_ARCHIVE",
      SPECIAL,
      [{ path: "bad", type: "block-device", header: { devmajor: "0000010\0", devminor: "1" } }],
    ],
    "named pipe with content": [
      "BAD_ARCHIVE",
      /entry "bad" .*has content, but is no file/,
      [{ path: "bad", type: "fifo", content: "dead" }],
    ],
  });
});

describe("an entry of a type that few know", () => {
  for (const type of ["A", "D", "E", "I", "M", "S", "V", "Z", "8", "9", "\x7f"]) {
    refuses({
      [JSON.stringify(type)]: [
        "BAD_ARCHIVE",
        /entry "bad" .*not supported/,
        [file, { path: "bad", type, content: "dead" }],
      ],
    });
  }
});

describe("a sparse file", () => {
  const SPARSE = /entry ".*" .*(sparse|not supported)/;
  const terabyte = "1099511627776";
  // In the place of a prefix: one piece of 512 bytes at 0, and, in base 256, what it all comes to.
  const oldSparse = Buffer.alloc(155);
  oldSparse.write("00000000000\x0000000001000\0", 41);
  oldSparse.write("800000000000010000000000", 138, "hex");
  refuses({
    "of the old GNU kind, a terabyte": [
      "BAD_ARCHIVE",
      SPARSE,
      [
        {
          path: "bad",
          type: "S",
          header: { magic: "ustar  \0", prefix: oldSparse },
          content: "x".repeat(512),
        },
      ],
    ],
    "of pax 0.0": [
      "BAD_ARCHIVE",
      SPARSE,
      [
        {
          path: "bad",
          rawPax: ["GNU.sparse.size", "GNU.sparse.offset", "GNU.sparse.offset"]
            .map((key) => paxRecords({ [key]: terabyte }))
            .join(""),
        },
      ],
    ],
    "of pax 0.1": [
      "BAD_ARCHIVE",
      SPARSE,
      [{ path: "bad", pax: { "GNU.sparse.map": "0,1", "GNU.sparse.size": terabyte } }],
    ],
    "of pax 1.0, with a name of its own": [
      "BAD_ARCHIVE",
      SPARSE,
      [
        {
          path: "bad",
          pax: {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": "../canary/song",
            "GNU.sparse.realsize": terabyte,
          },
        },
      ],
    ],
  });
});

describe("bits, owners and attributes", () => {
  const bits = [0o4755, 0o2755, 0o1755, 0o7777, 0o6000];
  keeps({
    "all of them, in a tar,": [
      Object.fromEntries(bits.map((mode) => [`f${mode}`, "x"])),
      bits.map((mode) => ({ path: `f${mode}`, content: "x", mode: mode | 0o400 })),
    ],
    "all of them, at directories,": [
      Object.fromEntries(bits.map((mode) => [`d${mode}/file`, "x"])),
      bits.flatMap((mode) => [
        { path: `d${mode}/`, type: "directory", mode },
        { path: `d${mode}/file`, content: "x" },
      ]),
    ],
    "those of another user": [
      { file: "x", "folder/link": " -> ../file" },
      [
        { path: "file", content: "x", header: { uid: "0001750\0", gid: "0001750\0" } },
        { path: "folder/", type: "directory", header: { uid: "0001750\0", gid: "0001750\0" } },
        { ...symlink("folder/link", "../file"), header: { uid: "0001750\0" } },
      ],
    ],
    "all of them, in a zip,": [
      Object.fromEntries(bits.map((mode) => [`f${mode}`, "x"])),
      zip(bits.map((mode) => ({ path: `f${mode}`, content: "x", mode: 0o100400 | mode }))),
    ],
    "capabilities and attributes of a pax header": [
      { a: "x" },
      tar([
        {
          path: "a",
          content: "x",
          pax: {
            "SCHILY.xattr.security.capability": "\u0001\u0000\u0000\u0002",
            "SCHILY.xattr.trusted.overlay.opaque": "y",
            "RHT.security.selinux": "system_u:object_r:etc_t:s0",
            "SCHILY.fflags": "immutable",
            uname: "root",
          },
        },
      ]),
    ],
  });
});
