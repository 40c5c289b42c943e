/**
 * A thread that unpacks and reads what was changed at random, one seed after the other, and says each
 * seed before it begins, so that a hang has a name. What comes of a seed must be a tree whose files all
 * lie inside and are what is told of them, or an error with a code. Judges by itself, and throws.
 */
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { pathProblem } from "../../provider/content/path-rules";
import { parseManifest } from "../../provider/content/manifest";
import { planContent } from "../../provider/content/plan";
import { SILENT } from "../../provider/context";
import { isDigest } from "../../provider/digest";
import { ERROR_CODES } from "../../provider/error-codes";
import { OciError } from "../../provider/errors";
import { limitsWith } from "../../provider/limits";
import type { Plan, TreeEntry } from "../../provider/types";
import { unpack } from "../../provider/unpack/unpack";
import { globalHeader, gzip, sha256, tar } from "../support/archives";
import { buildArtifact, buildIndex, MEDIA_TYPES } from "../support/artifacts";
import { zip, zipLink } from "../support/zips";
import { skippable, zstdFrame } from "../support/zstd";
import {
  mutated,
  mutatedFields,
  mutatedJson,
  randomOf,
  withChecksums,
  type Random,
} from "./mutations";

/** What the thread is given. */
export interface FuzzWork {
  /** An empty folder of its own. */
  readonly folder: string;
  readonly seed: number;
  readonly rounds: number;
}

/** What it says: the seed that comes, then how many became trees and how many errors of which code. */
export type FuzzNews =
  | { readonly kind: "seed"; readonly seed: number }
  | { readonly kind: "done"; readonly outcomes: Readonly<Record<string, number>> };

/** Low enough that nothing takes long, high enough that honest content passes. */
const LIMITS = limitsWith({
  extractedBytes: 8 * 1024 ** 2,
  entries: 2_000,
  ratioFreeBytes: 1024 ** 2,
});

const SUBJECT = "registry.example/team/app:1";

const LONG = `${"directory-".repeat(15)}/${"name-".repeat(30)}.txt`;

const TARS: readonly Buffer[] = [
  tar([
    { path: "./", type: "directory" },
    { path: "dir/", type: "directory", mode: 0o2755 },
    { path: "dir/file", content: "F".repeat(700) },
    { path: "dir/up", type: "symlink", link: "../dir/file" },
    { path: "dir/deep/down", type: "symlink", link: "../.." },
    { path: "dir/hard", type: "hardlink", link: "dir/file" },
    { path: "empty" },
  ]),
  tar([
    globalHeader({ comment: "0123abcd" }),
    { path: LONG, content: "L" },
    { path: LONG.replace("d", "e"), content: "G", long: "gnu" },
    { path: "größe", content: "12345", pax: { size: "5", mtime: "1.5", path: "größe" } },
    { path: "link", type: "symlink", link: LONG, long: "gnu" },
    { path: "a", rawPax: Buffer.from("27 SCHILY.xattr.user.a=\xff\n", "latin1") },
  ]),
  tar([
    { path: "f", header: { prefix: "some/where" }, content: "x".repeat(513) },
    { path: ".wh.f" },
    { path: "some/.wh..wh..opq" },
    { path: "some/where/f", content: "twice" },
  ]),
];

const ZIPS: readonly Buffer[] = [
  zip([
    { path: "dir/", mode: 0o040755 },
    { path: "dir/file", content: "F".repeat(700) },
    { path: "stored", content: "S".repeat(50), isStored: true },
    zipLink("link", "dir/file"),
  ]),
  zip(
    [
      { path: "later", content: "sizes follow", hasDescriptor: true },
      { path: "large", content: "x".repeat(3000), isZip64: true },
    ],
    { isZip64: true, comment: "made by hand" },
  ),
];

