/**
 * Where the files of a layout lie in its tar: reads the headers, skips the content, and extracts nothing.
 * As strict as unpacking is: links, devices, and names that come twice are refused.
 */
import type { FileHandle } from "node:fs/promises";
import { limitExceeded, type Limits } from "../limits";
import { entryOf } from "../unpack/tar";
import {
  bytesText,
  extensionKind,
  isDangling,
  MOST_EXTENSION_BYTES,
  readExtensions,
  type Extension,
} from "../unpack/tar-extensions";
import { BLOCK, readHeader, type TarHeader } from "../unpack/tar-header";
import { damaged, type Place, throwIfCancelled } from "./problems";
import { fill } from "./slice";

/** An entry needs two or three. */
const MOST_EXTENSIONS = 64;

/** Where a file lies in the tar: its first byte, and how many there are. */
export interface Extent {
  readonly start: number;
  readonly size: number;
}

/** The tar that is read, and how far it may go. */
export interface TarFile {
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}

/** The extents of all files, by name. @throws OciError LAYOUT, LIMIT_EXCEEDED, CANCELLED. */
export async function indexTar(tar: TarFile, place: Place): Promise<ReadonlyMap<string, Extent>> {
  const files = new Map<string, Extent>();
  let extensions: Extension[] = [];
  let entries = 0;
  for (let at = 0; ;) {
    throwIfCancelled(place, tar.signal);
    const header = await headerAt(tar, at, place);
    if (header === undefined) break;
    const start = at + BLOCK;
    const kind = extensionKind(header.typeflag);
    if (kind !== undefined) {
      const content = await extensionAt(tar, start, header, place);
      extensions.push({ kind, content });
      if (extensions.length > MOST_EXTENSIONS) throw damaged(place, "has extension headers only");
      at = start + padded(content.length);
      continue;
    }
    entries += 1;
    if (entries > tar.limits.entries) throw limitExceeded(tar.limits, "entries", place);
    const size = take(header, extensions, start, files, place);
    extensions = [];
    if (start + size > tar.size) throw cutOff(place);
    at = start + padded(size);
  }
  if (isDangling(extensions)) throw cutOff(place);
  return files;
}

/** The next header; undefined at the end, be it that of the archive or just of the file. */
async function headerAt(
  { handle, size }: TarFile,
  at: number,
  place: Place,
): Promise<TarHeader | undefined> {
  if (at > 0 && at >= size) return undefined;
  const block = Buffer.alloc(BLOCK);
  if ((await fill(handle, block, at)) < BLOCK) throw at === 0 ? noTar(place) : cutOff(place);
  const header = readHeader(block, 0);
  if (header === "zeros") return undefined;
  if (header !== undefined) return header;
  if (at === 0) throw noTar(place);
  throw damaged(place, "is a tar with a broken header");
}

async function extensionAt(
  { handle, size: whole }: TarFile,
  start: number,
  { size = Number.NaN }: TarHeader,
  place: Place,
): Promise<Buffer> {
  if (!(size <= MOST_EXTENSION_BYTES)) {
    throw damaged(place, `is a tar with an extension header of ${bytesText(size)}`);
  }
  if (start + size > whole) throw cutOff(place);
  const content = Buffer.alloc(size);
  await fill(handle, content, start);
  return content;
}

/** Notes a file. Returns the bytes of content behind the header. */
function take(
  header: TarHeader,
  extensions: readonly Extension[],
  start: number,
  files: Map<string, Extent>,
  place: Place,
): number {
  const extended = readExtensions(extensions);
  const entry = typeof extended === "string" ? extended : entryOf(header, extended, undefined);
  if (typeof entry === "string")
    throw damaged(place, `is a tar whose entry ${header.name} ${entry}`);
  const { name, type, size } = entry;
  if (type === "directory") return 0;
  if (type !== "file") throw damaged(place, `holds ${name}, which is a link or a device`);
  if (!Number.isSafeInteger(size))
    throw damaged(place, `holds ${name} with a size that is no number`);
  const key = name.replace(/^(?:\.\/)+/, "");
  if (files.has(key)) throw damaged(place, `holds ${key} twice`);
  files.set(key, { start, size });
  return size;
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function cutOff(place: Place): Error {
  return damaged(place, "is a tar that was cut off", "copy it again, whole");
}

function noTar(place: Place): Error {
  return damaged(place, "is a file, and no tar");
}
