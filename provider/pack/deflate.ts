/**
 * Deflates, in one way for all: by Node's zlib with every parameter fixed, so that what differs from
 * machine to machine (the time, the name, the system of a gzip header) is not in the bytes.
 *
 * What may still differ is the zlib that a Node was built with. All of 20, 22, 24 and 26 give the same
 * bytes on Linux x64, where this is tested; elsewhere only the content is promised to be the same.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as zlib from "node:zlib";

/** Those of zlib itself, said so that no default decides. */
const PARAMETERS: zlib.ZlibOptions = Object.freeze({
  level: 6,
  memLevel: 8,
  windowBits: 15,
  strategy: zlib.constants.Z_DEFAULT_STRATEGY,
});

/** What is deflated at once; the default of 16 KiB costs more time. */
const CHUNK_BYTES = 256 * 1024;

/** Smaller ones are not worth a stream of their own. The bytes are the same. */
const AT_ONCE_BYTES = 256 * 1024;

/**
 * Without a time and a name, on an unknown system.
 * https://www.rfc-editor.org/rfc/rfc1952#section-2.3
 */
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/** The checksum of what has flown by, and how much it was. */
export interface Tally {
  crc: number;
  bytes: number;
}

/** One gzip member of all chunks. */
export async function* gzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const tally: Tally = { crc: 0, bytes: 0 };
  yield GZIP_HEADER;
  yield* deflate(tallied(chunks, tally));
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(tally.crc, 0);
  trailer.writeUInt32LE(tally.bytes % 2 ** 32, 4);
  yield trailer;
}

/** One raw deflate stream of all chunks. @param size - of all of them, where it is known */
export async function* deflate(
  chunks: AsyncIterable<Buffer>,
  size = Number.POSITIVE_INFINITY,
): AsyncGenerator<Buffer, void> {
  if (size <= AT_ONCE_BYTES) {
    const held: Buffer[] = [];
    for await (const chunk of chunks) held.push(chunk);
    yield zlib.deflateRawSync(Buffer.concat(held), PARAMETERS);
    return;
  }
  const deflater = zlib.createDeflateRaw({ ...PARAMETERS, chunkSize: CHUNK_BYTES });
  const done = pipeline(Readable.from(chunks), deflater);
  // Told by the deflater as well, which is looked at first.
  done.catch(() => undefined);
  yield* deflater as AsyncIterable<Buffer>;
  await done;
}

/** The same chunks, summed up while they are taken. */
export async function* tallied(
  chunks: AsyncIterable<Buffer>,
  tally: Tally,
): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    tally.crc = zlib.crc32(chunk, tally.crc);
    tally.bytes += chunk.length;
    yield chunk;
  }
}
