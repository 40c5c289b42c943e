/**
 * Tars: honest ones are read as they were made, and as GNU's tar lists them; changed ones are read alike
 * in whatever pieces they come, and what is taken of them is what GNU's tar sees. The reader of layouts,
 * which skips contents, finds each where it lies.
 */
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { layoutEndpoint } from "../../provider/layout/endpoint";
import { placeOf } from "../../provider/layout/problems";
import { indexTar } from "../../provider/layout/tar-index";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { parseReference } from "../../provider/reference/parse";
import type { ArchiveEntry } from "../../provider/unpack/entries";
import type { Place } from "../../provider/unpack/problems";
import { readTar } from "../../provider/unpack/tar";
import { BLOCK, readHeader } from "../../provider/unpack/tar-header";
import { sha256 } from "../support/archives";
import type { Grammar, Round } from "./grammar";
import { codeOf } from "./judge";
import { mutated, mutatedFields, withChecksums } from "./mutations";
import { pieces, type Random } from "./random";
import { modelTar, type ModelEntry } from "./tar-models";

const SUBJECT = "registry.example/team/app:1";
const DESCRIPTOR = { mediaType: "a/b", digest: sha256("x"), size: 1, annotations: {} };
const PLACE: Place = {
  subject: SUBJECT,
  layer: { descriptor: DESCRIPTOR, index: 0, form: { kind: "archive", directory: "" } },
};

/** What a tar comes to: entries with their contents, and how it ends. */
interface Read {
  readonly entries: readonly (ArchiveEntry & Pick<ModelEntry, "content">)[];
  readonly outcome: string;
  readonly message: string;
}

function read(chunks: readonly Buffer[]): Read {
  const entries: (ArchiveEntry & Pick<ModelEntry, "content">)[] = [];
  let parts: Buffer[] = [];
  let begun: ArchiveEntry | undefined;
  const reader = readTar(
    {
      begin(entry) {
        assert.equal(begun, undefined, "an entry begins in another one");
        begun = entry;
        parts = [];
      },
      data: (chunk) => parts.push(Buffer.from(chunk)),
      end() {
        assert.ok(begun !== undefined, "an entry ends that has not begun");
        const content = Buffer.concat(parts).toString("latin1");
        assert.equal(content.length, begun.size);
        entries.push({ ...begun, content });
        begun = undefined;
      },
    },
    PLACE,
  );
  try {
    for (const chunk of chunks) reader.write(chunk);
    reader.end();
    return { entries, outcome: "done", message: "" };
  } catch (error) {
    const outcome = codeOf(error, { about: SUBJECT });
    return { entries, outcome, message: error instanceof Error ? error.message : "" };
  }
}

function asModel({
  name,
  type,
  mode,
  seconds,
  size,
  target,
  content,
}: Read["entries"][number]): object {
  const link = target === undefined ? {} : { target };
  return { name, type, mode, seconds, size, content, ...link };
}

/** GNU's tar, where this machine has it; on others the model alone is the measure. */
let hasGnuTar: boolean | undefined;

function isGnuTar(): boolean {
  const { stdout } = spawnSync("tar", ["--version"], { encoding: "utf8" });
  return /GNU tar/.test(stdout);
}

/** Compares names in their order, and the contents of all files together. */
function checkByGnuTar(bytes: Buffer, entries: Read["entries"]): string {
  if (!(hasGnuTar ??= isGnuTar())) return "no GNU tar";
  const run = (...more: readonly string[]): { readonly stdout: Buffer; readonly stderr: Buffer } =>
    spawnSync("tar", ["--absolute-names", "--quoting-style=literal", ...more, "--file=-"], {
      input: bytes,
      env: { ...process.env, LC_ALL: "C.UTF-8" },
    });
  const bare = (name: string): string => name.replace(/\/+$/, "");
  const list = run("--list");
  // A size that is no number: it says so and leaves the entry out. Of a folder, sizes do not count here.
  if (/\boff_t (?:range|value)\b/.test(list.stderr.toString())) return "a size GNU tar refuses";
  const names = list.stdout.toString().split("\n").slice(0, -1);
  assert.deepEqual(
    entries.map(({ name }) => bare(name)),
    names.map(bare),
  );
  const contents = entries.filter(({ type }) => type === "file").map(({ content }) => content);
  assert.equal(run("--extract", "--to-stdout").stdout.toString("latin1"), contents.join(""));
  return "GNU tar";
}

