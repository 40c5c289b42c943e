/**
 * Keeps what proved the signature of a digest, beside the blobs: JSON by digest and policy. It believes
 * nothing of it; whoever reads it checks it in full. Best effort: what cannot be kept is asked for again.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { algorithmOf, hexOf, isDigest } from "../digest";
import { blobFile } from "./blob-folder";
import { readJsonFile, sweepDrafts, writeFileWhole } from "./write-file";

/** Name of the folder in the cache. */
const FOLDER = "evidence";

/** Characters of a policy's fingerprint in a file's name. */
const NAME_LENGTH = 16;

export interface EvidenceFolder {
  /** What is kept of a digest, that of the policy first. */
  of(digest: string, policy: string): Promise<readonly unknown[]>;
  /** @param policy - Fingerprint of the policy that it satisfies: a digest. */
  keep(digest: string, policy: string, evidence: object): Promise<void>;
}

/** The evidence below a cache. Nothing is read yet. */
export function openEvidence(cacheDirectory: string): EvidenceFolder {
  const folderOf = (digest: string): string => join(cacheDirectory, FOLDER, folderName(digest));
  return Object.freeze({
    async of(digest: string, policy: string) {
      const folder = folderOf(digest);
      const own = fileName(policy);
      const names = (await readdir(folder).catch(() => [])).filter((name) =>
        name.endsWith(".json"),
      );
      const found: unknown[] = [];
      for (const name of names.sort((a, b) => Number(b === own) - Number(a === own))) {
        const json = await readJsonFile(join(folder, name));
        if (json !== undefined) found.push(json);
      }
      return Object.freeze(found);
    },
    async keep(digest: string, policy: string, evidence: object) {
      const file = join(folderOf(digest), fileName(policy));
      await sweepDrafts(folderOf(digest));
      // A cache that cannot be written is said elsewhere.
      await writeFileWhole(file, JSON.stringify(evidence)).catch(() => undefined);
    },
  });
}

/** Removes what is kept of content that the cache no longer has. */
export async function pruneEvidence(cacheDirectory: string): Promise<void> {
  const folder = join(cacheDirectory, FOLDER);
  for (const name of await readdir(folder).catch(() => [])) {
    const digest = name.replace("-", ":");
    const isThere =
      isDigest(digest) &&
      (await stat(blobFile(cacheDirectory, digest)).then(
        () => true,
        () => false,
      ));
    if (isThere) continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function folderName(digest: string): string {
  return `${algorithmOf(digest)}-${hexOf(digest)}`;
}

function fileName(policy: string): string {
  return `${hexOf(policy).slice(0, NAME_LENGTH)}.json`;
}
