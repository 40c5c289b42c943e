/**
 * Inflates gzip and zstd as the bytes come, to the last member or frame, with the checks of their
 * trailers. It knows nothing of archives, and keeps no more than a few chunks.
 */
import type { Transform, TransformOptions } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as zlib from "node:zlib";
import { systemCode } from "../errors";
import { exactBytes } from "../settings/byte-size";
import type { Pace } from "./pace";
import { broken, type Place } from "./problems";
import { MOST_WINDOW_BYTES, zstdFrames, ZstdProblem, type ZstdFrame } from "./zstd-frames";

/** What is inflated at once; the default of 16 KiB costs half as much time again. */
const CHUNK_BYTES = 1024 ** 2;

/** So that inflating goes on, on its own thread, while the last chunks are being written. */
const AHEAD_CHUNKS = 8;

/** Each chunk as it comes: a stream of bytes would join those that wait, and copy them all for it. */
const AHEAD = { readableObjectMode: true, readableHighWaterMark: AHEAD_CHUNKS } as const;

/** Takes inflated bytes; they are its own. */
export type Take = (chunk: Buffer) => Promise<void>;

/** Node's own decoder, which the older versions do not have. */
interface ZstdLibrary {
  readonly createZstdDecompress?: (options: object) => Transform;
  readonly constants: { readonly ZSTD_d_windowLogMax?: number };
}

const NATIVE = zlib as unknown as ZstdLibrary;

/** All members of a gzip. Throws BAD_ARCHIVE. */
export async function inflateGzip(
  chunks: AsyncIterable<Buffer>,
  take: Take,
  place: Place,
): Promise<void> {
  const options: zlib.ZlibOptions & TransformOptions = {
    chunkSize: CHUNK_BYTES,
    ...AHEAD,
  };
  await inflateWith(zlib.createGunzip(options), chunks, take, place, "gzip");
}

/** One raw deflate stream, as in zip, and how much of its input it was. Throws BAD_ARCHIVE. */
export async function inflateRaw(
  chunks: AsyncIterable<Buffer>,
  take: Take,
  place: Place,
): Promise<{ readonly usedBytes: number }> {
  const inflater = zlib.createInflateRaw({ chunkSize: CHUNK_BYTES });
  await inflateWith(inflater, chunks, take, place, "deflate");
  return { usedBytes: inflater.bytesWritten };
}

/**
 * All frames of a zstd stream.
 *
 * @param pace - what many empty blocks ask between them. Default: nothing
 * @param decoder - "any": Node's where it has one. The one in JavaScript leaves the checksums of the
 * frames alone; the digest of the blob covers the same bytes
 * @throws OciError BAD_ARCHIVE
 */
export async function inflateZstd(
  chunks: AsyncIterable<Buffer>,
  take: Take,
  place: Place,
  pace?: Pace,
  decoder: "any" | "javascript" = "any",
): Promise<void> {
  const native = decoder === "any" ? NATIVE.createZstdDecompress : undefined;
  try {
    for await (const frame of zstdFrames(chunks, pace)) {
      let total = 0;
      const counting: Take = (chunk) => {
        total += chunk.length;
        return take(chunk);
      };
      if (native === undefined) await inflateFrame(frame, counting);
      else await inflateWith(native(nativeOptions()), frame.pieces, counting, place, "zstd");
      if (frame.declaredBytes !== undefined && frame.declaredBytes !== total) {
        throw new ZstdProblem(`comes to ${exactBytes(total)} in a frame of ${frame.declaredBytes}`);
      }
    }
  } catch (error) {
    if (error instanceof ZstdProblem) throw broken(place, `is zstd that ${error.message}`);
    throw error;
  }
}

/**
 * What a zstd stream holds at its beginning: at least `length` bytes, unless there are fewer or `start`
 * ends before. Throws ZstdProblem for what is not inflated at all.
 */
export async function zstdStart(start: Buffer, length: number): Promise<Buffer> {
  let found = Buffer.alloc(0);
  try {
    for await (const frame of zstdFrames(only(start))) {
      for await (const blocks of decodedPieces(frame)) found = Buffer.concat([found, ...blocks]);
      if (found.length >= length) break;
    }
  } catch (error) {
    const isRefused = error instanceof ZstdProblem && !error.isCut;
    if (isRefused) throw error;
  }
  return found;
}

function nativeOptions(): object {
  const windowLog = NATIVE.constants.ZSTD_d_windowLogMax;
  return {
    chunkSize: CHUNK_BYTES,
    ...AHEAD,
    ...(windowLog === undefined ? {} : { params: { [windowLog]: Math.log2(MOST_WINDOW_BYTES) } }),
  };
}

async function inflateFrame(frame: ZstdFrame, take: Take): Promise<void> {
  for await (const blocks of decodedPieces(frame)) {
    for (const block of blocks) await take(block);
  }
}

/** Few layers need it. */
function loadZstd(): typeof import("fzstd") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require("fzstd") as typeof import("fzstd");
}

/** Block by block, so that little input never comes to much output at once. Throws ZstdProblem. */
async function* decodedPieces(frame: ZstdFrame): AsyncGenerator<readonly Buffer[], void> {
  let found: Buffer[] = [];
  const decoder = new (loadZstd().Decompress)((bytes) => found.push(asBuffer(bytes)));
  const push = (piece: Uint8Array, isLast: boolean): void => {
    try {
      decoder.push(piece, isLast);
    } catch (error) {
      // Whatever it stumbled over: it checks few bounds, and not all of its errors are its own.
      throw new ZstdProblem(`cannot be inflated: ${(error as Error).message}`);
    }
  };
  for await (const piece of frame.pieces) {
    push(piece, false);
    yield found;
    found = [];
  }
  push(new Uint8Array(0), true);
  yield found;
}

async function inflateWith(
  inflater: Transform,
  chunks: AsyncIterable<Buffer>,
  take: Take,
  place: Place,
  format: string,
): Promise<void> {
  const seen = { end: false };
  try {
    await pipeline(chunks, inflater, async (inflated: AsyncIterable<Buffer>) => {
      for await (const chunk of inflated) await take(chunk);
      seen.end = true;
    });
  } catch (error) {
    // Zeros behind the last member end the stream before its input; in zip the caller compares.
    if (seen.end && format !== "zstd") return;
    if (!/^(Z|ZSTD)_/.test(systemCode(error) ?? "")) throw error;
    throw broken(place, `is no whole ${format}: ${(error as Error).message}`, error);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* only(chunk: Buffer): AsyncGenerator<Buffer, void> {
  yield chunk;
}
