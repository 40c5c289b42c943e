/**
 * Writes bytes into a file of a staging folder while they are made and hashes them, so that they are
 * made once. Whatever fails, no part of a file stays; a whole one is the caller's to remove.
 */
import { createHash, randomBytes } from "node:crypto";
import { open, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { folderError } from "../store/store-error";

const HINT = "make room there, or make the folder writable; nothing of this file was left";

/** Joined to so many bytes before they are written: a tar of small files comes in small pieces. */
const WRITTEN_BYTES = 256 * 1024;

/** A file with its digest. */
export interface Spooled {
  /** Absolute if the folder is. */
  readonly path: string;
  /** `sha256:<hex>` of all bytes. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * All chunks in a new file of the folder.
 *
 * @throws OciError STORE for what the disk refuses, and whatever the chunks throw
 */
export async function spool(
  folder: string,
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<Spooled> {
  const path = join(folder, `packed-${randomBytes(8).toString("hex")}`);
  try {
    const file = await open(path, "wx", 0o600);
    try {
      return Object.freeze({ path, ...(await writeAll(file, chunks)) });
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(path, { force: true });
    throw folderError(error, folder, HINT);
  }
}

async function writeAll(
  file: FileHandle,
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<Pick<Spooled, "digest" | "size">> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of inPieces(chunks)) {
    hash.update(chunk);
    size += chunk.length;
    for (let written = 0; written < chunk.length;) {
      written += (await file.write(chunk, written)).bytesWritten;
    }
  }
  return { digest: `sha256:${hash.digest("hex")}`, size };
}

/** The same bytes in pieces of bearable size. */
async function* inPieces(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
): AsyncGenerator<Buffer, void> {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < WRITTEN_BYTES) continue;
    yield Buffer.concat(held);
    held = [];
    bytes = 0;
  }
  yield Buffer.concat(held);
}
