/** Blobs and archives that are not whole, lie about themselves, or hold more than they may. */
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { SILENT } from "../../provider/context";
import type { ErrorCode } from "../../provider/errors";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { unpack } from "../../provider/unpack/unpack";
import { flipped, globalHeader, gzip, sha256, tar, tarGz, tarOf } from "../support/archives";
import { assertRefused, contentOf, unpackLayers } from "../support/unpacking";

const noise = randomBytes(200_000).toString("base64");

describe("archives that break their format", () => {
  const whole = tarOf({ file: "x".repeat(2000), other: "y" });
  const zipped = gzip(whole);
  const cases: Readonly<Record<string, Buffer>> = {
    "cut in a header": whole.subarray(0, 300),
    "cut in a content": whole.subarray(0, 1536),
    "cut in a block": whole.subarray(0, 1700),
    "cut in the second header": whole.subarray(0, 512 + 2048 + 100),
    "cut gzip": zipped.subarray(0, zipped.length - 20),
    "gzip without its trailer": zipped.subarray(0, zipped.length - 8),
    "gzip with a wrong CRC": flipped(zipped, zipped.length - 7),
    "gzip with a wrong length": flipped(zipped, zipped.length - 2),
    "gzip with a cut second member": Buffer.concat([zipped, gzip("more").subarray(0, 12)]),
    "garbage behind the gzip": Buffer.concat([zipped, Buffer.from("garbage")]),
    garbage: Buffer.from("garbage ".repeat(200)),
    "short garbage": Buffer.from("garbage"),
    nothing: Buffer.alloc(0),
    "gzip of nothing": gzip(""),
    "a wrong checksum": tar([{ path: "a" }, { path: "b", header: { checksum: "000001\0 " } }]),
    "an entry behind one zero block": Buffer.concat([
      tar([{ path: "a" }], { endBlocks: 1 }),
      tar([{ path: "b" }]),
    ]),
    "gzip inside gzip": gzip(gzip(whole)),
    "gzip of many bytes inside gzip": gzip(gzip(whole, noise)),
    "zstd inside gzip": gzip(Buffer.concat([Buffer.from("28b52ffd", "hex"), whole])),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    test(name, async (t) => {
      await assertRefused(t, [bytes], "BAD_ARCHIVE", /layer 0 \(sha256:[0-9a-f]{12}\)/);
    });
  }

  const sizes: Readonly<Record<string, string | Buffer>> = {
    negative: Buffer.from("ffffffffffffffffffffffff", "hex"),
    "a negative text": "-0000000001\0",
    garbage: "zzzzzzzzzzz\0",
    empty: Buffer.alloc(12),
    "2^80": Buffer.from("800100000000000000000000", "hex"),
    "longer than the archive": "00000777777\0",
  };
  for (const [name, size] of Object.entries(sizes)) {
    test(`a size that is ${name}`, async (t) => {
      const bytes = tar([{ path: "bad", content: "x", header: { size } }]);
      await assertRefused(t, [bytes], "BAD_ARCHIVE", /layer 0/);
    });
  }
});

