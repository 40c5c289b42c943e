/**
 * The header blocks of a tar: ustar, with pax records where a name or a size does not fit. The same
 * entry always gives the same bytes: no owner, no name of one, one time for all. Pure.
 *
 * Format: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_14
 */
import type { TreeEntry } from "../types";
import { BLOCK } from "../unpack/tar-header";

const NAME_BYTES = 100;
const PREFIX_BYTES = 155;

/** The first size that eleven octal digits cannot say. */
const HUGE = 8 ** 11;

/** Blank while the checksum itself is summed up. */
const CHECKSUM_START = 148;
const CHECKSUM_END = 156;

/** What an entry of pax records is called; readers of pax never make a file of it. */
const PAX_NAME = "PaxHeaders.0";

const TYPEFLAGS = { file: "0", symlink: "2", directory: "5" } as const;

type Entry = Pick<TreeEntry, "path" | "type" | "mode" | "size" | "target">;

/** All that stands in front of the content of an entry. `seconds` since 1970, 0 or more. */
export function tarHeader(entry: Entry, seconds: number): Buffer {
  const path = entry.type === "directory" ? `${entry.path}/` : entry.path;
  const { target = "", size } = entry;
  const split = splitName(path);
  const fitsLink = isPlain(target) && target.length <= NAME_BYTES;
  const records = [
    ...(fitsLink ? [] : [paxRecord("linkpath", target)]),
    ...(split === undefined ? [paxRecord("path", path)] : []),
    ...(size < HUGE ? [] : [paxRecord("size", String(size))]),
  ];
  const typeflag = TYPEFLAGS[entry.type];
  const block = headerBlock({
    name: split?.name ?? stub(path),
    prefix: split?.prefix ?? "",
    link: fitsLink ? target : stub(target),
    size: size < HUGE ? size : 0,
    mode: entry.mode,
    typeflag,
    seconds,
  });
  if (records.length === 0) return block;
  const content = Buffer.from(records.join(""));
  const extension = { name: PAX_NAME, prefix: "", link: "", mode: 0o644, typeflag: "x", seconds };
  const before = headerBlock({ ...extension, size: content.length });
  return Buffer.concat([before, content, tarPadding(content.length), block]);
}

/** The zeros that fill the last block of a content. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** The two blocks of zeros that end an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}

interface Fields {
  readonly name: string;
  readonly prefix: string;
  readonly link: string;
  readonly mode: number;
  readonly size: number;
  readonly typeflag: string;
  readonly seconds: number;
}

function headerBlock({ name, prefix, link, mode, size, typeflag, seconds }: Fields): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, "latin1");
  block.write(octal(mode, 7), 100, "latin1");
  block.write(octal(0, 7), 108, "latin1");
  block.write(octal(0, 7), 116, "latin1");
  block.write(octal(size, 11), 124, "latin1");
  block.write(octal(seconds, 11), 136, "latin1");
  block.fill(" ", CHECKSUM_START, CHECKSUM_END);
  block.write(typeflag, 156, "latin1");
  block.write(link, 157, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  block.write(octal(0, 7), 329, "latin1");
  block.write(octal(0, 7), 337, "latin1");
  block.write(prefix, 345, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, CHECKSUM_START, "latin1");
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

/** Name and prefix, divided at a slash; undefined where the fields cannot hold the path. */
function splitName(path: string): { readonly name: string; readonly prefix: string } | undefined {
  if (!isPlain(path)) return undefined;
  if (path.length <= NAME_BYTES) return { name: path, prefix: "" };
  // The longest prefix: what is left of it is the shortest name. Not the slash at the end of a folder.
  const slash = path.lastIndexOf("/", Math.min(PREFIX_BYTES, path.length - 2));
  if (slash <= 0 || path.length - slash - 1 > NAME_BYTES) return undefined;
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) };
}

/** ASCII, which all readers of ustar agree on. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** For readers that know no pax: as much of the name as they can have. */
function stub(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "_").slice(0, NAME_BYTES);
}

/** The length at the head of a record counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length += 1;
  return `${length} ${key}=${value}\n`;
}
