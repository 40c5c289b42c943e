/**
 * One folder at a place of the user's choice, placed whole: built beside it and renamed. What lies
 * there is replaced only if we placed it and nobody has touched it since. A killed run leaves the
 * old content at a fixed name beside the folder, and the next run puts it back.
 */
import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, realpath, rename, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Report } from "../context";
import { OciError, systemCode } from "../errors";
import type { Tree } from "../types";
import { inspectTree, receiptOf } from "./inspect-tree";
import { parseReceipt, type Receipt } from "./receipt";
import { removeTree, stagingPath, sweepStaging } from "./staging";
import { folderError, folderFact, isUnusable, storeError } from "./store-error";
import { summaryOfDamage, treeOf, type FillTree, type TreeKey } from "./trees";
import { readJsonFile, writeFileWhole } from "./write-file";

const HINT = "choose another folder for the output, or make this one writable";

export interface Destination {
  /** The content at the folder: as it is where it is right already, else built by `fill`. */
  ensure(key: TreeKey, fill: FillTree, report: Report): Promise<Tree>;
}

/**
 * A destination folder; receipts lie below the user's cache folder, by the folder's real path. Where
 * that cannot be written, the content is placed without a receipt, and the report says what follows.
 */
export function openDestination(folder: string, cacheDirectory: string): Destination {
  const target = resolve(folder);
  return Object.freeze({
    async ensure(key: TreeKey, fill: FillTree, report: Report) {
      try {
        return await ensureAt(target, cacheDirectory, key, fill, report);
      } catch (error) {
        throw storeError(error, target, HINT);
      }
    },
  });
}

async function ensureAt(
  target: string,
  cacheDirectory: string,
  key: TreeKey,
  fill: FillTree,
  report: Report,
): Promise<Tree> {
  const parent = dirname(target);
  await making(parent, mkdir(parent, { recursive: true }));
  const receipts = await receiptFiles(target, cacheDirectory);
  const aside = join(parent, `.${basename(target)}.oci-artifact-old`);
  await recover(target, aside);
  const found = await ownedReceipt(target, receipts);
  if (found?.key === key.key) return treeOf(target, basename(target), found);

  const area = join(parent, `.${basename(target)}.oci-artifact-new`);
  await sweepStaging(area);
  const draft = await making(parent, stagingPath(area));
  try {
    await mkdir(draft);
    const fresh = receiptOf(key.key, draft, await fill(draft));
    // Filling takes its time: somebody may have changed the old content, or put some there, meanwhile.
    const receipt = await ownedReceipt(target, receipts);
    const refusal = await announce(receipts, fresh);
    await swap(draft, target, receipt === undefined ? undefined : aside);
    if (refusal === undefined) await settle(receipts);
    else report.warning(warningOf(target, cacheDirectory, refusal));
    await removeTree(aside);
    return treeOf(target, basename(target), fresh);
  } catch (error) {
    if (!(error instanceof LostRace)) throw error;
    return await placedByOthers(target, receipts, key);
  } finally {
    await removeTree(draft).catch(() => undefined);
    // Others may be at work in it: then it is theirs to remove.
    await rmdir(area).catch(() => undefined);
  }
}

/** What needs the folder around the target says so where it fails: that is the one to be written. */
async function making<T>(parent: string, work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    throw folderError(error, parent, HINT);
  });
}

/** The content that another run was faster to place, where it is the same. */
async function placedByOthers(target: string, files: ReceiptFiles, key: TreeKey): Promise<Tree> {
  const winner = await ownedReceipt(target, files);
  if (winner?.key === key.key) return treeOf(target, basename(target), winner);
  throw new OciError({
    code: "STORE",
    verb: "place content at",
    subject: target,
    fact: "another run places something else there at the same time",
    hint: "run again when the other run has ended",
  });
}

/** Somebody else has renamed what lies at the target, or beside it, meanwhile. */
class LostRace extends Error {}

