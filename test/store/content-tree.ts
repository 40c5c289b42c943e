/**
 * A tree with exact modes, as the store would have placed it, and a filler that copies it. Places
 * nothing at a destination.
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { basename, join } from "node:path";
import { contentDigest } from "../../provider/content-digest";
import { copyTree } from "../../provider/store/copy-tree";
import type { FillTree } from "../../provider/store/trees";
import type { Tree, TreeEntry } from "../../provider/types";
import { folderFor } from "../support/folder-for-test";

/** An entry, and what is in it: the text of a file, the target of a link. */
export interface Part extends Pick<TreeEntry, "path" | "type" | "mode"> {
  readonly text?: string;
  /** Since 1970; default: 2001. */
  readonly seconds?: number;
}

const LONG_AGO = 1_000_000_000;

export interface PlacedTree {
  readonly tree: Tree;
  readonly fill: FillTree;
}

/** Writes the parts, folders first, into a folder that lives as long as the test. */
export function placedTree(
  context: { after(work: () => void): void },
  parts: readonly Part[],
): PlacedTree {
  const directory = folderFor(context);
  const entries = parts.map((part) => written(directory, part));
  for (const { path, type, mode, seconds = LONG_AGO } of parts.toReversed()) {
    if (type !== "symlink") fs.chmodSync(join(directory, path), mode);
    fs.lutimesSync(join(directory, path), seconds, seconds);
  }
  const files = entries.filter(({ type }) => type !== "directory");
  const tree: Tree = {
    directory,
    name: basename(directory),
    entries,
    contentDigest: contentDigest(entries),
    fileCount: files.length,
    size: files.reduce((sum, { size }) => sum + size, 0),
  };
  return { tree, fill: (staging) => copyTree(tree, staging) };
}

function written(directory: string, { path, type, mode, text = "" }: Part): TreeEntry {
  const name = join(directory, path);
  switch (type) {
    case "directory":
      fs.mkdirSync(name);
      return { path, type, mode, size: 0 };
    case "symlink":
      fs.symlinkSync(text, name);
      return { path, type, mode: 0o777, size: 0, target: text };
    case "file": {
      fs.writeFileSync(name, text);
      const sha256 = createHash("sha256").update(text).digest("hex");
      return { path, type, mode, size: Buffer.byteLength(text), sha256 };
    }
  }
}
