/** What people really push, in every dress: each artifact is pulled to exactly its tree. */
import * as assert from "node:assert/strict";
import { lstatSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { globalHeader, gzip, sha256, tar, tarGz, tarOf } from "../support/archives";
import { MEDIA_TYPES } from "../support/artifacts";
import { assertPulled } from "../support/pulling";
import { unpackLayers } from "../support/unpacking";
import { zip, zipLink } from "../support/zips";
import { skippable, zstdFrame } from "../support/zstd";
import { hardlink, keeps, pullArtifact, symlink, titled, titledDirectory } from "./hostile";

const files = { "a.txt": "A", "dir/b.txt": "B" };
const plain = tarOf(files);
const zstd = (bytes: Buffer) => ({ bytes, mediaType: MEDIA_TYPES.tarZstd });

/** A gzip with every optional field of its header: extra, name, comment, checksum. */
function dressed(content: Buffer): Buffer {
  const extra = Buffer.from("\x06\x00ab\x02\x00xy", "latin1");
  const head = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 255]),
    extra,
    Buffer.from("../../name\0a comment\0"),
  ]);
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc32(content));
  end.writeUInt32LE(content.length, 4);
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc32(head) & 0xffff);
  return Buffer.concat([head, checksum, deflateRawSync(content), end]);
}

describe("one tree in each of its dresses:", () => {
  keeps({
    "a tar+gzip": [files, tarGz(files)],
    "a tar+gzip of several members": [files, gzip(plain.subarray(0, 700), plain.subarray(700))],
    "a tar+gzip with empty members": [files, gzip("", plain, "")],
    "a tar+gzip with an extra field, a name, a comment and a header's checksum": [
      files,
      dressed(plain),
    ],
    "a tar+gzip with zeros behind it": [files, Buffer.concat([gzip(plain), Buffer.alloc(10_240)])],
    "a tar": [files, { bytes: plain, mediaType: MEDIA_TYPES.tar }],
    "a tar that is labelled gzip": [files, plain],
    "a gzip that is labelled tar": [files, { bytes: gzip(plain), mediaType: MEDIA_TYPES.tar }],
    "a zstd that is labelled gzip": [files, zstdFrame(plain)],
    "a tar+zstd": [files, zstd(zstdFrame(plain))],
    "a tar+zstd of several frames, with skippable ones": [
      files,
      zstd(
        Buffer.concat([
          skippable("front"),
          zstdFrame(plain.subarray(0, 700)),
          skippable(""),
          zstdFrame(plain.subarray(700)),
          skippable("end"),
        ]),
      ),
    ],
    "a zip": [files, zip(Object.entries(files).map(([path, content]) => ({ path, content })))],
    "one file a layer": [files, titled("a.txt", "A"), titled("dir/b.txt", "B")],
    "a file and a directory": [
      files,
      titled("a.txt", "A"),
      titledDirectory("dir", [{ path: "dir/b.txt", content: "B" }]),
    ],
  });
});

describe("one tar in each of its dialects:", () => {
  const long = `${"directory-".repeat(15)}/${"name-".repeat(40)}.txt`;
  keeps({
    "no entries for directories": [files, tarGz(files, { directories: false })],
    "directories after what is in them": [
      { "dir/b.txt": "B" },
      [
        { path: "dir/b.txt", content: "B" },
        { path: "dir/", type: "directory" },
      ],
    ],
    "no end": [files, gzip(tarOf(files, { endBlocks: 0 }))],
    "an end of one block": [files, gzip(tarOf(files, { endBlocks: 1 }))],
    "records of 10 KiB": [files, gzip(tarOf(files, { endBlocks: 20 }))],
    "long names by pax": [{ [long]: "L" }, [{ path: long, content: "L" }]],
    "long names by GNU": [{ [long]: "L" }, [{ path: long, content: "L", long: "gnu" }]],
    "long names by the prefix of ustar": [
      { "some/where/a": "" },
      [{ path: "a", header: { prefix: "some/where" } }],
    ],
    "no magic, as of 1979": [{ a: "A" }, [{ path: "a", content: "A", header: { magic: "" } }]],
    "the magic of GNU": [{ a: "A" }, [{ path: "a", content: "A", header: { magic: "ustar  \0" } }]],
    "the type of old files": [{ a: "A" }, [{ path: "a", content: "A", type: "\0" }]],
    "the type of contiguous files": [{ a: "A" }, [{ path: "a", content: "A", type: "7" }]],
    "a checksum of bytes with a sign, as old tars have it": [
      { größe: "G" },
      [{ path: "größe", content: "G", header: { checksum: "006031\0 " } }],
    ],
    "no sizes of what has no content": [
      { a: "", b: " -> a", c: "" },
      [
        { path: "a", header: { size: Buffer.alloc(12) } },
        { ...symlink("b", "a"), header: { size: Buffer.alloc(12) } },
        { ...hardlink("c", "a"), header: { size: Buffer.alloc(12) } },
      ],
    ],
    "a size in base 256": [
      { a: "A" },
      [{ path: "a", content: "A", header: { size: Buffer.from(`80${"0".repeat(21)}1`, "hex") } }],
    ],
    "a pax global header": [{ a: "" }, [globalHeader({ comment: "0123abcd" }), { path: "a" }]],
    "attributes of extended kinds": [
      { a: "" },
      [
        {
          path: "a",
          pax: {
            "SCHILY.xattr.user.key": "value",
            "LIBARCHIVE.xattr.user.key": "dmFsdWU",
            "SCHILY.acl.access": "user::rwx",
            uid: "4294967295",
            gname: "wheel",
            atime: "1.5",
          },
        },
      ],
    ],
    "the same entry twice": [
      { a: "new" },
      [
        { path: "a", content: "old" },
        { path: "a", content: "new" },
      ],
    ],
  });
});

