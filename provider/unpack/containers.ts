/**
 * Tells formats apart by their first bytes, which do not lie as media types do. Pure; it looks at a
 * beginning only and proves nothing about the rest.
 */
import { constants, gunzipSync } from "node:zlib";
import { zstdStart } from "./inflate";
import { BLOCK, isHeader } from "./tar-header";

/** How much of a gzip is inflated to look at its inside; the first lengths are enough but for rare headers. */
const PROBE_LENGTHS = [1024, 8 * 1024, 80 * 1024];

/** As many bytes of a blob as `containerOf` and `isArchive` may need: a whole block of zstd. */
export const PROBE_BYTES = 144 * 1024;

export type Container = "gzip" | "zstd" | "zip" | "other";

/** What the bytes at the beginning of a blob are the beginning of. */
export function containerOf(start: Buffer): Container {
  if (start[0] === 0x1f && start[1] === 0x8b) return "gzip";
  if (start.length < 4) return "other";
  const magic = start.readUInt32LE(0);
  // Zstandard frames, and the skippable ones that may stand before them (RFC 8878, 3.1).
  if (magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50) return "zstd";
  // A local file, or the end record of an archive without files.
  if (magic === 0x04034b50 || magic === 0x06054b50) return "zip";
  return "other";
}

/** Whether the blob is a zip, or its first block, inflated where it has to be, is a tar header. */
export async function isArchive(start: Buffer): Promise<boolean> {
  switch (containerOf(start)) {
    case "zip":
      return true;
    case "gzip":
      return isTarHeader(gzipStart(start));
    case "zstd":
      // What cannot be looked into is no plain file either: to be refused with its reason.
      return await zstdStart(start, BLOCK).then(isTarHeader, () => true);
    case "other":
      return isTarHeader(start);
  }
}

function isTarHeader(start: Buffer): boolean {
  return start.length >= BLOCK && isHeader(start, 0);
}

/** At least one block of what the gzip holds, or less where it holds less or is damaged. */
function gzipStart(start: Buffer): Buffer {
  let inflated = Buffer.alloc(0);
  for (const length of PROBE_LENGTHS) {
    try {
      inflated = gunzipSync(start.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH });
    } catch {
      return inflated;
    }
    if (inflated.length >= BLOCK || length >= start.length) break;
  }
  return inflated;
}