describe("extension headers with two readings", () => {
  const cases = {
    "a size in exponents": { size: "1e0" },
    "a size in hex": { size: "0x1" },
    "a negative size": { size: "-1" },
    "a type": { type: "SymbolicLink" },
    "a path with a line feed": { path: "a\nb" },
  };
  for (const [name, pax] of Object.entries(cases)) {
    test(name, async (t) => {
      const bytes = tar([{ path: "bad", content: "x", pax }]);
      await assertRefused(t, [bytes], "BAD_ARCHIVE", /entry ".*" of layer 0/);
    });
  }

  for (const record of ["999 path=x\n", "11 path=abcdef\n", "0 path=x\n", "path=x\n", "9 path=x"]) {
    test(`the record ${JSON.stringify(record)}`, async (t) => {
      const bytes = tar([{ path: "bad", rawPax: record }]);
      await assertRefused(t, [bytes], "BAD_ARCHIVE", /entry "(bad|x)" .*two readings/);
    });
  }

  for (const records of [{ path: "x" }, { size: "0" }, { linkpath: "x" }]) {
    test(`a global header with ${JSON.stringify(records)}`, async (t) => {
      const bytes = tar([globalHeader(records), { path: "bad" }]);
      await assertRefused(t, [bytes], "BAD_ARCHIVE", /entry "bad" .*global header/);
    });
  }

  test("an extension header of two megabytes", async (t) => {
    const bytes = tar([{ path: "bad", pax: { comment: "x".repeat(2 * 1024 * 1024) } }]);
    await assertRefused(t, [bytes], "BAD_ARCHIVE", /extension header of \d+ bytes/);
  });

  test("extension headers without an end", async (t) => {
    const bytes = tar(Array.from({ length: 100 }, () => globalHeader({ comment: "x" })));
    await assertRefused(t, [bytes], "BAD_ARCHIVE", /extension headers only/);
  });
});

describe("limits", () => {
  const cases: readonly (readonly [string, Buffer, Record<string, number>, RegExp])[] = [
    [
      "extracted bytes",
      tarGz({ a: "12345", b: "12345" }),
      { extractedBytes: 9 },
      /entry "b" .*limit extractedBytes of 9 .*: 10/,
    ],
    [
      "a declared size",
      tar([{ path: "a", header: { size: "77777777777\0" } }]),
      { extractedBytes: 100 },
      /entry "a" .*limit extractedBytes/,
    ],
    ["entries", tarGz({ a: "", b: "", c: "" }), { entries: 2 }, /entry "c" .*limit entries of 2/],
    [
      "implied directories",
      tarGz({ "a/b/c": "" }, { directories: false }),
      { entries: 2 },
      /entry "a\/b\/c" .*limit entries of 2/,
    ],
    [
      "ratio",
      tarGz({ zeros: Buffer.alloc(4_000_000) }),
      { ratio: 20, ratioFreeBytes: 1_000_000 },
      /limit ratio of 20/,
    ],
    [
      "ratio behind the end of the tar",
      tarGz({ a: "" }, { trailing: Buffer.alloc(4_000_000) }),
      { ratio: 20, ratioFreeBytes: 1_000_000 },
      /limit ratio of 20/,
    ],
  ];
  for (const [name, bytes, limits, words] of cases) {
    test(name, async (t) => {
      const error = await assertRefused(t, [bytes], "LIMIT_EXCEEDED", words, { limits });
      assert.match(error.message, /hint: .* raise limits\.\w+/);
    });
  }

  test("what is just within them passes", async (t) => {
    const bytes = tarGz({ a: "12345", b: "12345" });
    await unpackLayers(t, [bytes], { limits: { extractedBytes: 10, entries: 2, ratio: 200 } });
    const free = { ratio: 2, ratioFreeBytes: 64 * 1024 ** 2 };
    await unpackLayers(t, [tarGz({ zeros: Buffer.alloc(4_000_000) })], { limits: free });
  });

  test("a blob that is too long is not even opened", async (t) => {
    const words = /layer 0 of .*limit blobBytes of 3 .*: 4/;
    const layer = { bytes: Buffer.from("abcd") };
    await assertRefused(t, [layer], "LIMIT_EXCEEDED", words, { limits: { blobBytes: 3 } });
  });
});

describe("archives that hold nothing", () => {
  const cases: readonly (readonly [string, Buffer, ErrorCode, RegExp])[] = [
    ["an empty tar", tar([]), "NO_MATCHING_LAYER", /no files/],
    [
      "a tar of its root only",
      tar([{ path: "./", type: "directory" }]),
      "NO_MATCHING_LAYER",
      /no files/,
    ],
  ];
  for (const [name, bytes, code, words] of cases) {
    test(name, async (t) => {
      await assertRefused(t, [bytes], code, words);
    });
  }

  test("an untitled gzip that holds no tar stays a gzip", async (t) => {
    const bytes = gzipSync(gzipSync("twice"));
    const { entries } = await unpackLayers(t, [{ bytes, mediaType: "application/x-gzip" }]);
    assert.deepEqual(
      entries.map(({ path, size }) => [path, size]),
      [["blob-0.gz", bytes.length]],
    );
  });
});

