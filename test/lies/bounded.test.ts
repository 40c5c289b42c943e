/**
 * What a pull may take: memory that does not grow with the content, and no more disk than the content
 * or the limits allow. Each pull is a process of its own, whose staging folders are watched meanwhile.
 */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { gzip, sha256, tar } from "../support/archives";
import { MEDIA_TYPES } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { publishKnown, REPOSITORY } from "../support/pulling";
import { registryFor } from "../support/registry-for-test";
import { blockHeader, run, zstdFrame } from "../support/zstd";
import type { Measured } from "./measured-pull";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const { ratio, ratioFreeBytes } = DEFAULT_LIMITS;

/**
 * Node and its threads take half of it; what is held of the content has to fit into the rest. Linux
 * counts what the parent had, too: nothing here may hold content that is large.
 */
const MOST_MEMORY = 250 * MIB;

interface Watched extends Measured {
  /** The most bytes that were in staging at once. */
  readonly staged: number;
  readonly project: string;
}

/** Pulls in a process of its own; nothing unfinished is left when it has ended. */
async function pullWatched(t: TestContext, reference: string): Promise<Watched> {
  const folder = folderFor(t);
  for (const name of ["home", "project", "temporary"]) fs.mkdirSync(join(folder, name));
  const project = join(folder, "project");
  const temporary = join(folder, "temporary");
  const cache = join(folder, "cache");
  const child = spawn(process.execPath, [join(__dirname, "measured-pull.js"), reference], {
    cwd: project,
    env: { HOME: join(folder, "home"), OCI_ARTIFACT_CACHE: cache, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const printed = text(child.stdout);
  const areas = [
    join(cache, "staging"),
    join(project, ".oci-artifacts/.pulumi/staging"),
    temporary,
  ];
  let staged = 0;
  const closed = once(child, "close");
  while (child.exitCode === null && child.signalCode === null) {
    staged = Math.max(staged, bytesIn(areas));
    await sleep(5);
  }
  await closed;
  for (const area of areas) assert.deepEqual(namesIn(area), []);
  return { ...(JSON.parse(await printed) as Measured), staged, project };
}

function bytesIn(areas: readonly string[]): number {
  return areas
    .flatMap((area) => namesIn(area).map((name) => join(area, name)))
    .map((path) => fs.lstatSync(path, { throwIfNoEntry: false }))
    .reduce((sum, facts) => sum + (facts?.isFile() === true ? facts.size : 0), 0);
}

/** All that lies below the folder; nothing where somebody takes it away at this moment. */
function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
}

/** The header of a file of zeros that says honestly how large it is. */
function headerOf(bytes: number): Buffer {
  const size = `${bytes.toString(8).padStart(11, "0")}\0`;
  // Sizes from 8 GiB on do not fit the digits, so a record says them.
  const member = bytes < 8 * GIB ? { header: { size } } : { pax: { size: String(bytes) } };
  return tar([{ path: "zeros", ...member }], { endBlocks: 0 });
}

/** One frame, each block of it four bytes for 128 KiB. */
function zstdBomb(bytes: number): Buffer {
  const header = headerOf(bytes);
  const count = bytes / (128 * 1024);
  const block = run(0, 128 * 1024, false);
  const blocks = [
    blockHeader(0, header.length, false),
    header,
    ...Array<Buffer>(count).fill(block),
  ];
  const all = Buffer.concat([...blocks, run(0, 1024)]);
  return zstdFrame("", { declaredBytes: undefined, blocks: all });
}

/** Many members, each of them 8 MiB of zeros. */
function gzipBomb(bytes: number): Buffer {
  const member = gzipSync(Buffer.alloc(8 * MIB), { level: 9 });
  const members = Array<Buffer>(bytes / (8 * MIB)).fill(member);
  return Buffer.concat([gzip(headerOf(bytes)), ...members, gzip(Buffer.alloc(1024))]);
}

describe("a bomb of ten gigabytes takes little memory and little disk, and ends at the ratio", () => {
  const cases = {
    "of zstd": { bytes: zstdBomb(10 * GIB), mediaType: MEDIA_TYPES.tarZstd, most: MIB },
    "of gzip": { bytes: gzipBomb(10 * GIB), mediaType: MEDIA_TYPES.tarGzip, most: 11 * MIB },
  };
  for (const [name, { bytes, mediaType, most }] of Object.entries(cases)) {
    test(name, async (t) => {
      assert.ok(bytes.length < most, `${bytes.length} bytes`);
      const registry = await registryFor(t);
      publishKnown(registry, { layers: [{ bytes, mediaType }] });
      const reference = `${registry.host}/${REPOSITORY}:1`;
      const { code, message, memory, staged, project } = await pullWatched(t, reference);
      assert.equal(code, "LIMIT_EXCEEDED", message);
      assert.match(message ?? "", /limit ratio of 200 /);
      assert.ok(memory < MOST_MEMORY, `${memory} bytes of memory`);
      // The blob itself is there, too: it is unpacked while it is fetched.
      const allowed = Math.max(ratioFreeBytes, ratio * bytes.length) + bytes.length;
      assert.ok(staged <= allowed, `${staged} bytes in staging`);
      assert.deepEqual(
        namesIn(project).filter((path) => path.endsWith("zeros")),
        [],
      );
    });
  }
});

/** A registry with one file that comes to `count` times the piece; it never holds more than that. */
async function repeating(t: TestContext, piece: Buffer, count: number): Promise<string> {
  const hash = createHash("sha256");
  for (let index = 0; index < count; index += 1) hash.update(piece);
  const digest = `sha256:${hash.digest("hex")}`;
  const size = piece.length * count;
  const annotations = { "org.opencontainers.image.title": "large.bin" };
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    artifactType: "application/vnd.example.file.v1",
    config: { mediaType: MEDIA_TYPES.emptyJson, digest: sha256("{}"), size: 2 },
    layers: [{ mediaType: "application/vnd.example.file.v1", digest, size, annotations }],
  });
  const server = createServer((request, response) => {
    if (request.url === `/v2/${REPOSITORY}/blobs/${digest}`) {
      response.setHeader("content-length", size);
      Readable.from(Array<Buffer>(count).fill(piece)).pipe(response);
    } else {
      response.setHeader("content-type", MEDIA_TYPES.manifest);
      response.end(manifest);
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}/${REPOSITORY}:1`;
}

test("a file of 600 MiB takes no more memory than a small one, and its disk twice", async (t) => {
  const size = 600 * MIB;
  const reference = await repeating(t, randomBytes(MIB), size / MIB);
  const { path, message, memory, staged, project } = await pullWatched(t, reference);
  assert.equal(message, undefined);
  assert.equal(fs.statSync(join(project, path ?? "", "large.bin")).size, size);
  assert.ok(memory < MOST_MEMORY, `${memory} bytes of memory`);
  // Once as a blob and once in the tree; a gauge that sees nothing would prove nothing.
  assert.ok(staged > MIB && staged <= 2 * size, `${staged} bytes in staging`);
});
