/**
 * The nodes of a tree that is being unpacked. Only what is known about an entry; nothing here touches
 * a disk or judges a name.
 */
import type { EntryFacts } from "../store/receipt";
import type { PlannedLayer } from "../types";

interface NodeFacts {
  /** The layer that put it there last. */
  layer: PlannedLayer;
  /** Whole seconds since 1970. */
  seconds: number;
}

export interface FileNode extends NodeFacts {
  readonly type: "file";
  readonly mode: number;
  size: number;
  sha256: string;
  /** What the file system said of it when it was written, and nothing has changed it since. */
  facts?: EntryFacts | undefined;
}

/** Lives in the model only until the tree is complete, so that no write can go through it. */
export interface SymlinkNode extends NodeFacts {
  readonly type: "symlink";
  readonly target: string;
}

export interface DirectoryNode extends NodeFacts {
  readonly type: "directory";
  mode: number;
  readonly children: Map<string, TreeNode>;
  /** Folded name → name, of all children. */
  readonly folded: Map<string, string>;
  /** Index of the last layer that hid everything below; -1 where none did. */
  hiddenBy: number;
}

export type TreeNode = FileNode | SymlinkNode | DirectoryNode;

/** An empty directory. */
export function directoryNode(layer: PlannedLayer, mode: number, seconds: number): DirectoryNode {
  return {
    type: "directory",
    layer,
    mode,
    seconds,
    children: new Map(),
    folded: new Map(),
    hiddenBy: -1,
  };
}