const MANIFESTS: readonly unknown[] = [
  buildArtifact({
    artifactType: "application/vnd.example.v1",
    annotations: { "org.opencontainers.image.source": "x" },
    layers: [
      { bytes: "a", title: "a/b.txt", mediaType: "text/plain" },
      { bytes: "b", title: "charts", unpack: true, mediaType: MEDIA_TYPES.tarGzip },
      { bytes: "c", mediaType: MEDIA_TYPES.tarZstd },
      { bytes: "d", mediaType: "application/vnd.example+json" },
    ],
  }),
  buildIndex({
    manifests: ["amd64", "arm64"].map((architecture) => ({
      artifact: buildArtifact({ layers: [{ bytes: architecture, mediaType: "a/b" }] }),
      platform: { os: "linux", architecture },
    })),
  }),
].map(({ manifest }) => JSON.parse(manifest.toString()) as unknown);

async function main({ folder, seed, rounds }: FuzzWork): Promise<void> {
  const outcomes: Record<string, number> = {};
  fs.mkdirSync(join(folder, "canary"));
  fs.writeFileSync(join(folder, "canary", "song"), "alive");
  for (let round = 0; round < rounds; round += 1) {
    tell({ kind: "seed", seed: seed + round });
    const random = randomOf(seed + round);
    const outcome = random.oneIn(3) ? readDocument(random) : await unpackLayers(folder, random);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  tell({ kind: "done", outcomes });
}

function tell(news: FuzzNews): void {
  parentPort?.postMessage(news);
}

/** An archive in which something is not as it was, on the inside, on the outside, or both. */
function archive(random: Random): Buffer {
  const donors = [...TARS, ...ZIPS];
  if (random.oneIn(3)) return mutated(random.pick(ZIPS), random, donors);
  const whole = random.pick(TARS);
  const inner = random.oneIn(2) ? mutatedFields(whole, random) : mutated(whole, random, donors);
  const tarred = random.oneIn(4) ? inner : withChecksums(inner);
  const at = random.below(tarred.length + 1);
  const packed = random.pick([
    () => tarred,
    () => gzip(tarred),
    () => gzip(tarred.subarray(0, at), tarred.subarray(at)),
    () => zstdFrame(tarred, { blockBytes: 1 + random.below(2000) }),
    () =>
      Buffer.concat([
        zstdFrame(tarred.subarray(0, at)),
        skippable("between"),
        zstdFrame(tarred.subarray(at), { declaredBytes: undefined }),
      ]),
  ])();
  return random.oneIn(4) ? mutated(packed, random, donors) : packed;
}

async function unpackLayers(folder: string, random: Random): Promise<string> {
  const layers = Array.from({ length: 1 + random.below(2) }, () => archive(random));
  const blobs = layers.map((bytes, index) => {
    const file = join(folder, `blob-${index}`);
    fs.writeFileSync(file, bytes);
    return file;
  });
  const plan: Plan = {
    isImage: random.oneIn(3),
    layers: layers.map((bytes, index) => ({
      descriptor: {
        mediaType: "application/octet-stream",
        digest: sha256(bytes),
        size: bytes.length,
        annotations: {},
      },
      index,
      form: random.oneIn(4)
        ? { kind: "detect", name: `blob-${index}` }
        : { kind: "archive", directory: random.oneIn(4) ? "dir" : "" },
    })),
  };
  const staging = join(folder, "staging");
  fs.mkdirSync(staging);
  try {
    const fileOf = ({ digest }: { readonly digest: string }): { readonly path: string } => ({
      path: blobs[layers.findIndex((bytes) => sha256(bytes) === digest)] ?? "",
    });
    const signal = new AbortController().signal;
    const work = { limits: LIMITS, signal, report: SILENT };
    const outcome = await outcomeOf(async () => {
      checkTree(staging, await unpack(plan, fileOf, staging, work, SUBJECT));
    });
    assert.deepEqual(
      fs.readdirSync(folder).sort(),
      [...layers.map((_, index) => `blob-${index}`), "canary", "staging"].sort(),
    );
    assert.deepEqual(fs.readdirSync(join(folder, "canary")), ["song"]);
    assert.equal(fs.readFileSync(join(folder, "canary", "song"), "utf8"), "alive");
    return outcome;
  } finally {
    fs.rmSync(staging, { recursive: true });
    for (const file of blobs) fs.rmSync(file);
  }
}

/** On the disk is what was told, and nothing else; no link leads outside. */
function checkTree(staging: string, entries: readonly TreeEntry[]): void {
  assert.deepEqual(pathsIn(staging), entries.map(({ path }) => path).sort());
  for (const { path, type, size, sha256: hex, target, mode } of entries) {
    const name = join(staging, path);
    const facts = fs.lstatSync(name);
    assert.equal(pathProblem(path), undefined);
    if (type === "file") {
      assert.ok(facts.isFile());
      assert.equal(facts.size, size);
      // Who is not root may read what its owner may not only by leave; links share the mode.
      fs.chmodSync(name, mode | 0o400);
      assert.equal(createHash("sha256").update(fs.readFileSync(name)).digest("hex"), hex);
      fs.chmodSync(name, mode);
    } else if (type === "directory") {
      assert.ok(facts.isDirectory());
    } else {
      assert.ok(facts.isSymbolicLink());
      assert.equal(fs.readlinkSync(name), target);
      assertInside(staging, name);
    }
    if (type !== "symlink") assert.equal(facts.mode & 0o7777, mode);
    assert.equal(mode & 0o7000, 0);
  }
}

/** All paths below the folder, sorted; no link is followed. */
function pathsIn(folder: string, prefix = ""): readonly string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${prefix}${entry.name}`;
      return entry.isDirectory()
        ? [path, ...pathsIn(join(folder, entry.name), `${path}/`)]
        : [path];
    })
    .sort();
}

function assertInside(staging: string, link: string): void {
  const target = resolve(dirname(link), fs.readlinkSync(link));
  const real = fs.existsSync(link) ? fs.realpathSync(link) : target;
  assert.ok(`${real}/`.startsWith(`${fs.realpathSync(staging)}/`), `${link} leads to ${real}`);
}

/** A manifest or an index in which something is not as it was; what it plans is legal. */
function readDocument(random: Random): string {
  const document = random.pick(MANIFESTS);
  const text = mutatedJson(document, random);
  const bytes = random.oneIn(4) ? mutated(Buffer.from(text), random, TARS) : Buffer.from(text);
  const type = random.pick([undefined, MEDIA_TYPES.manifest, MEDIA_TYPES.index, "text/html"]);
  return outcomeOfSync(() => {
    const parsed = parseManifest(bytes, type, SUBJECT, LIMITS);
    if (parsed.kind !== "manifest") return;
    for (const { descriptor, form } of planContent(parsed, SUBJECT, LIMITS).layers) {
      assert.ok(isDigest(descriptor.digest));
      assert.ok(Number.isSafeInteger(descriptor.size) && descriptor.size >= 0);
      const name = form.kind === "archive" ? form.directory : form.name;
      if (name !== "") assert.equal(pathProblem(name), undefined);
    }
  });
}

async function outcomeOf(work: () => Promise<void>): Promise<string> {
  return await work().then(() => "done", codeOf);
}

function outcomeOfSync(work: () => void): string {
  try {
    work();
    return "done";
  } catch (error) {
    return codeOf(error);
  }
}

/** The code of an error for a person; whatever else was thrown is a defect. */
function codeOf(error: unknown): string {
  if (!(error instanceof OciError)) throw error;
  const { code, message } = error;
  assert.ok(Object.hasOwn(ERROR_CODES, code), code);
  assert.notEqual(code, "STORE", message);
  assert.notEqual(code, "DIGEST_MISMATCH", message);
  assert.match(message, /^cannot [a-z ]+ .*registry\.example\/team\/app:1/);
  assert.doesNotMatch(message, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/, "a control sequence");
  return code;
}

void main(workerData as FuzzWork);
