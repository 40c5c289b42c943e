/**
 * Reads the content of one file to its end, and finds out whether anybody wrote it meanwhile. It
 * follows no link, keeps nothing, and leaves no file open.
 */
import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { fileFacts, isUntouched, type FileFacts } from "../store/file-facts";
import { changedMeanwhile, unreadable } from "./problems";
import { checkSignal, type SourceEntry } from "./source";

/** What is read at once. */
const CHUNK_BYTES = 256 * 1024;

/** Waits for nobody who should write at the other end of a pipe. */
const READING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The bytes of a file of the directory, as many as its entry says.
 *
 * @throws OciError INVALID_INPUT where it cannot be read, or is not what it was when it was listed;
 * CANCELLED
 */
export async function* readContent(
  directory: string,
  entry: SourceEntry,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const name = join(directory, entry.path);
  const file = await open(name, READING).catch((error: unknown) => {
    throw unreadable(error, name);
  });
  try {
    await checkUntouched(file, entry.facts, name);
    let left = entry.size;
    while (left > 0) {
      checkSignal(name, signal);
      const chunk = await readSome(file, Math.min(CHUNK_BYTES, left), name);
      if (chunk.length === 0) throw changedMeanwhile(name);
      left -= chunk.length;
      yield chunk;
    }
    await checkUntouched(file, entry.facts, name);
  } finally {
    await file.close();
  }
}

/** At most so many bytes; none at the end of the file. */
async function readSome(file: FileHandle, bytes: number, name: string): Promise<Buffer> {
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(bytes), 0, bytes);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw unreadable(error, name);
  }
}

async function checkUntouched(
  file: FileHandle,
  before: FileFacts | undefined,
  name: string,
): Promise<void> {
  const stats = await file.stat({ bigint: true }).catch((error: unknown) => {
    throw unreadable(error, name);
  });
  const now = fileFacts(stats);
  if (before !== undefined && !isUntouched(before, now)) throw changedMeanwhile(name);
}
