/**
 * A run of bytes in an open file: a file of a layout, or its place in a tar. Reads it, in whole or as a
 * stream, and closes it; it checks no content.
 */
import type { FileHandle } from "node:fs/promises";

/** Bytes that are read at once. */
const PIECE = 256 * 1024;

export interface Slice {
  readonly handle: FileHandle;
  /** First byte in the file. */
  readonly start: number;
  /** Bytes. */
  readonly size: number;
}

/** Fills the buffer from the file's byte `position` on, as far as the file goes. Returns the bytes read. */
export async function fill(handle: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let done = 0;
  while (done < buffer.length) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** All of it; shorter where the file has shrunk. The caller has bounded its size. */
export async function readSlice({ handle, start, size }: Slice): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size);
  return buffer.subarray(0, await fill(handle, buffer, start));
}

/** In pieces, from byte `from` of it on; less where the file has shrunk. */
export async function* streamSlice(
  { handle, start, size }: Slice,
  from: number,
): AsyncGenerator<Buffer> {
  for (let at = from; at < size;) {
    const buffer = Buffer.allocUnsafe(Math.min(PIECE, size - at));
    const bytes = await fill(handle, buffer, start + at);
    if (bytes === 0) return;
    at += bytes;
    yield buffer.subarray(0, bytes);
  }
}
