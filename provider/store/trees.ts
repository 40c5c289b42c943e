/**
 * Trees: unpacked content in `.oci-artifacts/` beside the program, one folder each, immutable once
 * placed. A tree appears by one rename and is compared with its receipt before it is used again;
 * a damaged one is built anew. Knows nothing of registries and archives: the caller fills a folder.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureFolder } from "../ensure-folder";
import { OciError, systemCode } from "../errors";
import type { Report } from "../context";
import { inOneLine } from "../redact";
import type { Tree } from "../types";
import { inspectTree, receiptOf } from "./inspect-tree";
import { observe } from "./observe";
import { parseReceipt, type Receipt, type WrittenEntry } from "./receipt";
import { RECEIPTS_FOLDER, STAGING_FOLDER } from "./record-folders";
import { isPlanted, removePlanted, removeTree, stagingPath, sweepStaging } from "./staging";
import { renameAway, renameInto } from "./rename";
import { storeError } from "./store-error";
import { DAY_MS, markUsed } from "./use-mark";
import { readJsonFile, writeFileWhole } from "./write-file";

/** Folder of the trees, relative to the program's directory; part of every `path` output. */
export const TREES_FOLDER = ".oci-artifacts";

/** How many names of damaged files a message lists. */
const SHOWN_DAMAGE = 5;

const HINT =
  "make room or make the folder writable, or bring it along with this content in it: what is there already needs no write";

/** Which tree, and everything that decides what is in it. */
export interface TreeKey {
  /** Folder name: "manifests-0123456789abcdef". */
  readonly name: string;
  /** Compared whole: the folder name holds only a part of it. */
  readonly key: string;
}

/** Writes the content into an empty folder that only the caller sees, and says what it wrote. */
export type FillTree = (staging: string) => Promise<readonly WrittenEntry[]>;

/** How often a builder tries to place its tree while others do the same, and how long it waits at most. */
const MOST_TURNS = 20;
const TURN_MS = 5;

export interface TreeStore {
  /** Absolute path of the folder that holds the trees. */
  readonly directory: string;
  /** The tree as it lies there, unharmed; undefined where it is missing or damaged. */
  find(key: TreeKey): Promise<Tree | undefined>;
  /** The tree, built by `fill` where it is missing or damaged; says so where it was damaged. */
  ensure(key: TreeKey, fill: FillTree, report: Report): Promise<Tree>;
  /** What the receipt of a tree says, without a look at the tree. */
  receipt(name: string): Promise<Receipt | undefined>;
}

/** The trees beside the program in `projectDirectory`. */
export function openTrees(projectDirectory: string): TreeStore {
  const directory = join(projectDirectory, TREES_FOLDER);
  const read = async (name: string): Promise<Receipt | undefined> =>
    parseReceipt(await readJsonFile(receiptFile(directory, name)));

  const look = async ({ name, key }: TreeKey): Promise<Look> => {
    if (isPlanted(join(directory, RECEIPTS_FOLDER))) return { state: "missing" };
    const receipt = await read(name);
    if (receipt?.key !== key) return { state: "missing" };
    const { damage, refreshed } = await inspectTree(join(directory, name), receipt);
    if (damage.length > 0) {
      const isGone =
        damage.length >= receipt.entries.length && damage.every((line) => line.startsWith("-"));
      return isGone ? { state: "missing" } : { state: "damaged", damage };
    }
    if (refreshed !== undefined) {
      // A copied checkout has other inodes: remember them, so that the next look is cheap again.
      const text = JSON.stringify({ ...receipt, entries: refreshed });
      await writeFileWhole(receiptFile(directory, name), text).catch(() => undefined);
    }
    // Whoever prunes takes the receipt away first: without one, the tree is about to go.
    if (!(await markUsed(receiptFile(directory, name), DAY_MS))) return { state: "missing" };
    return { state: "whole", tree: treeOf(join(directory, name), name, receipt) };
  };

  /** Places the draft, or finds that others have placed the same; several healers take turns. */
  const place = async (area: string, draft: string, key: TreeKey): Promise<Tree | undefined> => {
    const target = join(directory, key.name);
    for (let attempt = 1; attempt <= MOST_TURNS; attempt += 1) {
      if (await renameInto(draft, target)) return undefined;
      const found = await look(key);
      if (found.state === "whole") return found.tree;
      if (await replace(area, draft, target)) return undefined;
      // Another one was faster, and a third may have moved its tree aside at this very moment.
      await sleep(Math.random() * TURN_MS * attempt);
    }
    throw new OciError({
      code: "STORE",
      verb: "place",
      subject: target,
      fact: "other processes keep placing something else there",
      hint: "run again when the other runs have ended",
    });
  };

  const build = async (key: TreeKey, fill: FillTree): Promise<Tree> => {
    const { area, draft } = await prepare(directory).catch((error: unknown) => {
      throw storeError(error, directory, HINT);
    });
    try {
      await mkdir(draft);
      const receipt = receiptOf(key.key, draft, await fill(draft));
      // No receipt is a folder: one of this name would be in the way for ever.
      const file = receiptFile(directory, key.name);
      if (observe(file)?.type === "directory") await removeTree(file);
      // The receipt first: who finds the tree finds its receipt. One without the other is rebuilt.
      await writeFileWhole(file, JSON.stringify(receipt));
      const others = await place(area, draft, key);
      return others ?? treeOf(join(directory, key.name), key.name, receipt);
    } catch (error) {
      throw storeError(error, directory, HINT);
    } finally {
      await removeTree(draft).catch(() => undefined);
    }
  };

  return Object.freeze({
    directory,
    async find(key: TreeKey) {
      const found = await look(key);
      return found.state === "whole" ? found.tree : undefined;
    },
    async ensure(key: TreeKey, fill: FillTree, report: Report) {
      const found = await look(key);
      if (found.state === "whole") return found.tree;
      const tree = await build(key, fill);
      if (found.state === "damaged") {
        report.warning(
          `${TREES_FOLDER}/${key.name} was changed locally and is restored: ${summaryOfDamage(found.damage)}`,
        );
      }
      return tree;
    },
    receipt: read,
  });
}

