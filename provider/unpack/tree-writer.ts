/**
 * Writes the entries that the guard let pass into the staging folder, which is ours alone. What files
 * hold is for a FileWriter to write; symlinks come last, when no write can follow one.
 */
import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import type { Limits } from "../limits";
import type { WrittenEntry } from "../store/receipt";
import type { PlannedLayer } from "../types";
import { sortedByPath } from "../content-digest";
import type { FileWriter, WrittenFile } from "./files";
import { FIXED_SECONDS, linkProblem, permissions } from "./guard";
import { TreeModel, type Removal, type TreeRules } from "./model";
import {
  directoryNode,
  type DirectoryNode,
  type FileNode,
  type SymlinkNode,
  type TreeNode,
} from "./nodes";
import type { Pace } from "./pace";
import { beyondLimit, broken, quoted, unsafe, type Place } from "./problems";

/** What an archive declares about an entry; undefined where it declares nothing of use. */
export interface EntryFacts {
  readonly mode: number | undefined;
  readonly seconds: number;
}

/** What is known of a file's content before it is written. */
export interface KnownContent {
  /** Hex. */
  readonly sha256: string;
  /** A file that holds it: it is copied, and none comes by `write`. */
  readonly source?: string;
}

export class TreeWriter {
  readonly model: TreeModel;
  readonly #staging: string;
  readonly #files: FileWriter;
  readonly #limits: Limits;
  #extractedBytes = 0;

  constructor(
    staging: string,
    files: FileWriter,
    first: PlannedLayer,
    rules: TreeRules,
    limits: Limits,
  ) {
    this.#staging = staging;
    this.#files = files;
    this.#limits = limits;
    this.model = new TreeModel(directoryNode(first, 0o755, FIXED_SECONDS), rules, limits);
  }

  directory(path: readonly string[], facts: EntryFacts, place: Place): void {
    const mode = permissions("directory", facts.mode);
    this.#put(path, directoryNode(place.layer, mode, facts.seconds), place);
  }

  symlink(path: readonly string[], target: string, facts: EntryFacts, place: Place): void {
    const node = { type: "symlink", layer: place.layer, seconds: facts.seconds, target } as const;
    this.#put(path, node, place);
  }