describe("what the machine refuses", () => {
  const place = { limits: DEFAULT_LIMITS, signal: new AbortController().signal, report: SILENT };
  const form = { kind: "file", name: "a" } as const;
  const descriptor = { mediaType: "a/b", digest: sha256(""), size: 0, annotations: {} };
  const plan = { layers: [{ descriptor, index: 0, form }], isImage: false };

  test("a blob that is not there", async () => {
    const unpacking = unpack(
      plan,
      () => ({ path: "/no/such/blob" }),
      "/no/such/staging",
      place,
      "host/r:1",
    );
    const message = /^cannot unpack host\/r:1: ENOENT.*\/no\/such\/blob/;
    await assert.rejects(unpacking, { name: "OciError", code: "STORE", message });
  });

  test("a staging folder that is not there", async () => {
    const unpacking = unpack(
      plan,
      () => ({ path: "/dev/null" }),
      "/no/such/staging",
      place,
      "host/r:1",
    );
    const message = /ENOENT.*\/no\/such\/staging\/a/;
    await assert.rejects(unpacking, { name: "OciError", code: "STORE", message });
  });
});

describe("an end from outside", () => {
  for (const [name, bytes] of Object.entries({ gzip: tarGz({ noise }), plain: tarOf({ noise }) })) {
    test(`${name}: a signal that is aborted already`, async (t) => {
      const signal = AbortSignal.abort();
      await assertRefused(t, [bytes], "CANCELLED", /it was cancelled/, { signal });
    });
  }

  test("a signal that comes while it is unpacked", async (t) => {
    const controller = new AbortController();
    const files = Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [`f${index}`, noise.slice(0, 2000)]),
    );
    const unpacking = unpackLayers(t, [tarGz(files)], { signal: controller.signal });
    setImmediate(() => {
      controller.abort();
    });
    await assert.rejects(unpacking, { code: "CANCELLED" });
  });
});

test("the same file in two layers of an artifact is an error that names both", async (t) => {
  const layers = [tarGz({ "d/a": "1" }), tarGz({ b: "" }), tarGz({ "d/a": "2" })];
  const words = /entry "d\/a" of layer 2 .* is in layer 0 \([^]*\nhint: set allowOverwrite: true /;
  await assertRefused(t, layers, "BAD_ARCHIVE", words);
});

test("a file where another layer has a directory is an error that names both", async (t) => {
  const layers = [tarGz({ "d/a": "1" }), tarGz({ d: "file" })];
  await assertRefused(t, layers, "BAD_ARCHIVE", /entry "d" of layer 1 .* is in layer 0 \(/);
});

test("an entry below a file of another layer is an error that names both", async (t) => {
  const layers = [tarGz({ d: "file" }), tar([{ path: "d/a" }])];
  const words = /entry "d\/a" of layer 1 .* below the file "d" of layer 0 \(.*\n.*allowOverwrite/;
  await assertRefused(t, layers, "BAD_ARCHIVE", words);
});

test("a file that takes the place of a full directory, and one below a file", async (t) => {
  const full = tar([{ path: "d/a" }, { path: "d" }]);
  await assertRefused(t, [full], "BAD_ARCHIVE", /entry "d" .*not empty/);
  const below = tar([{ path: "f" }, { path: "f/a" }]);
  await assertRefused(t, [below], "BAD_ARCHIVE", /entry "f\/a" .*below the file "f"/);
});

test("whiteouts are plain files of an artifact", async (t) => {
  const unpacked = await unpackLayers(t, [tarGz({ a: "" }), tarGz({ ".wh.a": "" })]);
  assert.deepEqual(await contentOf(unpacked), { ".wh.a": "", a: "" });
});
