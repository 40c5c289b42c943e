/** Records that only large things need, and what other programs read of archives that were packed. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fromBufferPromise } from "yauzl";
import { packArtifact } from "../../provider/pack/pack";
import { readSource } from "../../provider/pack/source";
import { tarHeader } from "../../provider/pack/tar-records";
import {
  centralHeader,
  dataDescriptor,
  endRecords,
  localHeader,
  type ZipEntry,
} from "../../provider/pack/zip-records";
import { readExtensions } from "../../provider/unpack/tar-extensions";
import { BLOCK, readHeader } from "../../provider/unpack/tar-header";
import { folderFor } from "../support/folder-for-test";
import { bytesOf, EVERYTHING, makeTree } from "./trees";

const TEN_GIB = 10 * 1024 ** 3;

describe("records of what is large", () => {
  test("a file of 10 GiB has its size in a pax record of a tar", () => {
    const bytes = tarHeader({ path: "a", type: "file", mode: 0o644, size: TEN_GIB }, 0);
    assert.equal(bytes.length, 3 * BLOCK);
    const [extension, header] = [readHeader(bytes, 0), readHeader(bytes, 2 * BLOCK)];
    assert.ok(typeof extension === "object" && typeof header === "object");
    assert.deepEqual([extension.typeflag, header.typeflag, header.size], ["x", "0", 0]);
    const content = bytes.subarray(BLOCK, BLOCK + (extension.size ?? 0));
    assert.deepEqual(readExtensions([{ kind: "records", content }]), { size: TEN_GIB });
  });

  test("the largest file that needs no record has none", () => {
    const entry = { path: "a", type: "file", mode: 0o644, size: 8 ** 11 - 1 } as const;
    const header = readHeader(tarHeader(entry, 0), 0);
    assert.ok(typeof header === "object");
    assert.equal(header.size, 8 ** 11 - 1);
    assert.equal(tarHeader({ ...entry, size: 8 ** 11 }, 0).length, 3 * BLOCK);
  });

  test("names that just fit, and just do not", () => {
    const blocksOf = (path: string): number =>
      tarHeader({ path, type: "file", mode: 0o644, size: 0 }, 0).length / BLOCK;
    const [hundred, prefix] = ["n".repeat(100), "p".repeat(155)];
    assert.equal(blocksOf(hundred), 1);
    assert.equal(blocksOf(`${hundred}n`), 3, "no slash to divide it at");
    assert.equal(blocksOf(`${prefix}/${hundred}`), 1);
    assert.equal(blocksOf(`${prefix}p/${hundred}`), 3);
    assert.equal(blocksOf(`${prefix}/${hundred}n`), 3);
    assert.equal(blocksOf("ü"), 3);
    const folder = tarHeader({ path: hundred, type: "directory", mode: 0o755, size: 0 }, 0);
    assert.equal(folder.length, 3 * BLOCK, "the slash of a folder counts");
  });

  test("a file of 10 GiB, far from the beginning, has its numbers in records of zip64", () => {
    const entry: ZipEntry = { path: "a", type: "file", mode: 0o644, size: TEN_GIB, seconds: 0 };
    const content = { crc: 7, compressedBytes: 5 * 1024 ** 3 };
    const local = localHeader(entry);
    assert.equal(local.readUInt32LE(18), 0xffffffff);
    assert.deepEqual([local.readUInt16LE(31), local.readUInt16LE(33)], [1, 16]);
    const descriptor = dataDescriptor(entry, content);
    assert.equal(descriptor.length, 24);
    assert.equal(descriptor.readBigUInt64LE(16), BigInt(TEN_GIB));
    const central = centralHeader(entry, content, TEN_GIB);
    assert.deepEqual([central.readUInt16LE(47), central.readUInt16LE(49)], [1, 24]);
    const numbers = [51, 59, 67].map((at) => Number(central.readBigUInt64LE(at)));
    assert.deepEqual(numbers, [TEN_GIB, content.compressedBytes, TEN_GIB]);
  });

  test("more entries than 16 bits count have an end record of zip64", async () => {
    const count = 70_000;
    const [locals, centrals]: [Buffer[], Buffer[]] = [[], []];
    let offset = 0;
    for (let index = 0; index < count; index += 1) {
      const entry = {
        path: `d${index}`,
        type: "directory",
        mode: 0o755,
        size: 0,
        seconds: 0,
      } as const;
      const local = localHeader(entry);
      centrals.push(centralHeader(entry, { crc: 0, compressedBytes: 0 }, offset));
      locals.push(local);
      offset += local.length;
    }
    const central = Buffer.concat(centrals);
    const end = endRecords(count, central.length, offset);
    const zip = await fromBufferPromise(Buffer.concat([...locals, central, end]));
    assert.equal(zip.entryCount, count);
    let found = 0;
    for await (const { fileName } of zip.eachEntry()) {
      if (fileName === `d${found}/`) found += 1;
    }
    assert.equal(found, count);
  });
});

describe("what other programs read", () => {
  test("tar lists what was packed", async (t) => {
    const folder = folderFor(t);
    const source = await readSource(await makeTree(join(folder, "tree"), EVERYTHING));
    await mkdir(join(folder, "staging"));
    const artifact = await packArtifact(
      { kind: "argocd", source },
      { staging: join(folder, "staging") },
    );
    const archive = join(folder, "a.tgz");
    await writeFile(archive, await bytesOf(artifact.blobs[1]));
    await mkdir(join(folder, "out"));
    execFileSync("tar", ["-xzf", archive, "-C", join(folder, "out")]);
    const again = await readSource(join(folder, "out"));
    const plain = ({ entries }: typeof source): readonly object[] =>
      entries.map(({ facts: _facts, ...entry }) => entry);
    assert.deepEqual(plain(again), plain(source));
  });

  test("unzip finds nothing wrong, and the same tree", async (t) => {
    const folder = folderFor(t);
    const source = await readSource(await makeTree(join(folder, "tree"), EVERYTHING));
    await mkdir(join(folder, "staging"));
    const context = { staging: join(folder, "staging") };
    const artifact = await packArtifact({ kind: "opentofu-module", source }, context);
    const archive = join(folder, "a.zip");
    await writeFile(archive, await bytesOf(artifact.blobs[1]));
    const env = { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" };
    assert.match(
      execFileSync("unzip", ["-t", archive], { encoding: "utf8", env }),
      /No errors detected/,
    );
    execFileSync("unzip", ["-q", archive, "-d", join(folder, "out")], { env });
    const again = await readSource(join(folder, "out"));
    const plain = ({ entries }: typeof source): readonly object[] =>
      entries.map(({ facts: _facts, ...entry }) => entry);
    assert.deepEqual(plain(again), plain(source));
  });
});