  /**
   * Opens a file; its content follows by `write`, its end by `endFile`, unless it has a source.
   *
   * @param known - else the content is hashed
   */
  beginFile(
    path: readonly string[],
    size: number,
    facts: EntryFacts,
    place: Place,
    known?: KnownContent,
  ): void {
    this.#countBytes(size, place);
    const { layer } = place;
    const { seconds } = facts;
    const mode = permissions("file", facts.mode);
    const node: FileNode = {
      type: "file",
      layer,
      mode,
      seconds,
      size,
      sha256: known?.sha256 ?? "",
    };
    this.#put(path, node, place);
    const file = { path: this.#onDisk(path), mode, seconds, size, isHashed: known === undefined };
    if (known?.source !== undefined) this.#files.copy(file, known.source);
    else
      this.#files.begin(file, (found) => {
        takeFound(node, found);
      });
  }

  write(chunk: Buffer): void {
    this.#files.write(chunk);
  }

  endFile(): void {
    this.#files.end();
  }

  /** A second name of a file that is there already. */
  hardLink(path: readonly string[], targetPath: readonly string[], place: Place): void {
    const target = this.model.find(targetPath, place);
    const name = quoted(targetPath.join("/"));
    if (target === undefined) throw broken(place, `is a hard link to ${name}, which is not there`);
    if (target.type === "directory") throw broken(place, `is a hard link to the directory ${name}`);
    if (this.model.find(path, place) === target) {
      // So GNU's tar packs a file with several names that it is told to pack twice.
      if (target.layer.index === place.layer.index) return;
      throw broken(place, "is a hard link to itself");
    }
    if (target.type === "file") this.#countBytes(target.size, place);
    this.#files.settle();
    // Another name of a file is a change of it.
    if (target.type === "file") target.facts = undefined;
    this.#put(path, { ...target, layer: place.layer }, place);
    if (target.type === "file") this.#link(this.#onDisk(targetPath), this.#onDisk(path), target);
  }

  /** Takes away what lower layers have put there: the whiteout of an image. */
  hide(path: readonly string[], place: Place): void {
    this.#remove(this.model.hide(path, place));
  }

  /** The same for all that is in a directory. */
  hideContent(path: readonly string[], place: Place): void {
    this.#remove(this.model.hideContent(path, place));
  }

  /** Checks and makes the symlinks, gives directories their modes and times, lists everything. */
  async finish(subject: string, pace: Pace): Promise<readonly WrittenEntry[]> {
    await this.#files.settled();
    const { entries, unfinished } = listNodes(this.model.root);
    await this.#checkLinks(unfinished, subject, pace);
    // Deepest first: what is made in a directory changes its time.
    for (const { path, node } of unfinished.toReversed()) {
      const name = `${this.#staging}/${path}`;
      if (node.type === "symlink") {
        symlinkSync(node.target, name);
        lutimesSync(name, node.seconds, node.seconds);
      } else {
        chmodSync(name, node.mode);
        utimesSync(name, node.seconds, node.seconds);
      }
      const rest = pace();
      if (rest !== undefined) await rest;
    }
    return sortedByPath(entries);
  }

  /** Leaves no file open and nothing under way, whatever happened. */
  async close(): Promise<void> {
    await this.#files.close();
  }

  async #checkLinks(found: readonly Unfinished[], subject: string, pace: Pace): Promise<void> {
    const budget = { steps: 0 };
    const links = found.filter(({ node }) => node.type === "symlink");
    // The highest first: what leads outside through another link is not to blame.
    for (const { path, node } of links.sort((a, b) => depthOf(a) - depthOf(b))) {
      if (node.type !== "symlink") continue;
      const problem = linkProblem(this.model.root, path.split("/"), node.target, budget);
      if (problem !== undefined) {
        throw unsafe({ subject, layer: node.layer, entry: path }, problem);
      }
      await pace();
    }
  }

  #put(path: readonly string[], node: TreeNode, place: Place): void {
    const { removed, made } = this.model.put(path, node, place);
    this.#remove(removed);
    for (const directory of made) mkdirSync(`${this.#staging}/${directory}`, 0o700);
  }

  #remove(removed: readonly Removal[]): void {
    if (removed.length > 0) this.#files.settle();
    for (const { path, type } of removed) {
      const name = join(this.#staging, path);
      if (type === "directory") rmdirSync(name);
      else unlinkSync(name);
    }
  }

  /** Where the file system takes no more names for a file, a copy has the same content. */
  #link(target: string, name: string, node: FileNode): void {
    try {
      linkSync(target, name);
    } catch {
      copyFileSync(target, name, constants.COPYFILE_EXCL);
      chmodSync(name, node.mode);
      utimesSync(name, node.seconds, node.seconds);
    }
  }

  #countBytes(size: number, place: Place): void {
    this.#extractedBytes += size;
    if (this.#extractedBytes > this.#limits.extractedBytes) {
      throw beyondLimit(place, this.#limits, "extractedBytes", this.#extractedBytes);
    }
  }

  #onDisk(path: readonly string[]): string {
    // Not by `join`, which looks at each character again: the guard has done so.
    return `${this.#staging}/${path.join("/")}`;
  }
}

function takeFound(node: FileNode, { sha256, facts }: WrittenFile): void {
  if (sha256 !== undefined) node.sha256 = sha256;
  node.facts = facts;
}

/** What has its mode, its time or itself only when all files are there. */
interface Unfinished {
  readonly path: string;
  readonly node: DirectoryNode | SymlinkNode;
}

/**
 * All nodes below the root, each directory before what is in it, and the names in one by their order: so
 * nothing but a character below "/" keeps the paths from being sorted.
 */
function listNodes(root: DirectoryNode): {
  readonly entries: readonly WrittenEntry[];
  readonly unfinished: readonly Unfinished[];
} {
  const entries: WrittenEntry[] = [];
  const unfinished: Unfinished[] = [];
  const visit = (prefix: string, { children }: DirectoryNode): void => {
    for (const name of [...children.keys()].sort()) {
      const node = children.get(name);
      if (node === undefined) continue;
      const path = prefix + name;
      entries.push(entryOf(path, node));
      if (node.type !== "file") unfinished.push({ path, node });
      if (node.type === "directory") visit(`${path}/`, node);
    }
  };
  visit("", root);
  return { entries, unfinished };
}

function depthOf({ path }: Unfinished): number {
  return path.split("/").length;
}

function entryOf(path: string, node: TreeNode): WrittenEntry {
  switch (node.type) {
    case "file": {
      const { type, mode, size, sha256, facts } = node;
      if (facts === undefined) return { path, type, mode, size, sha256 };
      return { path, type, mode, size, sha256, facts };
    }
    case "symlink":
      return { path, type: "symlink", mode: 0o777, size: 0, target: node.target };
    case "directory":
      return { path, type: "directory", mode: node.mode, size: 0 };
  }
}
