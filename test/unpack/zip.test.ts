/** Zip archives that people really make: each must become exactly its tree. */
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { contentOf, directoryTitle, unpackLayers } from "../support/unpacking";
import { dosTime, zip, zipLink, type ZipMember } from "../support/zips";

const ZIP = "archive/zip";
const files: readonly ZipMember[] = [
  { path: "a.txt", content: "A" },
  { path: "dir/b.txt", content: "B" },
];
const wanted = { "a.txt": "A", dir: "/", "dir/b.txt": "B" };

describe("a zip", () => {
  for (const [name, bytes] of Object.entries({
    deflated: zip(files),
    stored: zip(files.map((file) => ({ ...file, isStored: true }))),
    "with sizes behind the content": zip(files.map((file) => ({ ...file, hasDescriptor: true }))),
    "with sizes of files in front and all else behind, as Info-ZIP streams it": zip(
      files.map((file) => ({ ...file, hasDescriptor: true, local: { bytes: 1 } })),
    ),
    "of zip64": zip(
      files.map((file) => ({ ...file, isZip64: true })),
      { isZip64: true },
    ),
    "with an end record of zip64 only": zip(files, { isZip64: true }),
    "with directories": zip([{ path: "dir/", mode: 0o040755 }, ...files]),
    "with the same directory twice": zip([...files, { path: "dir//", mode: undefined }]),
    "in another order": zip(files.toReversed()),
    "with a comment": zip(files, { comment: "made by hand" }),
    "with something between content and directory": zip(files, { gap: "signature" }),
  })) {
    test(`${name} becomes its tree`, async (t) => {
      assert.deepEqual(await contentOf(await unpackLayers(t, [{ bytes, mediaType: ZIP }])), wanted);
    });
  }

  test("of an unknown type is told by its first bytes", async (t) => {
    const layer = { bytes: zip(files), mediaType: "application/vnd.example.module.v1" };
    assert.deepEqual(await contentOf(await unpackLayers(t, [layer])), wanted);
  });

  test("under a title with the annotation is not doubled", async (t) => {
    const annotations = directoryTitle("dir");
    const layer = { bytes: zip(files.slice(1)), mediaType: ZIP, annotations };
    const unpacked = await contentOf(await unpackLayers(t, [layer]));
    assert.deepEqual(unpacked, { dir: "/", "dir/b.txt": "B" });
  });

  test("with a title only stays a zip", async (t) => {
    const annotations = { "org.opencontainers.image.title": "module.zip" };
    const layer = { bytes: zip(files), mediaType: ZIP, annotations };
    const { entries } = await unpackLayers(t, [layer]);
    assert.deepEqual(
      entries.map(({ path, size }) => [path, size]),
      [["module.zip", layer.bytes.length]],
    );
  });

  test("beside a tar in the next layer shares its tree", async (t) => {
    const second = zip([{ path: "c", content: "C" }]);
    const layers = [{ bytes: zip(files) }, { bytes: second }];
    assert.deepEqual(await contentOf(await unpackLayers(t, layers)), { ...wanted, c: "C" });
  });
});

describe("content of a zip", () => {
  for (const isStored of [true, false]) {
    test(`of more than one read, ${isStored ? "stored" : "deflated"}`, async (t) => {
      const content = randomBytes(400_000).toString("hex");
      const unpacked = await unpackLayers(t, [zip([{ path: "big", content, isStored }])]);
      assert.deepEqual(await contentOf(unpacked), { big: content });
    });
  }

  test("of many files, small and large, deflated and stored, empty and links", async (t) => {
    const contents = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => {
        const length = index % 7 === 0 ? 0 : index % 100 === 1 ? 300_000 : 1 + index * 37;
        return [`f${index}`, randomBytes(length).toString("hex")];
      }),
    );
    const members = Object.entries(contents).map(([path, content], index): ZipMember => {
      return { path, content, isStored: index % 5 === 0, hasDescriptor: index % 3 === 0 };
    });
    const links = [zipLink("link1", "f1"), { ...zipLink("link2", "f2"), isStored: false }];
    const bytes = zip([...links, ...members]);
    const unpacked = await contentOf(await unpackLayers(t, [bytes]));
    assert.deepEqual(unpacked, { ...contents, link1: "-> f1", link2: "-> f2" });
  });

  test("that looks like a gzip", async (t) => {
    const content = "\x1f\x8b\x08".repeat(9);
    const data = deflateRawSync(Buffer.from(content, "latin1"), { level: 0 });
    const bytes = zip([
      { path: "a", content: "A" },
      { path: "b", content: Buffer.from(content, "latin1"), data },
      { path: "c", content: "C" },
    ]);
    const { staging } = await unpackLayers(t, [bytes]);
    assert.equal(await readFile(join(staging, "b"), "latin1"), content);
    assert.equal(await readFile(join(staging, "c"), "latin1"), "C");
  });

  test("of nothing", async (t) => {
    const bytes = zip([{ path: "a" }, { path: "b", isStored: true }]);
    assert.deepEqual(await contentOf(await unpackLayers(t, [bytes])), { a: "", b: "" });
  });
});

