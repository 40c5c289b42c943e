/**
 * Writes the entries that the guard let pass into the staging folder, which is ours alone. Files are
 * opened so that nothing that exists is ever touched; symlinks come last, when no write can follow one.
 */
import { createHash, type Hash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  futimesSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Limits } from "../limits";
import type { PlannedLayer, TreeEntry } from "../types";
import { sortedByPath } from "../content-digest";
import { FIXED_SECONDS, linkProblem, permissions } from "./guard";
import { TreeModel, type Removal } from "./model";
import { directoryNode, type FileNode, type TreeNode } from "./nodes";
import type { Pace } from "./pace";
import { beyondLimit, broken, quoted, unsafe, type Place } from "./problems";

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** What an archive declares about an entry; undefined where it declares nothing of use. */
export interface EntryFacts {
  readonly mode: number | undefined;
  readonly seconds: number;
}

interface OpenFile {
  readonly descriptor: number;
  readonly node: FileNode;
  readonly hash: Hash;
}

export class TreeWriter {
  readonly model: TreeModel;
  readonly #staging: string;
  readonly #limits: Limits;
  /** Modes that `open` gives exactly as asked, and those that the umask changes. */
  readonly #exactModes = new Map<number, boolean>();
  #extractedBytes = 0;
  #open: OpenFile | undefined;

  constructor(staging: string, first: PlannedLayer, isImage: boolean, limits: Limits) {
    this.#staging = staging;
    this.#limits = limits;
    this.model = new TreeModel(directoryNode(first, 0o755, FIXED_SECONDS), isImage, limits);
  }

  directory(path: readonly string[], facts: EntryFacts, place: Place): void {
    const mode = permissions("directory", facts.mode);
    this.#put(path, directoryNode(place.layer, mode, facts.seconds), place);
  }

  symlink(path: readonly string[], target: string, facts: EntryFacts, place: Place): void {
    const node = { type: "symlink", layer: place.layer, seconds: facts.seconds, target } as const;
    this.#put(path, node, place);
  }

  /** Opens a file; its content follows by `write`, its end by `endFile`. */
  beginFile(path: readonly string[], size: number, facts: EntryFacts, place: Place): void {
    this.#countBytes(size, place);
    const { layer } = place;
    const mode = permissions("file", facts.mode);
    const node: FileNode = { type: "file", layer, mode, seconds: facts.seconds, size, sha256: "" };
    this.#put(path, node, place);
    const descriptor = openSync(this.#onDisk(path), NEW_FILE, mode);
    this.#open = { descriptor, node, hash: createHash("sha256") };
    if (!this.#isExact(mode, descriptor)) fchmodSync(descriptor, mode);
  }

  write(chunk: Buffer): void {
    if (this.#open === undefined) throw new Error("no file is open");
    this.#open.hash.update(chunk);
    for (let written = 0; written < chunk.length;) {
      written += writeSync(this.#open.descriptor, chunk, written);
    }
  }

  endFile(): void {
    if (this.#open === undefined) throw new Error("no file is open");
    const { descriptor, node, hash } = this.#open;
    node.sha256 = hash.digest("hex");
    futimesSync(descriptor, node.seconds, node.seconds);
    this.close();
  }

  /** A second name of a file that is there already. */
  hardLink(path: readonly string[], targetPath: readonly string[], place: Place): void {
    const target = this.model.find(targetPath, place);
    const name = quoted(targetPath.join("/"));
    if (target === undefined) throw broken(place, `is a hard link to ${name}, which is not there`);
    if (target.type === "directory") throw broken(place, `is a hard link to the directory ${name}`);
    if (this.model.find(path, place) === target) throw broken(place, "is a hard link to itself");
    if (target.type === "file") this.#countBytes(target.size, place);
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
  async finish(subject: string, pace: Pace): Promise<readonly TreeEntry[]> {
    const found = listNodes(this.model);
    await this.#checkLinks(found, subject, pace);
    // Deepest first: what is made in a directory changes its time.
    for (const { path, node } of found.toReversed()) {
      const name = this.#onDisk(path);
      if (node.type === "symlink") {
        symlinkSync(node.target, name);
        lutimesSync(name, node.seconds, node.seconds);
      } else if (node.type === "directory") {
        chmodSync(name, node.mode);
        utimesSync(name, node.seconds, node.seconds);
      }
      await pace();
    }
    return sortedByPath(found.map(({ path, node }) => entryOf(path.join("/"), node)));
  }

  /** Leaves no file open, whatever happened. */
  close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) closeSync(open.descriptor);
  }

  async #checkLinks(found: readonly Found[], subject: string, pace: Pace): Promise<void> {
    const budget = { steps: 0 };
    for (const { path, node } of found) {
      if (node.type !== "symlink") continue;
      const problem = linkProblem(this.model.root, path, node.target, budget);
      if (problem !== undefined) {
        throw unsafe({ subject, layer: node.layer, entry: path.join("/") }, problem);
      }
      await pace();
    }
  }

  #put(path: readonly string[], node: TreeNode, place: Place): void {
    const { removed, made } = this.model.put(path, node, place);
    this.#remove(removed);
    for (const directory of made) mkdirSync(join(this.#staging, directory), 0o700);
  }

  #remove(removed: readonly Removal[]): void {
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

  /** Asks the first file of each mode whether the umask or an inherited ACL changed it. */
  #isExact(mode: number, descriptor: number): boolean {
    const known = this.#exactModes.get(mode);
    if (known !== undefined) return known;
    const isExact = (fstatSync(descriptor).mode & 0o7777) === mode;
    this.#exactModes.set(mode, isExact);
    return isExact;
  }

  #countBytes(size: number, place: Place): void {
    this.#extractedBytes += size;
    if (this.#extractedBytes > this.#limits.extractedBytes) {
      throw beyondLimit(place, this.#limits, "extractedBytes", this.#extractedBytes);
    }
  }

  #onDisk(path: readonly string[]): string {
    return join(this.#staging, ...path);
  }
}

interface Found {
  readonly path: readonly string[];
  readonly node: TreeNode;
}

/** All nodes below the root, each directory before what is in it. */
function listNodes(model: TreeModel): readonly Found[] {
  const found: Found[] = [];
  const pending: Found[] = [{ path: [], node: model.root }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.path.length > 0) found.push(next);
    if (next.node.type !== "directory") continue;
    for (const [name, node] of next.node.children)
      pending.push({ path: [...next.path, name], node });
  }
  return found;
}

function entryOf(path: string, node: TreeNode): TreeEntry {
  switch (node.type) {
    case "file":
      return { path, type: "file", mode: node.mode, size: node.size, sha256: node.sha256 };
    case "symlink":
      return { path, type: "symlink", mode: 0o777, size: 0, target: node.target };
    case "directory":
      return { path, type: "directory", mode: node.mode, size: 0 };
  }
}
