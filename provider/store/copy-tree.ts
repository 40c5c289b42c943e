/**
 * Copies a placed tree into an empty folder: contents by reflink where the file system can, modes and
 * times as they are. Never makes a hard link, which would let an edit of the copy reach the tree.
 */
import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  type Stats,
} from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { OciError } from "../errors";
import type { Tree, TreeEntry } from "../types";
import { whileReadable } from "./observe";
import type { WrittenEntry } from "./receipt";
import { startSlices } from "./slices";

/** A new file, and the same blocks where the file system shares them. */
const COPY = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;

/** Larger files are copied while other work of the thread goes on. */
const SMALL_BYTES = 1 << 20;

/**
 * Copies the entries of `tree`, which was compared with its receipt, to `staging`, which exists and
 * is empty. A body for {@link FillTree}.
 *
 * @returns The entries, as the tree has them.
 * @throws OciError STORE where the tree changes while it is copied; CANCELLED.
 */
export async function copyTree(
  tree: Tree,
  staging: string,
  signal?: AbortSignal,
): Promise<readonly TreeEntry[]> {
  const pause = startSlices();
  const folders: { readonly path: string; readonly mode: number; readonly stats: Stats }[] = [];
  for (const entry of tree.entries) {
    if (signal?.aborted === true) throw cancelled(tree);
    const stats = statsOf(tree, entry);
    const path = join(staging, entry.path);
    if (entry.type === "directory") {
      mkdirSync(path, { mode: 0o700 });
      folders.push({ path, mode: entry.mode, stats });
    } else if (entry.type === "symlink") {
      copyLink(tree, entry, path, stats);
    } else {
      await copyContent(tree, entry, path, stats);
    }
    await pause();
  }
  // Deepest first: what is made in a folder changes its time.
  for (const { path, mode, stats } of folders.toReversed()) {
    chmodSync(path, mode);
    utimesSync(path, stats.atimeMs / 1000, stats.mtimeMs / 1000);
  }
  // What the file system says of the tree's files is not true of their copies.
  return tree.entries.map(({ facts: _source, ...entry }: WrittenEntry) => entry);
}

/** What lstat says of an entry of the tree, which still has to be there. */
function statsOf(tree: Tree, { path, type }: TreeEntry): Stats {
  const stats = lstatSync(join(tree.directory, path), { throwIfNoEntry: false });
  const fits = {
    file: stats?.isFile(),
    directory: stats?.isDirectory(),
    symlink: stats?.isSymbolicLink(),
  };
  if (stats === undefined || fits[type] !== true) throw changed(tree, path);
  return stats;
}

async function copyContent(
  tree: Tree,
  entry: TreeEntry,
  target: string,
  { atimeMs, mtimeMs }: Stats,
): Promise<void> {
  const source = join(tree.directory, entry.path);
  await whileReadable(source, entry, async () => {
    if (entry.size <= SMALL_BYTES) copyFileSync(source, target, COPY);
    else await copyFile(source, target, COPY);
  });
  if (lstatSync(target).size !== entry.size) throw changed(tree, entry.path);
  chmodSync(target, entry.mode);
  utimesSync(target, atimeMs / 1000, mtimeMs / 1000);
}

function copyLink(tree: Tree, entry: TreeEntry, target: string, { atimeMs, mtimeMs }: Stats): void {
  const leadsTo = readlinkSync(join(tree.directory, entry.path));
  if (leadsTo !== entry.target) throw changed(tree, entry.path);
  symlinkSync(leadsTo, target);
  lutimesSync(target, atimeMs / 1000, mtimeMs / 1000);
}

function changed({ directory }: Tree, path: string): OciError {
  return new OciError({
    code: "STORE",
    verb: "copy",
    subject: directory,
    fact: `./${path} was changed while it was copied`,
    hint: "run again: the tree is restored first",
  });
}

function cancelled({ directory }: Tree): OciError {
  return new OciError({
    code: "CANCELLED",
    verb: "copy",
    subject: directory,
    fact: "it was cancelled",
  });
}
