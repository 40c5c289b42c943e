/** Archives that people really make: each must become exactly its tree. */
import * as assert from "node:assert/strict";
import { chmod, lstat, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { globalHeader, gzip, sha256, tar, tarGz, tarOf } from "../support/archives";
import { contentOf, TAR, unpackLayers } from "../support/unpacking";

const UNKNOWN = "application/vnd.example.config.v1";

describe("formats", () => {
  const files = { "a.txt": "A", "dir/b.txt": "B" };
  const wanted = { "a.txt": "A", dir: "/", "dir/b.txt": "B" };

  for (const [name, layer] of Object.entries({
    "tar+gzip": { bytes: tarGz(files) },
    "plain tar": { bytes: tarOf(files), mediaType: TAR },
    "plain tar labelled gzip": { bytes: tarOf(files) },
    "gzip labelled plain tar": { bytes: tarGz(files), mediaType: TAR },
    "tar+gzip of an unknown type": { bytes: tarGz(files), mediaType: UNKNOWN },
    "plain tar of an unknown type": { bytes: tarOf(files), mediaType: UNKNOWN },
    "tar without directory entries": { bytes: tarGz(files, { directories: false }) },
    "tar without end blocks": { bytes: tarGz(files, { endBlocks: 0 }) },
    "tar with padding behind its end": { bytes: tarGz(files, { endBlocks: 40 }) },
    "tar with garbage behind its end": { bytes: tarGz(files, { trailing: "garbage" }) },
  })) {
    test(name, async (t) => {
      assert.deepEqual(await contentOf(await unpackLayers(t, [layer])), wanted);
    });
  }

  test("gzip in two members, cut inside an entry", async (t) => {
    const bytes = tarOf(files);
    const two = gzip(bytes.subarray(0, 700), bytes.subarray(700));
    assert.deepEqual(await contentOf(await unpackLayers(t, [two])), wanted);
  });

  test("zeros behind the gzip, more than one read of them", async (t) => {
    const padded = Buffer.concat([tarGz(files), Buffer.alloc(1024 * 1024)]);
    assert.deepEqual(await contentOf(await unpackLayers(t, [padded])), wanted);
  });

  test("gzip with a long header of its own", async (t) => {
    const plain = tarGz(files);
    const header = Buffer.from(plain.subarray(0, 10));
    header[3] = 8;
    const name = Buffer.from(`${"n".repeat(20_000)}\0`);
    const bytes = Buffer.concat([header, name, plain.subarray(10)]);
    const layer = { bytes, mediaType: UNKNOWN };
    assert.deepEqual(await contentOf(await unpackLayers(t, [layer])), wanted);
  });
});

describe("layers that are no archives", () => {
  test("a title is the name of a file, which may lie in directories", async (t) => {
    const bytes = Buffer.from("{}");
    const annotations = { "org.opencontainers.image.title": "conf/app.json" };
    const unpacked = await unpackLayers(t, [{ bytes, mediaType: UNKNOWN, annotations }]);
    assert.deepEqual(await contentOf(unpacked), { conf: "/", "conf/app.json": "{}" });
    assert.equal((await stat(join(unpacked.staging, "conf/app.json"))).mtimeMs, 315_532_800_000);
  });

  test("a titled archive without the unpack annotation stays an archive", async (t) => {
    const bytes = tarGz({ a: "A" });
    const annotations = { "org.opencontainers.image.title": "app.tgz" };
    const { entries } = await unpackLayers(t, [{ bytes, annotations }]);
    assert.deepEqual(
      entries.map(({ path, size, sha256: hex }) => [path, size, `sha256:${hex ?? ""}`]),
      [["app.tgz", bytes.length, sha256(bytes)]],
    );
  });

  test("untitled bytes get the defined name", async (t) => {
    const layers = [
      { bytes: Buffer.from("{}"), mediaType: "application/vnd.example+json" },
      { bytes: gzipSync("no tar"), mediaType: UNKNOWN },
      { bytes: Buffer.alloc(0), mediaType: "text/plain" },
    ];
    const { entries } = await unpackLayers(t, layers);
    assert.deepEqual(
      entries.map(({ path, size }) => [path, size]),
      [
        ["blob-0.json", 2],
        ["blob-1", layers[1]?.bytes.length],
        ["blob-2.txt", 0],
      ],
    );
  });
});

describe("names", () => {
  const long = `${"directory-".repeat(12)}/${"name-".repeat(40)}.txt`;

  for (const way of ["pax", "gnu"] as const) {
    test(`over 100 bytes, by ${way}`, async (t) => {
      const bytes = tar([
        { path: long, content: "L", long: way },
        { path: "link", type: "symlink", link: long, long: way },
      ]);
      const content = await contentOf(await unpackLayers(t, [bytes]));
      assert.equal(content[long], "L");
      assert.equal(content["link"], `-> ${long}`);
    });
  }

  test("by the prefix field of ustar", async (t) => {
    const bytes = tar([{ path: "file", header: { prefix: "some/where" } }]);
    const { entries } = await unpackLayers(t, [bytes]);
    assert.deepEqual(
      entries.map(({ path }) => path),
      ["some", "some/where", "some/where/file"],
    );
  });

  test("a pax name and size go before those of the header", async (t) => {
    const bytes = tar([{ path: "short", content: "12345", pax: { path: "größe", size: "5" } }]);
    assert.deepEqual(await contentOf(await unpackLayers(t, [bytes])), { größe: "12345" });
  });

  test("dots, blanks and colons inside are legal, ./ and // mean nothing", async (t) => {
    const bytes = tar([
      { path: "./", type: "directory" },
      { path: "./a..b.txt" },
      { path: "x..//..y" },
      { path: "..." },
      { path: "with blank: yes" },
    ]);
    const { entries } = await unpackLayers(t, [bytes]);
    assert.deepEqual(
      entries.map(({ path }) => path),
      ["...", "a..b.txt", "with blank: yes", "x..", "x../..y"],
    );
  });

  test("components of 255 bytes, and a pax name cut anywhere by the reads", async (t) => {
    const files = Object.fromEntries(
      Array.from({ length: 900 }, (_, index) => [
        `${"ü".repeat(125)}/${"é".repeat(120)}/${"ß".repeat(100)}/${index}-${"ñ".repeat(120)}`,
        `${index}`,
      ]),
    );
    const { entries } = await unpackLayers(t, [tarGz(files)]);
    const paths = entries.filter(({ type }) => type === "file").map(({ path }) => path);
    assert.deepEqual(paths.sort(), Object.keys(files).sort());
  });

  test("sorted by bytes, not by UTF-16 units", async (t) => {
    const { entries } = await unpackLayers(t, [tar([{ path: "\u{1f600}" }, { path: "\uffe5" }])]);
    assert.deepEqual(
      entries.map(({ path }) => path),
      ["\uffe5", "\u{1f600}"],
    );
  });
});

describe("headers", () => {
  test("a pax global header is no file", async (t) => {
    const bytes = tar([globalHeader({ comment: "0123abcd" }), { path: "a", content: "A" }]);
    assert.deepEqual(await contentOf(await unpackLayers(t, [bytes])), { a: "A" });
  });

  test("binary pax values of no interest do not matter", async (t) => {
    const record = Buffer.from("??? SCHILY.xattr.x=\x01\xff\x80\n", "latin1");
    record.write(String(record.length).padStart(3, "0"));
    const bytes = tar([{ path: "a", content: "A", rawPax: record }]);
    assert.deepEqual(await contentOf(await unpackLayers(t, [bytes])), { a: "A" });
  });

  test("content that looks like the beginning of a pax header", async (t) => {
    const inner = tar([{ path: "x", pax: { comment: "y".repeat(2000) } }]).subarray(0, 1024);
    const bytes = tar([{ path: "cut.tar", content: inner }]);
    const { entries } = await unpackLayers(t, [bytes]);
    assert.deepEqual(
      entries.map(({ path, size }) => [path, size]),
      [["cut.tar", 1024]],
    );
  });

  test("the last of several entries of one name wins", async (t) => {
    const bytes = tar([
      { path: "a", content: "old" },
      { path: "b", type: "symlink", link: "a" },
      { path: "c", type: "directory" },
      { path: "a", content: "new" },
      { path: "b", content: "file" },
      { path: "c", content: "file" },
    ]);
    const wanted = { a: "new", b: "file", c: "file" };
    assert.deepEqual(await contentOf(await unpackLayers(t, [bytes])), wanted);
  });

  test("modes hold whatever the umask, special bits go, directories stay open", async (t) => {
    const umask = process.umask(0o077);
    t.after(() => process.umask(umask));
    const bytes = tar([
      { path: "open", type: "directory", mode: 0o2777 },
      { path: "shut", type: "directory", mode: 0o055 },
      { path: "open/all", mode: 0o4777 },
      { path: "open/all-too", mode: 0o777 },
      { path: "read", mode: 0o444 },
      { path: "implied/x", mode: 0o600 },
    ]);
    const { entries, staging } = await unpackLayers(t, [bytes]);
    const wanted = {
      implied: 0o755,
      "implied/x": 0o600,
      open: 0o777,
      "open/all": 0o777,
      "open/all-too": 0o777,
      read: 0o444,
      shut: 0o755,
    };
    assert.deepEqual(Object.fromEntries(entries.map(({ path, mode }) => [path, mode])), wanted);
    for (const [path, mode] of Object.entries(wanted)) {
      assert.equal((await stat(join(staging, path))).mode & 0o7777, mode, path);
    }
    await chmod(join(staging, "shut"), 0o755);
  });

  test("times are the archive's in whole seconds, or fixed, never now", async (t) => {
    const bytes = tar([
      { path: "dir", type: "directory", mtime: 1000 },
      { path: "dir/file", content: "x", mtime: 2000 },
      { path: "dir/link", type: "symlink", link: "file", mtime: 3000 },
      { path: "dir/exact", pax: { mtime: "4000.75" } },
      { path: "dir/before", pax: { mtime: "-5" } },
      { path: "dir/none", header: { mtime: "garbage" } },
      { path: "dir/taken-back", rawPax: "14 mtime=4000\n9 mtime=\n", mtime: 6000 },
      { path: "implied/file", mtime: 5000 },
    ]);
    const { staging } = await unpackLayers(t, [bytes]);
    const seconds = async (path: string): Promise<number> =>
      (await lstat(join(staging, path))).mtimeMs / 1000;
    assert.equal(await seconds("dir"), 1000);
    assert.equal(await seconds("dir/file"), 2000);
    assert.equal(await seconds("dir/link"), 3000);
    assert.equal(await seconds("dir/exact"), 4000);
    assert.equal(await seconds("dir/before"), 315_532_800);
    assert.equal(await seconds("dir/none"), 315_532_800);
    assert.equal(await seconds("dir/taken-back"), 6000);
    assert.equal(await seconds("implied"), 315_532_800);
  });

  test("empty files have the digest of nothing", async (t) => {
    const { entries } = await unpackLayers(t, [tarGz({ empty: "" })]);
    const hex = sha256("").slice("sha256:".length);
    assert.deepEqual(
      entries.map(({ path, size, sha256: found }) => [path, size, found]),
      [["empty", 0, hex]],
    );
  });

  test("a file that takes many reads", async (t) => {
    const content = Buffer.alloc(5 * 1024 * 1024 + 7, "0123456789");
    const { entries, staging } = await unpackLayers(t, [tarGz({ big: content, small: "s" })]);
    assert.equal(`sha256:${entries[0]?.sha256 ?? ""}`, sha256(content));
    assert.ok((await readFile(join(staging, "big"))).equals(content));
  });
});
