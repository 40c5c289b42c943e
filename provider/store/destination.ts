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
import { storeError } from "./store-error";
import { summaryOfDamage, treeOf, type FillTree, type TreeKey } from "./trees";
import { readJsonFile, writeFileWhole } from "./write-file";

export interface Destination {
  /** The content at the folder: as it is where it is right already, else built by `fill`. */
  ensure(key: TreeKey, fill: FillTree, report: Report): Promise<Tree>;
}

/** A destination folder; receipts lie below the user's cache folder, by the folder's real path. */
export function openDestination(folder: string, cacheDirectory: string): Destination {
  const target = resolve(folder);
  return Object.freeze({
    async ensure(key: TreeKey, fill: FillTree) {
      try {
        return await ensureAt(target, cacheDirectory, key, fill);
      } catch (error) {
        throw storeError(error, target);
      }
    },
  });
}

async function ensureAt(
  target: string,
  cacheDirectory: string,
  key: TreeKey,
  fill: FillTree,
): Promise<Tree> {
  await mkdir(dirname(target), { recursive: true });
  const receipts = await receiptFiles(target, cacheDirectory);
  const aside = join(dirname(target), `.${basename(target)}.oci-artifact-old`);
  await recover(target, aside);
  const found = await ownedReceipt(target, receipts);
  if (found?.key === key.key) return treeOf(target, basename(target), found);

  const area = join(dirname(target), `.${basename(target)}.oci-artifact-new`);
  await sweepStaging(area);
  const draft = await stagingPath(area);
  try {
    await mkdir(draft);
    const fresh = receiptOf(key.key, draft, await fill(draft));
    // Filling takes its time: somebody may have changed the old content, or put some there, meanwhile.
    const receipt = await ownedReceipt(target, receipts);
    await writeFileWhole(receipts.next, JSON.stringify(fresh));
    await swap(draft, target, receipt === undefined ? undefined : aside);
    await rename(receipts.next, receipts.current).catch(ignoreMissing);
    await removeTree(aside);
    return treeOf(target, basename(target), fresh);
  } catch (error) {
    if (!(error instanceof LostRace)) throw error;
    const winner = await ownedReceipt(target, receipts);
    if (winner?.key === key.key) return treeOf(target, basename(target), winner);
    throw new OciError({
      code: "STORE",
      verb: "place content at",
      subject: target,
      fact: "another run places something else there at the same time",
      hint: "run again when the other run has ended",
    });
  } finally {
    await removeTree(draft).catch(() => undefined);
    // Others may be at work in it: then it is theirs to remove.
    await rmdir(area).catch(() => undefined);
  }
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
  readonly current: string;
  readonly next: string;
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
      if (file === files.next) await rename(files.next, files.current).catch(ignoreMissing);
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

/** A run at the same time has put the receipt in place: it says what lies there. */
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
  return { current: `${base}.json`, next: `${base}.next.json` };
}
