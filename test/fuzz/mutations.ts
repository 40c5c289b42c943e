/**
 * Changes archives, documents and texts at random, the same for the same seed: flipped bits, cuts,
 * splices, blocks that are swapped or there twice, numbers at their edges. Pure; it knows no parser.
 */
import type { Random } from "./random";

const BLOCK = 512;

type Mutation = (bytes: Buffer, random: Random, donor: Buffer) => Buffer;

/** Bytes that mean something to one format or another. */
const TELLING = [0, 1, 0x20, 0x2e, 0x2f, 0x30, 0x37, 0x5c, 0x7f, 0x80, 0xff];

/** Fields that lead a reader: numbers of every width, and names. */
const PATCHES = [
  "00000000",
  "ffffffff",
  "ffffff7f",
  "00000080",
  "0000000000000080",
  "2e2e2f",
  "2f",
  "504b0304",
  "504b0506",
  "28b52ffd",
  "1f8b08",
].map((hex) => Buffer.from(hex, "hex"));

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    return bytes;
  },
  (bytes, random) => {
    bytes[random.below(bytes.length)] = random.pick(TELLING);
    return bytes;
  },
  (bytes, random) => {
    random.pick(PATCHES).copy(bytes, random.below(bytes.length));
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => removed(bytes, random.below(bytes.length), 1 + random.below(40)),
  (bytes, random) =>
    inserted(bytes, random.below(bytes.length), Buffer.alloc(1 + random.below(40))),
  (bytes, random, donor) => {
    const from = random.below(donor.length);
    const part = donor.subarray(from, from + 1 + random.below(2 * BLOCK));
    return inserted(bytes, random.below(bytes.length), part);
  },
  (bytes, random) => removed(bytes, block(bytes, random), BLOCK),
  (bytes, random) => {
    const from = block(bytes, random);
    const copy = Buffer.from(bytes.subarray(from, from + BLOCK));
    return inserted(bytes, block(bytes, random), copy);
  },
  (bytes, random) => {
    const [one, other] = [block(bytes, random), block(bytes, random)];
    const copy = Buffer.from(bytes.subarray(one, one + BLOCK));
    bytes.copy(bytes, one, other, other + BLOCK);
    copy.copy(bytes, other);
    return bytes;
  },
  (bytes, random, donor) => {
    const from = block(donor, random);
    donor.copy(bytes, block(bytes, random), from, from + BLOCK);
    return bytes;
  },
];

/** Mostly one change, so that the rest of what is read stays in order. */
function fewTimes(random: Random): number {
  return random.oneIn(2) ? 1 : 1 + random.below(4);
}

/** The bytes with one to four changes; `donors` give parts of other archives. */
export function mutated(bytes: Buffer, random: Random, donors: readonly Buffer[]): Buffer {
  let changed = Buffer.from(bytes);
  for (let times = fewTimes(random); times > 0 && changed.length > 0; times -= 1) {
    changed = Buffer.from(random.pick(MUTATIONS)(changed, random, random.pick(donors)));
  }
  return changed;
}

/** Where the fields of a header of tar begin, and what may stand there. */
const FIELDS: readonly (readonly [offset: number, values: readonly string[]])[] = [
  [0, ["../x\0", "/x\0", "dir\0", "dir/up/x\0", "link\0", "a\0", "./\0", ".wh.a\0", "DIR/a\0"]],
  [100, ["0000000\0", "0007777\0", "garbage\0", "\xff".repeat(8)]],
  [
    124,
    ["00000000000\0", "00000000001\0", "00000001000\0", "77777777777\0", "-1\0", "\xff".repeat(12)],
  ],
  [136, ["77777777777\0", "\xff".repeat(12), "zzz\0"]],
  [156, "0 1 2 3 4 5 6 7 g x L K S V A D M N \0".split(" ")],
  [157, ["..\0", "../..\0", "/etc\0", "dir\0", "dir/file\0", "link\0", "\0", "a\0", "dir/up\0"]],
  [345, ["..\0", "dir\0", "/\0", "dir/up\0"]],
];