/** Whether a tree may be called so: its name ends with the start of a digest. Other folders are somebody else's. */
export function isTreeName(name: string): boolean {
  return /^[^/\\]+-[0-9a-f]{16}$/.test(name);
}

/** The record of what lies in a tree, when it was placed and when it was last asked for. */
export function receiptFile(directory: string, name: string): string {
  return join(directory, RECEIPTS_FOLDER, `${name}.json`);
}

type Look =
  | { readonly state: "whole"; readonly tree: Tree }
  | { readonly state: "damaged"; readonly damage: readonly string[] }
  | { readonly state: "missing" };

/** The tree that a receipt describes. */
export function treeOf(directory: string, name: string, receipt: Receipt): Tree {
  const files = receipt.entries.filter((entry) => entry.type !== "directory");
  return Object.freeze({
    directory,
    name,
    entries: receipt.entries,
    contentDigest: receipt.contentDigest,
    fileCount: files.length,
    size: files.reduce((sum, entry) => sum + entry.size, 0),
  });
}

/** Makes the folder with its own .gitignore, sweeps what killed runs left; a free path in its staging area. */
async function prepare(
  directory: string,
): Promise<{ readonly area: string; readonly draft: string }> {
  const area = join(directory, STAGING_FOLDER);
  removePlanted(area);
  removePlanted(join(directory, RECEIPTS_FOLDER));
  ensureFolder(area, 0o777);
  await ignoreByGit(directory).catch(() => undefined);
  await sweepStaging(area);
  return { area, draft: stagingPath(area) };
}

/** What the user has made of the file is left alone. */
async function ignoreByGit(directory: string): Promise<void> {
  const file = join(directory, ".gitignore");
  if (observe(file) === undefined) await writeFileWhole(file, "*\n");
}

/** Two renames: what lies at `target` steps aside, `draft` takes its place. False where another was faster. */
async function replace(area: string, draft: string, target: string): Promise<boolean> {
  const aside = stagingPath(area);
  await renameAway(target, aside).catch((error: unknown) => {
    // Somebody else has just moved it aside; the place is free.
    if (systemCode(error) !== "ENOENT") throw error;
  });
  const isPlaced = await renameInto(draft, target);
  await removeTree(aside).catch(() => undefined);
  return isPlaced;
}

/** The first few names of what was changed, for a message. */
export function summaryOfDamage(damage: readonly string[]): string {
  const shown = damage.slice(0, SHOWN_DAMAGE).map(inOneLine).join(", ");
  const more = damage.length - SHOWN_DAMAGE;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
