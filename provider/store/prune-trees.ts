/**
 * Removes trees that nobody uses: those without a claim that were not asked for in a while. Who asks
 * for a tree marks its receipt first, so a receipt that could be taken away unmarked means that
 * nobody relies on the tree; see trees.ts. Never touches what is no tree of ours.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemCode } from "../errors";
import { openClaims } from "./claims";
import { RECEIPTS_FOLDER, STAGING_FOLDER } from "./record-folders";
import { rename, renameAway, renameInto } from "./rename";
import { removePlanted, removeTree, stagingPath } from "./staging";
import type { OnRefused } from "./store-error";
import { isTreeName, receiptFile } from "./trees";
import { isUsedSince } from "./use-mark";

/** A tree as its folder and its records know it. */
export interface ListedTree {
  readonly name: string;
  /** Milliseconds since 1970: when it was last asked for, give or take a day. */
  readonly usedAt: number;
  /** A resource uses it, or a function did within a week. */
  readonly isClaimed: boolean;
}

interface FoundTree extends ListedTree {
  readonly hasReceipt: boolean;
}

/** All trees in `treesDirectory`, the longest unused first. */
export async function listTrees(treesDirectory: string): Promise<readonly ListedTree[]> {
  const trees = await findTrees(treesDirectory);
  return trees.map(({ hasReceipt: _, ...tree }) => tree);
}

async function findTrees(directory: string): Promise<readonly FoundTree[]> {
  const claimed = await openClaims(directory).claimed();
  const folders = await readdir(directory).catch(() => []);
  const receipts = await readdir(join(directory, RECEIPTS_FOLDER)).catch(() => []);
  const names = new Set([...folders, ...receipts.map((file) => basename(file, ".json"))]);
  const trees = await Promise.all(
    [...names].filter(isTreeName).map(async (name) => {
      const markedAt = await timeOf(receiptFile(directory, name));
      const usedAt = markedAt ?? (await placedAt(join(directory, name)));
      if (usedAt === undefined) return [];
      return [{ name, usedAt, isClaimed: claimed.has(name), hasReceipt: markedAt !== undefined }];
    }),
  );
  return trees.flat().sort((a, b) => a.usedAt - b.usedAt);
}

/**
 * Removes trees without a claim that were not asked for since `before` (milliseconds since 1970),
 * and their receipts. Best effort.
 *
 * @returns Those that are gone.
 */
export async function pruneTrees(
  treesDirectory: string,
  before: number,
  onRefused: OnRefused = () => undefined,
): Promise<readonly ListedTree[]> {
  const removed: ListedTree[] = [];
  for (const tree of await findTrees(treesDirectory)) {
    if (tree.isClaimed || isUsedSince(tree.usedAt, before)) continue;
    const isGone = await removeUnused(treesDirectory, tree, before).catch((error: unknown) => {
      onRefused(tree.name, error);
      return false;
    });
    if (isGone) removed.push(tree);
  }
  return removed;
}

async function removeUnused(
  directory: string,
  { name, hasReceipt }: FoundTree,
  before: number,
): Promise<boolean> {
  const area = join(directory, STAGING_FOLDER);
  const receipt = receiptFile(directory, name);
  removePlanted(area);
  removePlanted(dirname(receipt));
  const oldReceipt = stagingPath(area);
  const oldTree = stagingPath(area);
  const isTaken = await moved(receipt, oldReceipt);
  // Another process is at it, and may give the receipt back.
  if (hasReceipt && !isTaken) return false;
  const markedAt = (await timeOf(oldReceipt)) ?? 0;
  if (isUsedSince(markedAt, before)) {
    // Somebody has asked for it in the last instant.
    await moved(oldReceipt, receipt);
    return false;
  }
  try {
    await moved(join(directory, name), oldTree, renameAway);
  } catch (error) {
    // It stays, and is of use: where nothing can be written, nobody could build it anew.
    await moved(oldReceipt, receipt);
    throw error;
  }
  const isWantedAgain = (await timeOf(receipt)) !== undefined;
  // Who builds it anew at this moment may have found the old folder in place, and taken it over.
  const isBack = isWantedAgain && (await renameInto(oldTree, join(directory, name)));
  await removeTree(oldReceipt);
  await removeTree(oldTree);
  return !isBack;
}

/** False where there is nothing to rename. */
async function moved(from: string, to: string, by = rename): Promise<boolean> {
  try {
    await by(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

async function timeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

/** Without a receipt: since the folder came to its place. */
async function placedAt(folder: string): Promise<number | undefined> {
  const facts = await stat(folder).catch(() => undefined);
  return facts?.isDirectory() === true ? Math.max(facts.mtimeMs, facts.ctimeMs) : undefined;
}
