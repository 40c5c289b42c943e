/**
 * Fills the draft of a blob from its source, and lets it pass only where digest and size are right:
 * hashed on its way, or by whoever reads the draft along. Publishes nothing.
 */
import { createReadStream } from "node:fs";
import type { BlobKey, BlobSource } from "./blobs";
import { checkedBytes, measuredBytes } from "./checked-bytes";
import { writeDraft } from "./draft";
import type { FileFacts } from "./file-facts";

/** Reads a draft while it is written, and hashes it. */
export interface DraftReader {
  /** So many bytes are on the disk. */
  grown(bytes: number): void;
  /**
   * All of them are. True where all were read, and digest and size are those of the blob; false where
   * that is not known, whatever the reason.
   * @throws OciError CANCELLED
   */
  isRight(): Promise<boolean>;
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
    const chunks = measuredBytes(blob, source(), subject);
    const written = await writeDraft(path, chunks, (bytes) => {
      reader.grown(bytes);
    });
    if (!(await reader.isRight())) await checkFile(path, blob, subject);
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
