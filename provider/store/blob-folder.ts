/**
 * A folder of blobs by digest: where each lies, and how it gets in, by one rename of something
 * whole. Checks no content.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { algorithmOf, hexOf, isDigest } from "../digest";
import { ensureFolder } from "../ensure-folder";
import { systemCode } from "../errors";
import { rename } from "./rename";
import { removeTree, stagingPath, sweepStaging } from "./staging";

export interface BlobFolder {
  readonly directory: string;
  /** Where the blob lies, or would lie. */
  file(digest: string): string;
  /** Places what `fill` writes to the path that it is given. */
  publish(digest: string, fill: (draft: string) => Promise<void>): Promise<void>;
}

/** A blob as its folder knows it. */
export interface StoredBlob {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

/** The folder, which need not exist yet. */
export function openBlobFolder(directory: string): BlobFolder {
  const staging = join(directory, "staging");
  let swept: Promise<void> | undefined;
  const file = (digest: string): string => blobFile(directory, digest);

  return Object.freeze({
    directory,
    file,
    async publish(digest: string, fill: (draft: string) => Promise<void>) {
      swept ??= sweepStaging(staging);
      await swept;
      const draft = stagingPath(staging);
      try {
        await fill(draft);
        ensureFolder(dirname(file(digest)), 0o777);
        await rename(draft, file(digest)).catch(async (error: unknown) => {
          // No blob is a folder: one of this name is of no use to anybody, and would be in the way for ever.
          if (systemCode(error) !== "EISDIR") throw error;
          await removeTree(file(digest));
          await rename(draft, file(digest));
        });
      } catch (error) {
        await rm(draft, { force: true }).catch(() => undefined);
        throw error;
      }
    },
  });
}

/** Where a blob lies below `directory`. */
export function blobFile(directory: string, digest: string): string {
  return join(directory, "blobs", algorithmOf(digest), hexOf(digest));
}

/** All blobs below `directory`, the least recently used first. */
export async function listBlobs(directory: string): Promise<readonly StoredBlob[]> {
  const digests: string[] = [];
  for (const algorithm of ["sha256", "sha512"]) {
    const names = await readdir(join(directory, "blobs", algorithm)).catch(() => []);
    digests.push(...names.map((hex) => `${algorithm}:${hex}`).filter(isDigest));
  }
  const blobs = await Promise.all(
    digests.map(async (digest) => {
      const facts = await stat(blobFile(directory, digest)).catch(() => undefined);
      // To read a pipe might never end.
      return facts?.isFile() === true ? [{ digest, size: facts.size, usedAt: facts.mtimeMs }] : [];
    }),
  );
  return blobs.flat().sort((a, b) => a.usedAt - b.usedAt);
}

/** Bytes of all of them. */
export function sizeOf(blobs: readonly Pick<StoredBlob, "size">[]): number {
  return blobs.reduce((sum, { size }) => sum + size, 0);
}
