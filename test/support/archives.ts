/**
 * Makes archives for tests: tar in every dialect, valid or with any field forged, and gzip in any
 * number of members. It writes bytes only; it never reads an archive and never touches a file.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

const BLOCK = 512;

/** Offset and length of each field of a ustar header. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  typeflag: [156, 1],
  linkname: [157, 100],
  magic: [257, 8],
  uname: [265, 32],
  gname: [297, 32],
  devmajor: [329, 8],
  devminor: [337, 8],
  prefix: [345, 155],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

const TYPE_FLAGS = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  "character-device": "3",
  "block-device": "4",
  directory: "5",
  fifo: "6",
} as const;

export type TarField = keyof typeof FIELDS;

/** One entry of a tar, honest by default. */
export interface TarMember {
  readonly path: string | Buffer;
  /** A word, or any typeflag byte: "S" is a GNU sparse file. Default: "file". */
  readonly type?: keyof typeof TYPE_FLAGS | (string & {});
  readonly content?: string | Buffer;
  readonly link?: string;
  /** Default: 0644, 0755 for directories. */
  readonly mode?: number;
  /** Seconds since 1970. Default: 1700000000. */
  readonly mtime?: number;
  /** Records of a pax header in front, as they are: nothing is checked. */
  readonly pax?: Readonly<Record<string, string>>;
  /** Bytes of a pax header in front, for records that no record can express. */
  readonly rawPax?: string | Buffer;
  /** How a path or link over 100 bytes travels. Default: "pax". */
  readonly long?: "pax" | "gnu";
  /** Raw values of header fields; the checksum is computed after them unless it is among them. */
  readonly header?: Readonly<Partial<Record<TarField, string | Buffer>>>;
}

export interface TarOptions {
  /** Zero blocks at the end. Default: 2. */
  readonly endBlocks?: number;
  /** Bytes after those. */
  readonly trailing?: string | Buffer;
}

/** A tar of the members in their order. */
export function tar(members: readonly TarMember[], options: TarOptions = {}): Buffer {
  return Buffer.concat([
    ...members.map(member),
    Buffer.alloc(BLOCK * (options.endBlocks ?? 2)),
    Buffer.from(options.trailing ?? ""),
  ]);
}

/** A pax global header, as `git archive` writes one. */
export function globalHeader(records: Readonly<Record<string, string>>): TarMember {
  return { path: "pax_global_header", type: "g", content: paxRecords(records) };
}

/** One gzip stream with a member for each part. */
export function gzip(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(parts.map((part) => gzipSync(part)));
}

/** The text of pax records: `<length> <key>=<value>\n`. */
export function paxRecords(records: Readonly<Record<string, string>>): string {
  return Object.entries(records).map(paxRecord).join("");
}

export interface TarGzOptions extends TarOptions {
  /** Members in front of the files. */
  readonly members?: readonly TarMember[];
  /** Mode of each file. Default: 0644. */
  readonly mode?: number;
  /** Whether each directory has an entry of its own. Default: true. */
  readonly directories?: boolean;
}

/** The common case: `tarGz({ "charts/app/values.yaml": "a: 1\n" })`, with directory entries. */
export function tarGz(
  files: Readonly<Record<string, string | Buffer>>,
  options: TarGzOptions = {},
): Buffer {
  return gzip(tarOf(files, options));
}

/** The same, not compressed. */
export function tarOf(
  files: Readonly<Record<string, string | Buffer>>,
  options: TarGzOptions = {},
): Buffer {
  const members: TarMember[] = [...(options.members ?? [])];
  const made = new Set<string>();
  for (const [path, content] of Object.entries(files)) {
    for (const directory of options.directories === false ? [] : parentsOf(path)) {
      if (made.has(directory)) continue;
      made.add(directory);
      members.push({ path: `${directory}/`, type: "directory" });
    }
    members.push({ path, content, ...(options.mode === undefined ? {} : { mode: options.mode }) });
  }
  return tar(members, options);
}

/** A copy with one bit changed. */
export function flipped(bytes: Buffer, position: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[position] = (copy[position] ?? 0) ^ 1;
  return copy;
}

/** The digest that names the bytes. */
export function sha256(bytes: string | Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function parentsOf(path: string): string[] {
  const components = path.split("/");
  return components.slice(1).map((_, index) => components.slice(0, index + 1).join("/"));
}

function member(entry: TarMember): Buffer {
  const content = Buffer.from(entry.content ?? "");
  return Buffer.concat([
    longNames(entry),
    ...(entry.pax === undefined ? [] : [extension("x", paxRecords(entry.pax))]),
    ...(entry.rawPax === undefined ? [] : [extension("x", entry.rawPax)]),
    header(entry, content.length),
    padded(content),
  ]);
}

/** What has to stand in front of an entry whose names do not fit the header. */
function longNames(entry: TarMember): Buffer {
  const path = Buffer.byteLength(entry.path) > 100 ? entry.path.toString() : undefined;
  const link = Buffer.byteLength(entry.link ?? "") > 100 ? entry.link : undefined;
  if (entry.long === "gnu") {
    return Buffer.concat([
      ...(link === undefined ? [] : [extension("K", `${link}\0`)]),
      ...(path === undefined ? [] : [extension("L", `${path}\0`)]),
    ]);
  }
  const records = {
    ...(path === undefined ? {} : { path }),
    ...(link === undefined ? {} : { linkpath: link }),
  };
  return Object.keys(records).length === 0 ? Buffer.alloc(0) : extension("x", paxRecords(records));
}

function extension(typeflag: string, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([
    header({ path: "extension", type: typeflag }, bytes.length),
    padded(bytes),
  ]);
}

function header(entry: TarMember, size: number): Buffer {
  const type = entry.type ?? "file";
  const block = Buffer.alloc(BLOCK);
  const values: Partial<Record<TarField, string | Buffer>> = {
    name: Buffer.from(entry.path).subarray(0, 100),
    mode: octal(entry.mode ?? (type === "directory" ? 0o755 : 0o644), 7),
    uid: octal(0, 7),
    gid: octal(0, 7),
    size: octal(size, 11),
    mtime: octal(entry.mtime ?? 1_700_000_000, 11),
    typeflag: type in TYPE_FLAGS ? TYPE_FLAGS[type as keyof typeof TYPE_FLAGS] : type,
    linkname: Buffer.from(entry.link ?? "").subarray(0, 100),
    magic: "ustar\x0000",
    ...entry.header,
  };
  for (const [field, value] of Object.entries(values) as [TarField, string | Buffer][]) {
    Buffer.from(value).copy(block, FIELDS[field][0], 0, FIELDS[field][1]);
  }
  if (values.checksum === undefined) block.write(checksum(block), FIELDS.checksum[0]);
  return block;
}

/** The sum of all bytes, with the checksum's own field counted as blanks. */
function checksum(block: Buffer): string {
  const [offset, length] = FIELDS.checksum;
  const counted = Buffer.from(block).fill(" ", offset, offset + length);
  return `${octal(
    counted.reduce((sum, byte) => sum + byte, 0),
    6,
  )}\0 `;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}

/** The length at the head of a record counts itself. */
function paxRecord([key, value]: [string, string]): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length += 1;
  return `${length} ${key}=${value}\n`;
}
