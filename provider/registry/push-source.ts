/**
 * The bytes of a blob on their way out: read from any byte on, and hashed as they go. The last of them
 * is handed out only if all are those of the digest, so a registry cannot take others for them.
 */
import { Readable } from "node:stream";
import { DigestCheck } from "../digest";
import { factOfReading, hintOfDisk } from "../disk-facts";
import { OciError, systemCode } from "../errors";
import { exactBytes } from "../settings/byte-size";
import type { Descriptor } from "../types";
import type { Payload } from "./payload";

/** A blob that can be read more than once. */
export interface BlobSource {
  readonly descriptor: Descriptor;
  /** The bytes, from the first one on, as often as it is called. */
  open(): Readable;
  /** The bytes from `start` on, where that is cheaper than to read what comes before. */
  openAt?(start: number): Readable;
}

export interface CheckedSource {
  /** Bytes from the first one on that were handed out, in any try. */
  readonly seen: number;
  /** The bytes from `start` to `end`, without the one at `end`. */
  part(start: number, end: number): Payload;
}

/**
 * @param subject - What errors call the blob.
 * @param tell - Told how many bytes are handed out, counted from the blob's first.
 */
export function checkedSource(
  blob: BlobSource,
  subject: string,
  tell: (bytes: number) => void,
): CheckedSource {
  const { digest, size } = blob.descriptor;
  const check = new DigestCheck(digest);
  let actual: string | undefined;
  const see = (piece: Buffer, position: number): void => {
    const unseen = piece.subarray(Math.min(piece.length, check.bytes - position));
    if (unseen.length > 0) check.update(unseen);
    if (position + piece.length < size) return;
    actual ??= check.actual();
    if (actual !== digest) throw changed(subject, `its bytes have the digest ${actual}`);
  };
  async function* read(start: number, end: number): AsyncGenerator<Buffer> {
    let position = start;
    for await (const piece of bytesOf(blob, start, subject)) {
      const taken = piece.subarray(0, end - position);
      see(taken, position);
      position += taken.length;
      yield taken;
      tell(position);
      if (position === end) return;
    }
    throw changed(subject, `${position} of its ${exactBytes(size)} are there`);
  }
  return {
    get seen() {
      return check.bytes;
    },
    part: (start, end) => ({
      length: end - start,
      open: () => Readable.from(read(start, end), { objectMode: false }),
    }),
  };
}

/** The blob's own stream, whose failures are no connection's. */
async function* bytesOf(blob: BlobSource, start: number, subject: string): AsyncGenerator<Buffer> {
  const stream = blob.openAt === undefined ? blob.open() : blob.openAt(start);
  let before = blob.openAt === undefined ? start : 0;
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      const wanted = piece.subarray(before);
      before = Math.max(0, before - piece.length);
      if (wanted.length > 0) yield wanted;
    }
  } catch (error) {
    if (error instanceof OciError) throw error;
    const code = systemCode(error);
    const said = error instanceof Error ? error.message : String(error);
    const fact = code === undefined ? said : factOfReading(code);
    const hint = hintOfDisk(code) ?? "see that its file is there and readable, and push again";
    throw new OciError({ code: "STORE", verb: "read the blob", subject, fact, hint });
  } finally {
    stream.destroy();
  }
}

function changed(subject: string, detail: string): OciError {
  return new OciError({
    code: "DIGEST_MISMATCH",
    verb: "push the blob",
    subject,
    fact: "it is not what its descriptor says",
    details: [detail],
    hint: "leave its files alone while they are packed and pushed, and push again",
  });
}