describe("names of a zip", () => {
  test("are UTF-8 with and without the flag, else of the format's code page", async (t) => {
    const bytes = zip([
      { path: "grün" },
      { path: "bär", flags: 0 },
      { path: Buffer.from([0x81, 0x2e, 0x61]), flags: 0 },
    ]);
    const names = Object.keys(await contentOf(await unpackLayers(t, [bytes])));
    assert.deepEqual(names.sort(), ["bär", "grün", "ü.a"].sort());
  });

  test("may be there a second time in an extra field", async (t) => {
    const bytes = zip([{ path: "grün", extra: unicodePath("grün", "grün") }]);
    assert.deepEqual(await contentOf(await unpackLayers(t, [bytes])), { grün: "" });
  });
});

describe("modes, times and links of a zip", () => {
  test("modes are those of Unix without the special bits, else the usual ones", async (t) => {
    const { entries } = await unpackLayers(t, [
      zip([
        { path: "script", mode: 0o100755 },
        { path: "secret", mode: 0o104600 },
        { path: "plain", mode: undefined },
        { path: "python", mode: 0o600 },
        { path: "dos/", mode: undefined, central: { attributes: 0x10 } },
        { path: "unix", mode: 0o040700 },
      ]),
    ]);
    assert.deepEqual(Object.fromEntries(entries.map(({ path, mode }) => [path, mode])), {
      script: 0o755,
      secret: 0o600,
      plain: 0o644,
      python: 0o600,
      dos: 0o755,
      unix: 0o700,
    });
  });

  test("times are an extra field's, else taken for UTC", async (t) => {
    const members = {
      dos: undefined,
      unix: extra(0x5455, Buffer.from([1]), littleEndian(1_600_000_000n, 4)),
      windows: extra(0x000a, windowsTimes(1_600_000_000n)),
      "no change": extra(0x5455, Buffer.from([2]), littleEndian(1_600_000_000n, 4)),
      "no times": extra(0x000a, Buffer.alloc(32)),
      "cut off": Buffer.concat([extra(0x5455, Buffer.from([1])), extra(0x000a)]),
    };
    const bytes = zip(
      Object.entries(members).map(([path, found]): ZipMember => {
        return found === undefined ? { path } : { path, extra: found };
      }),
    );
    const { staging } = await unpackLayers(t, [bytes]);
    for (const path of Object.keys(members)) {
      const isExtra = path === "unix" || path === "windows";
      const { mtimeMs } = await lstat(join(staging, path));
      assert.equal(mtimeMs, isExtra ? 1_600_000_000_000 : 1_700_000_000_000, path);
    }
  });

  test("times after 2038 are those that the archive has", async (t) => {
    const after = 3_800_000_000;
    const dos = dosTime(after);
    const found = extra(0x5455, Buffer.from([1]), littleEndian(BigInt(after), 4));
    const { staging } = await unpackLayers(t, [
      zip([
        { path: "unix", extra: found, dos },
        { path: "dos", dos },
      ]),
    ]);
    for (const path of ["unix", "dos"]) {
      assert.equal((await lstat(join(staging, path))).mtimeMs, after * 1000, path);
    }
  });

  test("what has no time, as Go packs it, has the fixed one", async (t) => {
    const { staging } = await unpackLayers(t, [zip([{ path: "a", dos: 0 }])]);
    assert.equal((await lstat(join(staging, "a"))).mtimeMs, 315_532_800_000);
  });

  test("symlinks inside the tree are kept", async (t) => {
    const bytes = zip([...files, zipLink("dir/link", "../a.txt")]);
    const unpacked = await contentOf(await unpackLayers(t, [bytes]));
    assert.deepEqual(unpacked, { ...wanted, "dir/link": "-> ../a.txt" });
  });
});

/** Info-ZIP's field with the name in UTF-8. */
function unicodePath(raw: string, name: string): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt16LE(0x7075);
  head.writeUInt16LE(5 + Buffer.byteLength(name), 2);
  head[4] = 1;
  head.writeUInt32LE(crc32(raw), 5);
  return Buffer.concat([head, Buffer.from(name)]);
}

/** An extra field. */
function extra(id: number, ...data: readonly Buffer[]): Buffer {
  const length = data.reduce((sum, bytes) => sum + bytes.length, 0);
  return Buffer.concat([littleEndian(BigInt(id), 2), littleEndian(BigInt(length), 2), ...data]);
}

/** The content of Windows's field: the times of the last change, the last access and the beginning. */
function windowsTimes(seconds: bigint): Buffer {
  const ticks = littleEndian((seconds + 11_644_473_600n) * 10_000_000n, 8);
  const tag = Buffer.concat([littleEndian(1n, 2), littleEndian(24n, 2)]);
  return Buffer.concat([Buffer.alloc(4), tag, ticks, Buffer.alloc(16)]);
}

function littleEndian(value: bigint, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.subarray(0, length);
}
