/**
 * Fills the draft of a blob from its source, and lets it pass only where digest and size are right:
 * hashed on its way, or by whoever reads the draft along. Publishes nothing.
 */
import { createReadStream } from "node:fs";
import type { BlobKey, BlobSource } from "./blobs";
import { checkedBytes, measuredBytes } from "./checked-bytes";
import { writeDraft } from "./draft";
import type { FileFacts } from "./file-facts";

/** Reads a draft while it is written. */
export interface DraftReader {
  /** Whether it hashes what it reads, so that nobody else need. */
  readonly hashes: boolean;
  /** So many bytes are on the disk. */
  grown(bytes: number): void;
  /**
   * All of them are. True where all were read, and whoever hashes them found the blob's digest and size;
   * false where that is not known, whatever the reason.
   *
   * @param written - the facts of the file since then: where they hold, what was read is what was written
   * @throws OciError CANCELLED
   */
  isRight(written: FileFacts): Promise<boolean>;
  /** It is not to be read any more. May be called more than once. */
  lost(): void;
}

/** Somebody who may want to read the draft at this path, which is there when it has `grown`. */
export type ReadAlong = (draft: string, blob: BlobKey) => DraftReader | undefined;

/**
 * @returns The facts of the file, all of it written.
 * @throws OciError DIGEST_MISMATCH, what the source throws, and what the disk refuses
 */
export async function fillDraft(
  path: string,
  blob: BlobKey,
  source: BlobSource,
  subject: string,
  readAlong?: ReadAlong,
): Promise<FileFacts> {
  const reader = readAlong?.(path, blob);
  if (reader === undefined) return await writeDraft(path, checkedBytes(blob, source(), subject));
  try {
    const pass = reader.hashes ? measuredBytes : checkedBytes;
    const chunks = pass(blob, source(), subject);
    const written = await writeDraft(path, chunks, (bytes) => {
      reader.grown(bytes);
    });
    if (!(await reader.isRight(written))) await checkFile(path, blob, subject);
    return written;
  } finally {
    reader.lost();
  }
}

/** The same gate for what is on the disk already. */
async function checkFile(path: string, blob: BlobKey, subject: string): Promise<void> {
  const chunks = checkedBytes(blob, createReadStream(path), subject)[Symbol.asyncIterator]();
  while ((await chunks.next()).done !== true);
}
