/**
 * Claims tell who still uses a tree. A claim is a small file named after the claimant; trees without
 * a claim may be removed later. Never touches a tree. Where no claim can be written, nothing can be
 * removed either: that is no error.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../errors";
import { CLAIMS_FOLDER, RECEIPTS_FOLDER } from "./record-folders";
import { readBytes } from "./small-steps";
import { isPlanted, removePlanted } from "./staging";
import { isRefusal } from "./store-error";
import { isTreeName, receiptFile } from "./trees";
import { DAY_MS, isFarFrom, markUsed, WEEK_MS } from "./use-mark";
import { writeFileWhole } from "./write-file";

/** Ends the name of a claim that nobody will ever give up. */
const PASSING = ".passing";

export interface ClaimStore {
  /** Says that `claimant` (a resource's id) uses the tree; gives up what it claimed before. */
  claim(claimant: string, treeName: string): Promise<void>;
  /** The same for a claimant without a state: it holds for a week after the last time it was said. */
  claimInPassing(claimant: string, treeName: string): Promise<void>;
  /** Says that `claimant` uses no tree any more. Nothing is an error. */
  release(claimant: string): Promise<void>;
  /** Names of the trees that somebody claims. */
  claimed(): Promise<ReadonlySet<string>>;
}

/** The claims on the trees in `treesDirectory`. */
export function openClaims(treesDirectory: string): ClaimStore {
  const directory = join(treesDirectory, CLAIMS_FOLDER);
  const file = (claimant: string): string =>
    join(directory, createHash("sha256").update(claimant).digest("hex").slice(0, 32));
  /** Whoever reads the former tree has a week to come to the new one, however long it was claimed. */
  const lingers = async (former: string): Promise<void> => {
    if (!isTreeName(former) || isPlanted(join(treesDirectory, RECEIPTS_FOLDER))) return;
    await markUsed(receiptFile(treesDirectory, former), DAY_MS);
  };
  const write = async (path: string, treeName: string): Promise<void> => {
    if (isPlanted(directory)) {
      try {
        removePlanted(directory);
      } catch {
        return;
      }
    }
    const former = (await readBytes(path))?.toString();
    if (former === treeName) return;
    if (former !== undefined) await lingers(former);
    await writeFileWhole(path, treeName).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
    });
  };

  return Object.freeze({
    claim: (claimant: string, treeName: string) => write(file(claimant), treeName),
    async claimInPassing(claimant: string, treeName: string) {
      const path = `${file(claimant)}${PASSING}`;
      await write(path, treeName);
      await markUsed(path, DAY_MS);
    },
    async release(claimant: string) {
      if (isPlanted(directory)) return;
      await rm(file(claimant), { force: true }).catch(() => undefined);
    },
    async claimed() {
      const isOurs = !isPlanted(directory);
      const names = (isOurs ? await unlessGone(readdir(directory)) : undefined) ?? [];
      const trees = await Promise.all(names.map((name) => claimIn(directory, name)));
      return new Set(trees.filter((name) => name !== undefined));
    },
  });
}

/** The tree that a claim names. One that was made in passing goes when its week is over. */
async function claimIn(directory: string, name: string): Promise<string | undefined> {
  if (!/^[0-9a-f]{32}(\.passing)?$/.test(name)) return undefined;
  const path = join(directory, name);
  const facts = await unlessGone(stat(path));
  // To read a pipe that came with a checkout would never end.
  if (facts?.isFile() !== true) return undefined;
  if (name.endsWith(PASSING) && isFarFrom(Date.now(), facts.mtimeMs, WEEK_MS)) {
    await rm(path, { force: true }).catch(() => undefined);
    return undefined;
  }
  return await unlessGone(readFile(path, "utf8"));
}

/** A claim that cannot be read is still one: whoever asks what may go must not take it for none. */
async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  return await work.catch((error: unknown) => {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return undefined;
    throw error;
  });
}