describe("names and links of every kind:", () => {
  const names = {
    ".hidden/.env": "E",
    "..data": "D",
    "a..b": "",
    "größe.txt": "G",
    "日本語/ファイル": "J",
    "\u{1f600}": "S",
    "\u05d0\u05d1": "R",
    "with blank, 'quote' and \"quotes\"": "Q",
    "-rf": "",
    "~": "",
    $HOME: "",
    "ab:c": "",
    con: "",
    "x.": "",
  };
  keeps({
    "names in a tar": [names, tarGz(names)],
    "names in a zip": [
      names,
      zip(Object.entries(names).map(([path, content]) => ({ path, content }))),
    ],
    "names as titles": [names, ...Object.entries(names).map(([path, text]) => titled(path, text))],
    "empty files": [{ a: "", "b/c": "" }, tarGz({ a: "", "b/c": "" })],
    "links in a tar": [
      { "d/a": "A", "d/hard": "A", up: " -> d/a", "d/e/down": " -> ../a", here: " -> ." },
      [
        { path: "d/a", content: "A" },
        hardlink("d/hard", "d/a"),
        symlink("up", "d/a"),
        symlink("d/e/down", "../a"),
        symlink("here", "."),
      ],
    ],
    "links in a zip": [
      { "d/a": "A", up: " -> d/a" },
      zip([{ path: "d/a", content: "A" }, zipLink("up", "d/a")]),
    ],
    "a folder that takes the place of a link": [
      { "d/song": "mine" },
      [
        symlink("d", "../canary"),
        { path: "d", type: "directory" },
        { path: "d/song", content: "mine" },
      ],
    ],
  });

  test("a component of 255 bytes, and a path of 2000", async (t) => {
    const path = `${"ü".repeat(127)}x/${`${"d".repeat(99)}/`.repeat(17)}end`;
    assertPulled(await pullArtifact(t, [[{ path, content: "P" }]]), { [path]: "P" });
  });
});

test("owners, times to come and special bits of an archive are not those of the tree", async (t) => {
  const { tree } = assertPulled(
    await pullArtifact(t, [
      [
        { path: "d", type: "directory", mode: 0o7777 },
        { path: "d/suid", mode: 0o6755, header: { uid: "0000000\0", gid: "7777777\0" } },
        { path: "d/late", header: { mtime: "77777777777\0" } },
      ],
    ]),
    { "d/suid": "", "d/late": "" },
  );
  const facts = statSync(join(tree.directory, "d/suid"));
  assert.equal(facts.mode & 0o7777, 0o755);
  assert.equal(facts.uid, process.getuid?.() ?? 0);
  assert.notEqual(facts.gid, 0o7777777);
  assert.equal(statSync(join(tree.directory, "d")).mode & 0o7777, 0o777);
  assert.ok(statSync(join(tree.directory, "d/late")).mtimeMs <= 8_589_934_591_000);
});

test("mode 0 is kept for files, and folders stay open to their owner", async (t) => {
  const { entries, staging } = await unpackLayers(t, [
    tar([
      { path: "d", type: "directory", mode: 0 },
      { path: "d/shut", content: "S", mode: 0 },
    ]),
  ]);
  assert.deepEqual(
    entries.map(({ path, mode, sha256: hex }) => [path, mode, hex]),
    [
      ["d", 0o700, undefined],
      ["d/shut", 0, sha256("S").slice("sha256:".length)],
    ],
  );
  assert.equal(lstatSync(join(staging, "d/shut")).mode & 0o7777, 0);
});
