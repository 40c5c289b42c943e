/**
 * Removes trees that nobody uses: those without a claim that were not asked for in a while. Who asks
 * for a tree marks its receipt first, so a receipt that could be taken away unmarked means that
 * nobody relies on the tree; see trees.ts. Never touches what is no tree of ours.
 */
import { readdir, rename, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { openClaims } from "./claims";
import { removeTree, renameInto, stagingPath } from "./staging";
import { receiptFile, STAGING_FOLDER } from "./trees";

/** A tree as its folder and its records know it. */
export interface ListedTree {
  readonly name: string;
  /** Milliseconds since 1970: when it was last asked for, give or take a day. */
  readonly usedAt: number;
  /** A resource uses it, or a function did within a week. */
  readonly isClaimed: boolean;
}

/** A tree's name ends with the start of a digest; other folders are somebody else's. */
const TREE_NAME = /-[0-9a-f]{16}$/;

/** All trees in `treesDirectory`, the longest unused first. */
export async function listTrees(treesDirectory: string): Promise<readonly ListedTree[]> {
  const claimed = await openClaims(treesDirectory).claimed();
  const names = new Set([
    ...(await readdir(treesDirectory).catch(() => [])),
    ...(await readdir(join(treesDirectory, ".receipts")).catch(() => [])).map((name) =>
      basename(name, ".json"),
    ),
  ]);
  const trees = await Promise.all(
    [...names]
      .filter((name) => TREE_NAME.test(name))
      .map(async (name) => {
        const usedAt = await lastUse(treesDirectory, name);
        return usedAt === undefined ? [] : [{ name, usedAt, isClaimed: claimed.has(name) }];
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
): Promise<readonly ListedTree[]> {
  const removed: ListedTree[] = [];
  for (const tree of await listTrees(treesDirectory)) {
    if (tree.isClaimed || tree.usedAt > before) continue;
    const isGone = await removeUnused(treesDirectory, tree.name, before).catch(() => false);
    if (isGone) removed.push(tree);
  }
  return removed;
}

async function removeUnused(directory: string, name: string, before: number): Promise<boolean> {
  const area = join(directory, STAGING_FOLDER);
  const receipt = receiptFile(directory, name);
  const oldReceipt = await stagingPath(area);
  const oldTree = await stagingPath(area);
  await moved(receipt, oldReceipt);
  const markedAt = (await stat(oldReceipt).catch(() => undefined))?.mtimeMs ?? 0;
  if (markedAt > before) {
    // Somebody has asked for it in the last instant.
    await moved(oldReceipt, receipt);
    return false;
  }
  await moved(join(directory, name), oldTree);
  const isWantedAgain = (await stat(receipt).catch(() => undefined)) !== undefined;
  // Who builds it anew at this moment may have found the old folder in place, and taken it over.
  const isBack = isWantedAgain && (await renameInto(oldTree, join(directory, name)));
  await removeTree(oldReceipt);
  await removeTree(oldTree);
  return !isBack;
}

/** Nothing to rename is no trouble. */
async function moved(from: string, to: string): Promise<void> {
  if ((await stat(from).catch(() => undefined)) !== undefined) await rename(from, to);
}

/** Without a receipt: since the folder came to its place. */
async function lastUse(directory: string, name: string): Promise<number | undefined> {
  const receipt = await stat(receiptFile(directory, name)).catch(() => undefined);
  if (receipt !== undefined) return receipt.mtimeMs;
  const folder = await stat(join(directory, name)).catch(() => undefined);
  return folder?.isDirectory() === true ? Math.max(folder.mtimeMs, folder.ctimeMs) : undefined;
}
