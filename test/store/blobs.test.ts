/** The cache of blobs: only whole, right bytes get in, and damage never comes out. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import { OciError } from "../../provider/errors";
import { listBlobs } from "../../provider/store/blob-folder";
import { isWhole, openBlobs, type BlobKey, type BlobSource } from "../../provider/store/blobs";
import { verifyCache } from "../../provider/store/cache";
import { fileFacts, type FileFacts } from "../../provider/store/file-facts";
import { storeError } from "../../provider/store/store-error";
import { SILENT } from "../../provider/context";
import { folderFor } from "../support/folder-for-test";

const CONTENT = Buffer.from("the bytes of a layer");

function keyOf(bytes: Buffer, algorithm: "sha256" | "sha512" = "sha256"): BlobKey {
  return { digest: digestOf(bytes, algorithm), size: bytes.length };
}

function chunks(...parts: readonly (Buffer | Error)[]): BlobSource {
  return async function* () {
    for (const part of parts) {
      await new Promise(setImmediate);
      if (part instanceof Error) throw part;
      yield part;
    }
  };
}

/** All files below a folder, relative. */
function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

describe("what gets in", () => {
  for (const algorithm of ["sha256", "sha512"] as const) {
    test(`whole ${algorithm} blobs`, async (context) => {
      const blobs = openBlobs(folderFor(context));
      const key = keyOf(CONTENT, algorithm);
      assert.equal(await blobs.has(key), false);
      await blobs.write(key, chunks(CONTENT.subarray(0, 7), CONTENT.subarray(7)), "x", SILENT);
      assert.equal(await blobs.has(key), true);
      assert.deepEqual(await blobs.read(key.digest), CONTENT);
      assert.deepEqual(readFileSync(blobs.file(key.digest)), CONTENT);
      assert.equal(await isWhole(blobs, key), true);
    });
  }

  test("a document in memory", async (context) => {
    const folder = folderFor(context);
    const blobs = openBlobs(folder);
    await blobs.put(digestOf(CONTENT), CONTENT);
    assert.deepEqual(await blobs.read(digestOf(CONTENT)), CONTENT);
    assert.deepEqual(filesBelow(join(folder, "staging")), []);
  });

  test("an empty blob", async (context) => {
    const blobs = openBlobs(folderFor(context));
    const key = keyOf(Buffer.alloc(0));
    await blobs.write(key, chunks(), "x", SILENT);
    assert.equal(await blobs.has(key), true);
  });

  test("the same blob by several writers at once", async (context) => {
    const folder = folderFor(context);
    const blobs = openBlobs(folder);
    const key = keyOf(CONTENT);
    await Promise.all([1, 2, 3].map(() => blobs.write(key, chunks(CONTENT), "x", SILENT)));
    assert.equal(await isWhole(blobs, key), true);
    assert.equal(filesBelow(join(folder, "blobs")).length, 1);
    assert.deepEqual(filesBelow(join(folder, "staging")), []);
  });
});

describe("what it vouches for", () => {
  const factsOf = (file: string): FileFacts => fileFacts(statSync(file, { bigint: true }));

  test("the blobs that it has hashed itself, as they lie in the cache", async (context) => {
    const blobs = openBlobs(folderFor(context));
    const key = keyOf(CONTENT);
    assert.equal(blobs.vouched(key.digest), undefined);
    await blobs.write(key, chunks(CONTENT), "x", SILENT);
    assert.deepEqual(blobs.vouched(key.digest), factsOf(blobs.file(key.digest)));
  });

  test("not those that lay there before", async (context) => {
    const folder = folderFor(context);
    await openBlobs(folder).write(keyOf(CONTENT), chunks(CONTENT), "x", SILENT);
    assert.equal(openBlobs(folder).vouched(keyOf(CONTENT).digest), undefined);
  });

  test("not one that did not get in", async (context) => {
    const blobs = openBlobs(folderFor(context));
    await assert.rejects(blobs.write(keyOf(CONTENT), chunks(Buffer.from("x")), "x", SILENT));
    assert.equal(blobs.vouched(keyOf(CONTENT).digest), undefined);
  });
});

