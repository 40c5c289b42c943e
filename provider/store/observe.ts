/**
 * What the file system says of one path: by lstat, and by its content where that has to be read. It
 * follows no link, and changes nothing.
 */
import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { open } from "node:fs/promises";
import type { TreeEntry } from "../types";
import type { Observed, ReceiptEntry } from "./receipt";

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

/** The part of an observation that a receipt holds. */
export function factsOf({ size, mtimeMs, ctimeMs, inode }: Observed): ReceiptEntry["facts"] {
  return { size, mtimeMs, ctimeMs, inode };
}

/** Whether a path whose type is the entry's has its content, too. What cannot be read has not. */
export async function holdsContent(path: string, entry: TreeEntry): Promise<boolean> {
  try {
    if (entry.type === "directory") return true;
    if (entry.type === "symlink") return readlinkSync(path) === entry.target;
    return (await hashOf(path, entry.size)) === entry.sha256;
  } catch {
    return false;
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