/** The tar with one to four fields of its headers changed. */
export function mutatedFields(tar: Buffer, random: Random): Buffer {
  const copy = Buffer.from(tar);
  const headers = Array.from({ length: copy.length / BLOCK }, (_, index) => index * BLOCK).filter(
    (start) => copy.toString("latin1", start + 257, start + 262) === "ustar",
  );
  for (let times = fewTimes(random); times > 0 && headers.length > 0; times -= 1) {
    const [offset, values] = random.pick(FIELDS);
    copy.write(random.pick(values), random.pick(headers) + offset, "latin1");
  }
  return copy;
}

/** Makes the checksum right of each block that calls itself a header of tar, so that it is read. */
export function withChecksums(tar: Buffer): Buffer {
  const copy = Buffer.from(tar);
  for (let start = 0; start + BLOCK <= copy.length; start += BLOCK) {
    const header = copy.subarray(start, start + BLOCK);
    if (header.toString("latin1", 257, 262) !== "ustar") continue;
    header.fill(" ", 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  }
  return copy;
}

/** What may stand where anything stands in a JSON document. */
const VALUES: readonly unknown[] = [
  null,
  true,
  "",
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  [],
  {},
  [[]],
  "../x",
  "a/b\nhint: x",
  "\u0000",
  "\ud800",
  "sha256:../../x",
  `sha256:${"0".repeat(64)}`,
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.oci.image.layer.v1.tar+gzip",
];

const KEYS = [
  "__proto__",
  "constructor",
  "layers",
  "manifests",
  "mediaType",
  "config",
  "annotations",
  "org.opencontainers.image.title",
  "io.deis.oras.content.unpack",
  "digest",
  "size",
  "urls",
  "data",
  "platform",
];

/** The document as text, with some of its members changed, moved, taken away or there twice. */
export function mutatedJson(document: unknown, random: Random): string {
  let changed = document;
  for (let times = 1 + random.below(4); times > 0; times -= 1)
    changed = changedOnce(changed, random);
  const text = JSON.stringify(changed);
  if (!random.oneIn(5)) return text;
  // A member twice, or any other text.
  const key = JSON.stringify(random.pick(KEYS));
  const member = `{${key}:${JSON.stringify(random.pick(VALUES))},`;
  return random.oneIn(2) ? text.replace("{", member) : text.slice(0, random.below(text.length));
}

function changedOnce(node: unknown, random: Random): unknown {
  if (typeof node !== "object" || node === null || random.oneIn(8)) return random.pick(VALUES);
  if (Array.isArray(node)) {
    const list: unknown[] = [...(node as unknown[])];
    const at = random.below(list.length + 1);
    list.splice(at, random.below(2), at < list.length ? changedOnce(list[at], random) : node);
    return list;
  }
  const entries = Object.entries(node as Readonly<Record<string, unknown>>);
  const at = random.below(entries.length + 1);
  const [key, value] = entries[at] ?? [random.pick(KEYS), random.pick(VALUES)];
  entries[at] = random.oneIn(4) ? [random.pick(KEYS), value] : [key, changedOnce(value, random)];
  return Object.fromEntries(random.oneIn(6) ? entries.toSpliced(at, 1) : entries);
}

/** What a text is made long with: whoever reads a text of this length more than once is found out. */
const LONG_TEXT = 64 * 1024;

/**
 * The text with one to four changes: parts taken away, there twice, or put in from `parts`. One of many
 * becomes long by the repetition of a part.
 */
export function mutatedText(text: string, random: Random, parts: readonly string[]): string {
  let changed = text;
  for (let times = fewTimes(random); times > 0; times -= 1) {
    const at = random.below(changed.length + 1);
    const end = Math.min(changed.length, at + random.below(6));
    const part = random.pick([random.pick(parts), "", changed.slice(at, end).repeat(2)]);
    changed = changed.slice(0, at) + part + changed.slice(end);
  }
  if (!random.oneIn(400)) return changed;
  const at = random.below(changed.length + 1);
  const part = random.pick([random.pick(parts), changed.slice(at, at + 1 + random.below(4)), " "]);
  const times = Math.ceil(LONG_TEXT / Math.max(1, part.length));
  return changed.slice(0, at) + part.repeat(times) + changed.slice(at);
}

function block(bytes: Buffer, random: Random): number {
  return BLOCK * random.below(Math.max(1, Math.floor(bytes.length / BLOCK)));
}

function removed(bytes: Buffer, at: number, length: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
}

function inserted(bytes: Buffer, at: number, part: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
}
