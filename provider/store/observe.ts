/**
 * What the file system says of one path: by lstat, and by its content where that has to be read. It
 * follows no link, and changes nothing, but the mode of a file of ours that forbids even us to read it.
 */
import { createHash } from "node:crypto";
import { chmodSync, lstatSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { open } from "node:fs/promises";
import type { TreeEntry } from "../types";
import type { Observed, ReceiptEntry } from "./receipt";

const OWNER_READS = 0o400;

/** Larger files are read piece by piece. */
const SMALL_BYTES = 1 << 20;

/** What lstat says of the path; undefined where nothing is. */
export function observe(path: string): Observed | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return {
    type: typeOf(stats),
    mode: stats.mode & 0o777,
    size: stats.size,
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
    inode: stats.ino,
  };
}

function typeOf(stats: Stats): Observed["type"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "symlink" : "special";
}

/** What a receipt holds of an open file, or of any other. */
export function factsOfStats({ size, mtimeMs, ctimeMs, ino }: Stats): ReceiptEntry["facts"] {
  return { size, mtimeMs, ctimeMs, inode: ino };
}

/** The part of an observation that a receipt holds. */
export function factsOf({ size, mtimeMs, ctimeMs, inode }: Observed): ReceiptEntry["facts"] {
  return { size, mtimeMs, ctimeMs, inode };
}

/** Whether a path whose type is the entry's has its content, too. What cannot be read has not. */
export async function holdsContent(path: string, entry: TreeEntry): Promise<boolean> {
  try {
    if (entry.type === "directory") return true;
    if (entry.type === "symlink") return readlinkSync(path) === entry.target;
    const hash = await whileReadable(path, entry, () => hashOf(path, entry.size));
    return hash === entry.sha256;
  } catch {
    return false;
  }
}

/**
 * Does `work`, which reads a file of content. Content may have modes without the right to read
 * (`/etc/shadow` of an image), which bind its owner as well: for so long, the owner has it.
 */
export async function whileReadable<T>(
  path: string,
  { mode }: TreeEntry,
  work: () => Promise<T>,
): Promise<T> {
  const placed = observe(path);
  const isBarred = placed?.type === "file" && ((mode | placed.mode) & OWNER_READS) === 0;
  if (!isBarred || process.geteuid?.() === 0) return await work();
  chmodSync(path, placed.mode | OWNER_READS);
  try {
    return await work();
  } finally {
    chmodSync(path, placed.mode);
  }
}

/** Hex of a file's sha256; `size` is what it should have. */
export async function hashOf(path: string, size: number): Promise<string> {
  const hash = createHash("sha256");
  if (size <= SMALL_BYTES) return hash.update(readFileSync(path)).digest("hex");
  const handle = await open(path, "r");
  try {
    for await (const chunk of handle.createReadStream({ autoClose: false })) {
      hash.update(chunk as Buffer);
    }
  } finally {
    await handle.close();
  }
  return hash.digest("hex");
}