describe("what stays out, and leaves nothing", () => {
  const wrong = Buffer.from(CONTENT);
  wrong[3] = 0;
  const cases: readonly [string, readonly (Buffer | Error)[], RegExp][] = [
    ["too few bytes", [CONTENT.subarray(0, 5)], /ended after 5 of 20 bytes/],
    ["too many bytes", [CONTENT, Buffer.from("!")], /is longer than the 20 bytes/],
    ["wrong bytes", [wrong], /has the digest sha256:/],
  ];
  for (const [name, parts, text] of cases) {
    test(name, async (context) => {
      const folder = folderFor(context);
      const blobs = openBlobs(folder);
      await assert.rejects(
        blobs.write(keyOf(CONTENT), chunks(...parts), "team/x:1", SILENT),
        (error) => {
          assert.ok(error instanceof OciError);
          assert.equal(error.code, "DIGEST_MISMATCH");
          assert.match(error.message, /^cannot fetch team\/x:1: blob sha256:/);
          assert.match(error.message, text);
          assert.match(error.message, /\nhint: /);
          return true;
        },
      );
      assert.deepEqual(filesBelow(folder), []);
    });
  }

  test("an endless source is left as soon as it is too long", async (context) => {
    let isClosed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          await new Promise(setImmediate);
          yield Buffer.alloc(8);
        }
      } finally {
        isClosed = true;
      }
    }
    const blobs = openBlobs(folderFor(context));
    await assert.rejects(blobs.write(keyOf(CONTENT), endless, "x", SILENT), {
      code: "DIGEST_MISMATCH",
    });
    assert.equal(isClosed, true);
  });

  test("a source that fails midway: its own error arrives", async (context) => {
    const folder = folderFor(context);
    const cut = new Error("cut");
    const source = chunks(CONTENT.subarray(0, 5), cut);
    await assert.rejects(openBlobs(folder).write(keyOf(CONTENT), source, "x", SILENT), cut);
    assert.deepEqual(filesBelow(folder), []);
  });

  test("a failed write leaves the entry that is there", async (context) => {
    const blobs = openBlobs(folderFor(context));
    await blobs.put(digestOf(CONTENT), CONTENT);
    await assert.rejects(blobs.write(keyOf(CONTENT), chunks(wrong), "x", SILENT));
    assert.deepEqual(await blobs.read(digestOf(CONTENT)), CONTENT);
  });
});

describe("damaged entries", () => {
  test("are not read, even where the size is right", async (context) => {
    const blobs = openBlobs(folderFor(context));
    const key = keyOf(CONTENT);
    await blobs.put(key.digest, CONTENT);
    writeFileSync(blobs.file(key.digest), Buffer.alloc(CONTENT.length));
    assert.equal(await blobs.read(key.digest), undefined);
    assert.equal(await isWhole(blobs, key), false);
  });

  test("of another size count as missing, and are written over", async (context) => {
    const blobs = openBlobs(folderFor(context));
    const key = keyOf(CONTENT);
    await blobs.put(key.digest, CONTENT);
    writeFileSync(blobs.file(key.digest), "");
    assert.equal(await blobs.has(key), false);
    await blobs.write(key, chunks(CONTENT), "x", SILENT);
    assert.equal(await isWhole(blobs, key), true);
  });

  for (const [what, make] of [
    ["a folder", (path: string) => mkdirSync(join(path, "more"), { recursive: true })],
    ["a pipe", (path: string) => execFileSync("mkfifo", [path])],
  ] as const) {
    test(`that are ${what} count as missing, and a blob comes in their place`, async (context) => {
      const folder = folderFor(context);
      const blobs = openBlobs(folder);
      const key = keyOf(CONTENT);
      mkdirSync(dirname(blobs.file(key.digest)), { recursive: true });
      make(blobs.file(key.digest));
      assert.deepEqual(await listBlobs(folder), []);
      assert.equal((await verifyCache({ cacheDirectory: folder })).checked, 0);
      assert.equal(await blobs.has(key), false);
      assert.equal(await blobs.read(key.digest), undefined);
      await blobs.put(key.digest, CONTENT);
      assert.deepEqual(await blobs.read(key.digest), CONTENT);
      assert.deepEqual(readdirSync(join(folder, "staging")), []);
    });
  }

  test("are gone once discarded; a missing one may be discarded, too", async (context) => {
    const blobs = openBlobs(folderFor(context));
    await blobs.put(digestOf(CONTENT), CONTENT);
    await blobs.discard(digestOf(CONTENT));
    await blobs.discard(digestOf(CONTENT));
    assert.equal(existsSync(blobs.file(digestOf(CONTENT))), false);
    assert.equal(await isWhole(blobs, keyOf(CONTENT)), false);
  });
});

describe("a cache that cannot be written", () => {
  test("a full disk in words", () => {
    const full = Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" });
    const error = storeError(full, "/home/x/.cache");
    assert.ok(error instanceof OciError);
    assert.equal(error.code, "STORE");
    assert.match(error.message, /^cannot write below \/home\/x\/\.cache: the disk is full/);
    assert.match(error.message, /\nhint: .*OCI_ARTIFACT_CACHE/);
  });

  test("errors that are words already stay as they are", () => {
    const own = new OciError({ code: "TLS", verb: "a", subject: "b", fact: "c" });
    assert.equal(storeError(own, "/x"), own);
    const other = new Error("no system error");
    assert.equal(storeError(other, "/x"), other);
  });

  test("a file where the cache should be", async (context) => {
    const folder = folderFor(context);
    mkdirSync(join(folder, "cache"));
    writeFileSync(join(folder, "cache", "blobs"), "");
    const blobs = openBlobs(join(folder, "cache"));
    await assert.rejects(blobs.put(digestOf(CONTENT), CONTENT), (error) => error instanceof Error);
    assert.deepEqual(filesBelow(folder), ["blobs"]);
  });
});
