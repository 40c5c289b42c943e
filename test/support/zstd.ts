/**
 * Makes zstd streams for tests, with stored blocks and runs only, because Node 20 has no encoder; any
 * field of a frame can be forged. It writes bytes only.
 */

const MOST_BLOCK = 128 * 1024;

export interface ZstdFrameOptions {
  /** Default: the content's length; undefined leaves it out. */
  readonly declaredBytes?: number | undefined;
  /** Exponent and mantissa as the format has them. Default: 0x38, a window of 128 KiB. */
  readonly window?: number;
  /** Replaces the byte of flags. */
  readonly descriptor?: number;
  /** Bytes of blocks in place of those of the content. */
  readonly blocks?: Buffer;
  /** Bytes of content in each block. Default: 128 KiB. */
  readonly blockBytes?: number;
}

/** One frame: a header with a window and a content size, then blocks. */
export function zstdFrame(content: string | Buffer, options: ZstdFrameOptions = {}): Buffer {
  const bytes = Buffer.from(content);
  const declared = "declaredBytes" in options ? options.declaredBytes : bytes.length;
  const header = Buffer.alloc(declared === undefined ? 6 : 14);
  header.writeUInt32LE(0xfd2fb528);
  header[4] = options.descriptor ?? (declared === undefined ? 0 : 0xc0);
  header[5] = options.window ?? 0x38;
  if (declared !== undefined) header.writeBigUInt64LE(BigInt(declared), 6);
  return Buffer.concat([header, options.blocks ?? storedBlocks(bytes, options.blockBytes)]);
}

/** The last block of a frame: a byte, repeated; four bytes for up to 128 KiB. */
export function run(byte: number, length: number, isLast = true): Buffer {
  return Buffer.concat([blockHeader(1, length, isLast), Buffer.from([byte])]);
}

/** A skippable frame. */
export function skippable(content: string | Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x184d2a57);
  header.writeUInt32LE(Buffer.from(content).length, 4);
  return Buffer.concat([header, Buffer.from(content)]);
}

/** The three bytes in front of a block: 0 is stored, 1 a run, 2 compressed. */
export function blockHeader(type: number, size: number, isLast: boolean): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE(size * 8 + type * 2 + (isLast ? 1 : 0), 0, 3);
  return header;
}

function storedBlocks(bytes: Buffer, blockBytes = MOST_BLOCK): Buffer {
  const blocks: Buffer[] = [];
  for (let start = 0; start === 0 || start < bytes.length; start += blockBytes) {
    const content = bytes.subarray(start, start + blockBytes);
    const isLast = start + blockBytes >= bytes.length;
    blocks.push(blockHeader(0, content.length, isLast), content);
  }
  return Buffer.concat(blocks);
}