/** `draft` takes the place of what lies at `target`, which steps aside where there is a folder to. */
async function swap(draft: string, target: string, aside: string | undefined): Promise<void> {
  const move = (from: string, to: string): Promise<void> =>
    rename(from, to).catch((error: unknown) => {
      const isLost = ["ENOENT", "ENOTEMPTY", "EEXIST"].includes(systemCode(error) ?? "");
      throw isLost ? new LostRace("", { cause: error }) : error;
    });
  if (aside !== undefined) await move(target, aside);
  await move(draft, target).catch(async (error: unknown) => {
    if (aside !== undefined) await move(aside, target).catch(() => undefined);
    throw error;
  });
}

/**
 * A run that is killed around its rename leaves two receipts, and whichever fits the content tells
 * that it is ours.
 */
interface ReceiptFiles {
  readonly cacheDirectory: string;
  readonly current: string;
  readonly next: string;
}

/** Writes the receipt of what comes next. Returns the refusal where the cache takes none. */
async function announce(files: ReceiptFiles, receipt: Receipt): Promise<unknown> {
  try {
    await writeFileWhole(files.next, JSON.stringify(receipt));
    return undefined;
  } catch (error) {
    if (isUnusable(error)) return error;
    throw storeError(error, files.cacheDirectory);
  }
}

/**
 * The receipt of what came is the current one. Another run may have seen to it already; and where
 * the cache refuses, the receipt is found under its first name, too.
 */
async function settle({ cacheDirectory, current, next }: ReceiptFiles): Promise<void> {
  await rename(next, current).catch((error: unknown) => {
    if (!isUnusable(error)) throw storeError(error, cacheDirectory);
  });
}

function warningOf(target: string, cacheDirectory: string, refusal: unknown): string {
  const fact = folderFact(refusal) ?? String(refusal);
  return `the cache ${cacheDirectory} cannot be written: ${fact}; nothing records that the content of ${target} is ours, so the next pull to it will be refused`;
}

/** Finishes or rolls back what a killed run left: the old content goes back where nothing came. */
async function recover(target: string, aside: string): Promise<void> {
  if (!(await exists(aside))) return;
  if (await isFree(target)) await rename(aside, target).catch(ignoreMissing);
  else await removeTree(aside);
}

/**
 * The receipt of what lies at the target; undefined where nothing does.
 * @throws OciError DESTINATION_NOT_OURS where something lies there that we may not remove.
 */
async function ownedReceipt(target: string, files: ReceiptFiles): Promise<Receipt | undefined> {
  if (await isFree(target)) return undefined;
  let fact = "something lies there that was not placed by oci-artifact";
  const isFolder = (await lstat(target).catch(() => undefined))?.isDirectory() === true;
  for (const file of isFolder ? [files.next, files.current] : []) {
    const receipt = parseReceipt(await readJsonFile(file));
    if (receipt === undefined) continue;
    const { damage } = await inspectTree(target, receipt);
    if (damage.length === 0) {
      // The next update writes the file of a killed run anew: what it says must not be lost.
      if (file === files.next) await settle(files);
      return receipt;
    }
    fact = `its content was changed since it was placed: ${summaryOfDamage(damage)}`;
  }
  throw new OciError({
    code: "DESTINATION_NOT_OURS",
    verb: "place content at",
    subject: target,
    fact,
    hint: "choose another folder, or move away what lies there",
  });
}

async function isFree(target: string): Promise<boolean> {
  try {
    return (await readdir(target)).length === 0 && !(await lstat(target)).isSymbolicLink();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return !(await exists(target));
    if (systemCode(error) === "ENOTDIR") return false;
    throw error;
  }
}

/** A run at the same time has put the old content back. */
function ignoreMissing(error: unknown): void {
  if (systemCode(error) !== "ENOENT") throw error;
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

async function receiptFiles(target: string, cacheDirectory: string): Promise<ReceiptFiles> {
  const real = join(await realpath(dirname(target)), basename(target));
  const name = createHash("sha256").update(real).digest("hex").slice(0, 32);
  const base = join(cacheDirectory, "destinations", name);
  return { cacheDirectory, current: `${base}.json`, next: `${base}.next.json` };
}
