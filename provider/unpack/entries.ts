/**
 * Carries the entries of any archive format into the tree: names through the guard and under the
 * title, kinds to the right verb, whiteouts of images to what they hide. It reads no format itself.
 */
import type { Limits } from "../limits";
import type { PlannedLayer } from "../types";
import { checkTarget, entryPath, wholeSeconds, withinLimits } from "./guard";
import { beyondLimit, unsafe, type Place } from "./problems";
import type { EntryFacts, KnownContent, TreeWriter } from "./tree-writer";

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts */
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";

/** An entry as a format declares it. */
export interface ArchiveEntry {
  readonly name: string;
  readonly type: "file" | "directory" | "symlink" | "hardlink" | "special";
  /** Undefined where the archive has none that can be read. */
  readonly mode: number | undefined;
  /** Since 1970; undefined where the archive has none that can be read. */
  readonly seconds: number | undefined;
  /** Bytes of content that follow. */
  readonly size: number;
  /** Target of a link. */
  readonly target?: string;
  /** Of a file, where something else vouches for the content already. */
  readonly known?: KnownContent;
}

/** Takes entries one after the other; each content between `begin` and `end`. */
export interface EntrySink {
  begin(entry: ArchiveEntry): void;
  data(chunk: Buffer): void;
  end(): void;
}

export interface SinkOptions {
  readonly tree: TreeWriter;
  readonly layer: PlannedLayer;
  /** Where the archive is unpacked: "" is the root of the tree. */
  readonly directory: string;
  readonly isImage: boolean;
  readonly limits: Limits;
  readonly subject: string;
}

/** The sink of one archive. */
export function createSink(options: SinkOptions): EntrySink {
  const { tree } = options;
  let isFile = false;
  return {
    begin(entry) {
      const place = { subject: options.subject, layer: options.layer, entry: entry.name };
      tree.model.count(place);
      isFile = beginEntry(entry, place, options) === "file";
    },
    data(chunk) {
      if (isFile) tree.write(chunk);
    },
    end() {
      if (isFile) tree.endFile();
      isFile = false;
    },
  };
}

/** Says whether content is awaited. */
function beginEntry(entry: ArchiveEntry, place: Place, options: SinkOptions): "file" | undefined {
  const { tree, limits } = options;
  if (entry.type === "special") throw unsafe(place, "is a device or a named pipe");
  const path = treePath(entry.name, place, options);
  if (path.length === 0 && entry.type === "directory") return undefined;
  if (path.length === 0) throw unsafe(place, "takes the place of the tree itself");
  if (options.isImage && (path.at(-1) ?? "").startsWith(WHITEOUT)) {
    hide(path, place, options);
    return undefined;
  }
  const facts: EntryFacts = { mode: entry.mode, seconds: wholeSeconds(entry.seconds) };
  switch (entry.type) {
    case "directory":
      tree.directory(path, facts, place);
      return undefined;
    case "file":
      tree.beginFile(path, entry.size, facts, place, entry.known);
      return entry.known?.source === undefined ? "file" : undefined;
    case "symlink":
      checkTarget(entry.target ?? "", place, limits);
      tree.symlink(path, entry.target ?? "", facts, place);
      return undefined;
    case "hardlink":
      tree.hardLink(path, treePath(entry.target ?? "", place, options), place);
      return undefined;
  }
}

/** Where an entry goes: under the directory, which its name may begin with already. */
function treePath(name: string, place: Place, options: SinkOptions): readonly string[] {
  const path = entryPath(name, place, options.limits);
  if (options.directory === "") return path;
  const base = options.directory.split("/");
  if (base.every((component, index) => path[index] === component)) return path;
  return withinLimits([...base, ...path], place, options.limits);
}

function hide(path: readonly string[], place: Place, options: SinkOptions): void {
  const name = path.at(-1) ?? "";
  const parent = path.slice(0, -1);
  if (name === OPAQUE) {
    options.tree.hideContent(parent, place);
    return;
  }
  // Other names of this form are bookkeeping of one storage driver, and name nothing.
  if (name.startsWith(`${WHITEOUT}${WHITEOUT}`)) return;
  const hidden = name.slice(WHITEOUT.length);
  if (hidden === "" || hidden === "." || hidden === "..") {
    throw unsafe(place, "is a whiteout of no name");
  }
  options.tree.hide([...parent, hidden], place);
}

/** Counts what is inflated, and stops what only inflates. */
export function ratioGuard(
  compressedBytes: () => number,
  limits: Limits,
): (inflated: number, place: Place) => void {
  let total = 0;
  return (inflated, place) => {
    total += inflated;
    const allowed = Math.max(limits.ratioFreeBytes, limits.ratio * compressedBytes());
    if (total > allowed) {
      throw beyondLimit(place, limits, "ratio", Math.ceil(total / Math.max(1, compressedBytes())));
    }
  };
}
