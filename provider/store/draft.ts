/**
 * Writes bytes that come in pieces to a new file, in few large writes, and goes on to the next pieces
 * while the disk is busy. Looks at no byte.
 */
import { closeSync, openSync, writev, writevSync } from "node:fs";
import { factsOfOpen, type FileFacts } from "./file-facts";

/** What is handed to the disk at once. To hand it over costs as much as to hash some ten KiB. */
const WRITE_BYTES = 1024 ** 2;

/** Pieces of it: they may be tiny, and each has a price in memory. */
const WRITE_PIECES = 256;

/** A draft that is no larger is written at once: to hand it over would take longer. */
const SMALL_BYTES = 128 * 1024;

/**
 * @param grown - Told how many bytes are on the disk, each time that some come.
 * @returns The facts of the file, all of it written.
 */
export async function writeDraft(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  grown: (bytes: number) => void = () => undefined,
): Promise<FileFacts> {
  const file = openSync(path, "wx", 0o644);
  let underWay = Promise.resolve();
  try {
    let pieces: Uint8Array[] = [];
    let bytes = 0;
    let total = 0;
    const write = async (next: readonly Uint8Array[], end: number): Promise<void> => {
      if (end <= SMALL_BYTES) writeAtOnce(file, next);
      else await writeAll(file, next);
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
    return factsOfOpen(file);
  } finally {
    await underWay.catch(() => undefined);
    closeSync(file);
  }
}

function writeAtOnce(file: number, pieces: readonly Uint8Array[]): void {
  for (let rest = pieces; rest.length > 0;) rest = unwritten(rest, writevSync(file, rest));
}

async function writeAll(file: number, pieces: readonly Uint8Array[]): Promise<void> {
  for (let rest = pieces; rest.length > 0;) {
    const waiting = rest;
    const written = await new Promise<number>((resolve, reject) => {
      writev(file, waiting, (error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    });
    rest = unwritten(waiting, written);
  }
}

/** As much as the disk has left over of it; rarely anything. */
function unwritten(pieces: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let skipped = 0;
  return pieces.flatMap((piece) => {
    const start = Math.min(piece.length, Math.max(0, written - skipped));
    skipped += piece.length;
    return start < piece.length ? [piece.subarray(start)] : [];
  });
}
