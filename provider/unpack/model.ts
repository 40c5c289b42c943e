/**
 * The tree as the entries so far make it, and what each new one does to it: what it replaces, which
 * directories it implies, and with which other it clashes. Pure; the writer does what it answers.
 */
import type { Limits } from "../limits";
import type { Plan } from "../types";
import { FIXED_SECONDS, foldedName } from "./guard";
import { directoryNode, type DirectoryNode, type TreeNode } from "./nodes";
import {
  beyondLimit,
  broken,
  inTwoLayers,
  nameClash,
  placeName,
  quoted,
  unsafe,
  type Place,
} from "./problems";

/** What decides whether two entries go together. */
export type TreeRules = Pick<Plan, "isImage" | "allowances">;

/** Something that has to leave the disk, deepest first in a list. */
export interface Removal {
  readonly path: string;
  readonly type: "file" | "directory";
}

/** What the disk lacks to agree with the model, in this order. */
export interface Change {
  readonly removed: readonly Removal[];
  /** Paths of new directories, parents first. */
  readonly made: readonly string[];
}

/** A change that is being found out. */
interface Draft {
  readonly removed: Removal[];
  readonly made: string[];
}

export class TreeModel {
  readonly root: DirectoryNode;
  /** Later layers of an image replace what lower ones have; those of an artifact only by consent. */
  readonly #overrides: boolean;
  readonly #allowances: NonNullable<TreeRules["allowances"]>;
  readonly #limits: Limits;
  #entries = 0;

  constructor(root: DirectoryNode, { isImage, allowances = {} }: TreeRules, limits: Limits) {
    this.root = root;
    this.#overrides = isImage || allowances.allowOverwrite === true;
    this.#allowances = allowances;
    this.#limits = limits;
  }

  /** Counts an entry of an archive, or a directory that one implies. */
  count(place: Place): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) {
      throw beyondLimit(place, this.#limits, "entries");
    }
  }

  /** The node at a path whose parents are directories. Throws where the path leads through a link. */
  find(path: readonly string[], place: Place): TreeNode | undefined {
    let node: TreeNode | undefined = this.root;
    for (const [depth, component] of path.entries()) {
      if (node?.type === "symlink") throw throughLink(path.slice(0, depth), place);
      node = node?.type === "directory" ? node.children.get(component) : undefined;
    }
    return node;
  }

  /** Puts a node at a path that is not the root's. */
  put(path: readonly string[], node: TreeNode, place: Place): Change {
    const change: Draft = { removed: [], made: [] };
    const parent = this.#parent(path, place, change);
    const name = path.at(-1) ?? "";
    const old = parent.children.get(name);
    if (old?.type === "directory" && node.type === "directory") {
      Object.assign(old, { layer: node.layer, mode: node.mode, seconds: node.seconds });
      return change;
    }
    if (old !== undefined) change.removed.push(...this.#replace(path, old, place));
    this.#link(parent, name, node, place);
    if (node.type === "directory") change.made.push(path.join("/"));
    return change;
  }

  /** Takes away what layers below the place's have put at a path: the whiteout of an image. */
  hide(path: readonly string[], place: Place): readonly Removal[] {
    const node = this.find(path, place);
    const parent = this.find(path.slice(0, -1), place);
    if (node === undefined || parent?.type !== "directory") return [];
    const removed: Removal[] = [];
    if (node.type === "directory") hideBelow(node, path, place.layer.index, removed);
    if (isHidden(node, place.layer.index)) {
      unlink(parent, path.at(-1) ?? "");
      removed.push(...removalOf(node, path));
    }
    return removed;
  }

  /** The same for all that is in a directory, which itself stays: the opaque whiteout. */
  hideContent(path: readonly string[], place: Place): readonly Removal[] {
    const node = this.find(path, place);
    if (node?.type === "symlink") throw throughLink(path, place);
    const removed: Removal[] = [];
    if (node?.type === "directory") hideBelow(node, path, place.layer.index, removed);
    return removed;
  }

  /** The directory that holds the last component; missing ones are implied. */
  #parent(path: readonly string[], place: Place, change: Draft): DirectoryNode {
    let directory = this.root;
    for (let index = 0; index < path.length - 1; index += 1) {
      const component = path[index] ?? "";
      const next = directory.children.get(component);
      if (next?.type === "directory") {
        directory = next;
        continue;
      }
      const through = path.slice(0, index + 1);
      if (next?.type === "symlink") throw throughLink(through, place);
      if (next !== undefined) change.removed.push(...this.#giveWay(through, next, place));
      this.count(place);
      const implied = directoryNode(place.layer, 0o755, FIXED_SECONDS);
      this.#link(directory, component, implied, place);
      change.made.push(through.join("/"));
      directory = implied;
    }
    return directory;
  }

  /** A file where an entry needs a directory: of a lower layer, it can be replaced by consent. */
  #giveWay(path: readonly string[], file: TreeNode, place: Place): readonly Removal[] {
    const fact = `lies below the file ${quoted(path.join("/"))}`;
    if (file.layer.index === place.layer.index) throw broken(place, fact);
    if (this.#allowances.allowOverwrite === true) return removalOf(file, path);
    const other = placeName({ subject: place.subject, layer: file.layer });
    throw inTwoLayers(place, `${fact} of ${other}`);
  }

  #link(parent: DirectoryNode, name: string, node: TreeNode, place: Place): void {
    const folded = foldedName(name);
    const twin = parent.folded.get(folded);
    const isClash = twin !== undefined && twin !== name;
    if (isClash && this.#allowances.allowNameClashes !== true) throw nameClash(place, name, twin);
    parent.folded.set(folded, name);
    parent.children.set(name, node);
  }

  /** The last entry wins within one archive, and over lower layers where those may be replaced. */
  #replace(path: readonly string[], old: TreeNode, place: Place): readonly Removal[] {
    const isSameLayer = old.layer.index === place.layer.index;
    if (!isSameLayer && !this.#overrides) {
      const other = placeName({ subject: place.subject, layer: old.layer });
      throw inTwoLayers(place, `is in ${other}, too`);
    }
    const removed: Removal[] = [];
    if (old.type === "directory" && this.#overrides) {
      hideBelow(old, path, place.layer.index, removed);
    }
    if (old.type === "directory" && old.children.size > 0) {
      throw broken(place, "takes the place of a directory that is not empty");
    }
    removed.push(...removalOf(old, path));
    return removed;
  }
}

function throughLink(link: readonly string[], place: Place): Error {
  return unsafe(place, `leads through the symlink ${quoted(link.join("/"))}`);
}

/** Symlinks are not on the disk before the tree is complete. */
function removalOf(node: TreeNode, path: readonly string[]): readonly Removal[] {
  return node.type === "symlink" ? [] : [{ path: path.join("/"), type: node.type }];
}

function isHidden(node: TreeNode, layer: number): boolean {
  if (node.layer.index >= layer) return false;
  return node.type !== "directory" || node.children.size === 0;
}

function unlink(parent: DirectoryNode, name: string): void {
  parent.children.delete(name);
  parent.folded.delete(foldedName(name));
}

/** Each directory is searched once a layer: later there is nothing of lower layers in it. */
function hideBelow(
  directory: DirectoryNode,
  path: readonly string[],
  layer: number,
  removed: Removal[],
): void {
  if (directory.hiddenBy === layer) return;
  directory.hiddenBy = layer;
  for (const [name, node] of directory.children) {
    const below = [...path, name];
    if (node.type === "directory") hideBelow(node, below, layer, removed);
    if (!isHidden(node, layer)) continue;
    unlink(directory, name);
    removed.push(...removalOf(node, below));
  }
}
