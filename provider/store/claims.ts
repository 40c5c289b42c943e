/**
 * Claims tell which resources still use a tree. A claim is a small file named after the claimant
 * (the resource's id); trees without a claim may be removed later. Never touches a tree.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileWhole } from "./write-file";

export interface ClaimStore {
  /** Says that `claimant` uses the tree; gives up what it claimed before. */
  claim(claimant: string, treeName: string): Promise<void>;
  /** Says that `claimant` uses no tree any more. Nothing is an error. */
  release(claimant: string): Promise<void>;
  /** Names of the trees that somebody claims. */
  claimed(): Promise<ReadonlySet<string>>;
}

/** The claims on the trees in `treesDirectory`. */
export function openClaims(treesDirectory: string): ClaimStore {
  const directory = join(treesDirectory, ".claims");
  const file = (claimant: string): string =>
    join(directory, createHash("sha256").update(claimant).digest("hex").slice(0, 32));

  return Object.freeze({
    async claim(claimant: string, treeName: string) {
      const current = await readFile(file(claimant), "utf8").catch(() => "");
      if (current !== treeName) await writeFileWhole(file(claimant), treeName);
    },
    async release(claimant: string) {
      await rm(file(claimant), { force: true });
    },
    async claimed() {
      const names = await readdir(directory).catch(() => []);
      const trees = await Promise.all(
        names.map((name) => readFile(join(directory, name), "utf8").catch(() => "")),
      );
      return new Set(trees.filter((name) => name !== ""));
    },
  });
}
