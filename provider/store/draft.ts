/**
 * Writes bytes that come in pieces to a new file, in few large writes, and goes on to the next pieces
 * while the disk is busy. Looks at no byte.
 */
import { open, type FileHandle } from "node:fs/promises";
import { factsOfOpen, type FileFacts } from "./file-facts";

/** What is handed to the disk at once. To hand it over costs as much as to hash some ten KiB. */
const WRITE_BYTES = 1024 ** 2;

/** Pieces of it: they may be tiny, and each has a price in memory. */
const WRITE_PIECES = 256;

/**
 * @param grown - Told how many bytes are on the disk, each time that some come.
 * @returns The facts of the file, all of it written.
 */
export async function writeDraft(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  grown: (bytes: number) => void = () => undefined,
): Promise<FileFacts> {
  const handle = await open(path, "wx", 0o644);
  let underWay = Promise.resolve();
  try {
    let pieces: Uint8Array[] = [];
    let bytes = 0;
    let total = 0;
    const write = async (next: readonly Uint8Array[], end: number): Promise<void> => {
      await writeAll(handle, next);
      grown(end);
    };
    for await (const chunk of chunks) {
      pieces.push(chunk);
      bytes += chunk.length;
      if (bytes < WRITE_BYTES && pieces.length < WRITE_PIECES) continue;
      await underWay;
      total += bytes;
      underWay = write(pieces, total);
      // It is awaited later; until then its failure has nobody.
      underWay.catch(() => undefined);
      [pieces, bytes] = [[], 0];
    }
    await underWay;
    await write(pieces, total + bytes);
    return factsOfOpen(handle.fd);
  } finally {
    await underWay.catch(() => undefined);
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  if (pieces.length === 0) return;
  const { bytesWritten } = await handle.writev(pieces);
  let skipped = 0;
  for (const piece of pieces) {
    const start = Math.min(piece.length, Math.max(0, bytesWritten - skipped));
    skipped += piece.length;
    // As much as the disk has left over of it; rarely anything.
    if (start < piece.length) await handle.writeFile(piece.subarray(start));
  }
}
