/**
 * Takes a zstd stream apart into frames and blocks without inflating it. Decoders differ in what they
 * check of that (some stop after one frame); here it is the same for all. The content of a block is
 * for a decoder to judge.
 *
 * Format: https://www.rfc-editor.org/rfc/rfc8878#section-3.1
 */

import type { Pace } from "./pace";

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/** Magic, descriptor, window, dictionary, content size: what a header has at most. */
const LONGEST_HEADER = 18;

/** Looks at the stream between two looks at the clock: blocks may be empty, so that nothing comes of many. */
const LOOKS = 64;

/** More than any but the "ultra" and "long" levels need; a decoder may allocate it at once. */
export const MOST_WINDOW_BYTES = 32 * 1024 ** 2;

const MOST_BLOCK_BYTES = 128 * 1024;

/** The stream is no zstd, or one that is not inflated here; the message is a clause about it. */
export class ZstdProblem extends Error {
  /** More bytes might have helped. */
  readonly isCut: boolean;

  constructor(message: string, isCut = false) {
    super(message);
    this.isCut = isCut;
  }
}

/** One frame of content. All its pieces have to be taken before the next frame is asked for. */
export interface ZstdFrame {
  /** What it says that it comes to, if it says so. */
  readonly declaredBytes: number | undefined;
  /** The frame's bytes: its header, each block by itself, the checksum. */
  readonly pieces: AsyncGenerator<Buffer, void>;
}

interface FrameHeader {
  readonly length: number;
  readonly declaredBytes: number | undefined;
  readonly hasChecksum: boolean;
}

/**
 * The frames of content, in order; skippable ones are passed over.
 *
 * @param pace - Default: none.
 * @throws ZstdProblem, and what the pace throws
 */
export async function* zstdFrames(
  chunks: AsyncIterable<Buffer>,
  pace?: Pace,
): AsyncGenerator<ZstdFrame, void> {
  const source = new ByteSource(chunks, pace);
  for (;;) {
    const start = await source.peek(LONGEST_HEADER);
    if (start.length === 0) return;
    if (start.length < 8) throw cutOff();
    const magic = start.readUInt32LE();
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      await source.skip(8 + start.readUInt32LE(4));
      continue;
    }
    if (magic !== MAGIC) throw new ZstdProblem("has bytes that are no frame of zstd");
    const header = frameHeader(start);
    yield { declaredBytes: header.declaredBytes, pieces: pieces(header, source) };
  }
}

async function* pieces(header: FrameHeader, source: ByteSource): AsyncGenerator<Buffer, void> {
  yield await source.take(header.length);
  for (let isLast = false; !isLast;) {
    const start = await source.peek(3);
    if (start.length < 3) throw cutOff();
    const word = start.readUIntLE(0, 3);
    isLast = (word & 1) === 1;
    const type = (word >> 1) & 3;
    const size = word >> 3;
    if (type === 3 || size > MOST_BLOCK_BYTES)
      throw new ZstdProblem("has a block of no known kind");
    // A run of one byte is stored as that byte.
    yield await source.take(3 + (type === 1 ? 1 : size));
  }
  if (header.hasChecksum) yield await source.take(4);
}

function frameHeader(start: Buffer): FrameHeader {
  const descriptor = start[4] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x08) !== 0) throw new ZstdProblem("has a frame of a later format");
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryAt = isSingleSegment ? 5 : 6;
  const sizeAt = dictionaryAt + dictionaryBytes;
  const length = sizeAt + sizeBytes;
  if (start.length < length) throw cutOff();
  if (start.subarray(dictionaryAt, sizeAt).some((byte) => byte !== 0)) {
    throw new ZstdProblem("needs a dictionary, which is not supported");
  }
  const declaredBytes = sizeBytes === 0 ? undefined : declaredSize(start, sizeAt, sizeBytes);
  const window = isSingleSegment ? (declaredBytes ?? 0) : windowSize(start[5] ?? 0);
  if (window > MOST_WINDOW_BYTES) {
    const fact = `needs a window of ${window} bytes; up to ${MOST_WINDOW_BYTES} are supported`;
    throw new ZstdProblem(fact);
  }
  return { length, declaredBytes, hasChecksum: (descriptor & 0x04) !== 0 };
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function declaredSize(start: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(start.readBigUInt64LE(at));
  // Two bytes count from 256: less fits into one.
  return start.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}

function cutOff(): ZstdProblem {
  return new ZstdProblem("was cut off", true);
}

/** Chunks as one run of bytes. */
class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #pace: Pace | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #looks = 0;

  constructor(chunks: AsyncIterable<Buffer>, pace: Pace | undefined) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#pace = pace;
  }

  /** The next bytes, which stay; fewer only at the end. */
  async peek(length: number): Promise<Buffer> {
    this.#looks += 1;
    if (this.#looks % LOOKS === 0) await this.#pace?.();
    while (this.#buffer.length < length) {
      const next = await this.#chunks.next();
      if (next.done === true) break;
      const { value } = next;
      this.#buffer = this.#buffer.length === 0 ? value : Buffer.concat([this.#buffer, value]);
    }
    return this.#buffer.subarray(0, length);
  }

  async take(length: number): Promise<Buffer> {
    const bytes = await this.peek(length);
    if (bytes.length < length) throw cutOff();
    this.#buffer = this.#buffer.subarray(length);
    return bytes;
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) {
      const { length: taken } = await this.take(Math.min(left, MOST_BLOCK_BYTES));
      left -= taken;
    }
  }
}