/**
 * Whether each long name of GNU's own form ends with a NUL. Where a change has taken that away, GNU's tar
 * shows what lies behind the name in its memory. Whatever could be a header counts as one: where the next
 * header lies, only a reader of sizes in all their forms could tell.
 */
function endsLongNames(bytes: Buffer): boolean {
  for (let at = 0; at + BLOCK <= bytes.length; at += BLOCK) {
    const header = readHeader(bytes, at);
    if (header === undefined || header === "zeros" || !/[LK]/.test(header.typeflag)) continue;
    if (bytes[at + BLOCK - 1 + (header.size ?? 0)] !== 0) return false;
  }
  return true;
}

/** Names that one line of a listing can hold. */
function isListable({ name }: ArchiveEntry): boolean {
  return !/[\n\ufffd\u0000]/.test(name);
}

async function checkByIndex({ folder }: Round, bytes: Buffer, { entries }: Read): Promise<string> {
  const files = entries.filter(({ type }) => type === "file");
  const keys = new Set(files.map(({ name }) => name.replace(/^(?:\.\/)+/, "")));
  const isLayout = files.length + entries.filter(({ type }) => type === "directory").length;
  if (isLayout !== entries.length || keys.size !== files.length) return "no layout";
  const path = join(folder, "layout.tar");
  fs.writeFileSync(path, bytes);
  const endpoint = layoutEndpoint(parseReference(`oci-layout://${path}:1`), "/");
  const handle = await fs.promises.open(path);
  try {
    const { signal } = new AbortController();
    const tar = { handle, size: bytes.length, limits: DEFAULT_LIMITS, signal };
    const index = await indexTar(tar, placeOf("read the manifest of", endpoint));
    assert.deepEqual([...index.keys()], [...keys]);
    for (const { name, content } of files) {
      const { start, size } = index.get(name.replace(/^(?:\.\/)+/, "")) ?? { start: -1, size: -1 };
      assert.equal(bytes.toString("latin1", start, start + size), content);
    }
    return "layout";
  } finally {
    await handle.close();
  }
}

async function checkHonest(round: Round): Promise<string> {
  const { random } = round;
  const { bytes, entries } = modelTar(random);
  const found = read(pieces(random, bytes));
  assert.equal(found.message, "");
  const expected = entries.map((entry: ModelEntry): object => ({ ...entry }));
  assert.deepEqual(found.entries.map(asModel), expected);
  if (random.oneIn(10)) return checkByGnuTar(bytes, found.entries);
  return random.oneIn(3) ? await checkByIndex(round, bytes, found) : "honest";
}

function changed(random: Random): Buffer {
  const { bytes } = modelTar(random);
  const donor = modelTar(random).bytes;
  if (bytes.length === 0) return bytes;
  const inner = random.oneIn(2) ? mutatedFields(bytes, random) : mutated(bytes, random, [donor]);
  return random.oneIn(5) ? inner : withChecksums(inner);
}

/** A row of one byte in an extension header, as long as such a header may be. */
function longExtension(random: Random): Buffer {
  const { bytes } = modelTar(random);
  const row = Buffer.alloc(
    1024 ** 2,
    random.pick(["\0", "\n", "1", " ", "=", "1 ", "\n1 path", "/"]),
  );
  row.write(random.pick(["x", "\0", "12 path=y\n"]), random.pick([0, row.length - 10]));
  const header = Buffer.alloc(512);
  header.write("ustar\x0000", 257, "latin1");
  header.write("4000000", 128);
  header.write(random.pick(["L", "K", "x", "g"]), 156);
  header.write("00000000000\0", 136);
  return withChecksums(Buffer.concat([header, row, bytes]));
}

export const tars: Grammar = {
  name: "tars",
  share: 1_000,
  reaches: ["honest", "layout", "done", "BAD_ARCHIVE"],
  async round(round) {
    const { random } = round;
    if (random.oneIn(3)) return await checkHonest(round);
    const bytes = random.oneIn(150) ? longExtension(random) : changed(random);
    const whole = read([bytes]);
    assert.deepEqual(read(pieces(random, bytes)), whole);
    if (whole.outcome !== "done") return whole.outcome;
    const isListed = random.oneIn(12) && whole.entries.every(isListable) && endsLongNames(bytes);
    if (isListed) checkByGnuTar(bytes, whole.entries);
    await checkByIndex(round, bytes, whole);
    return "done";
  },
};
