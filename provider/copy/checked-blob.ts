/**
 * A blob of another registry on its way: hashed as it is read, and its last bytes are handed on only if
 * all are those of the digest. So wrong bytes are told as what they are, the source's.
 */
import { Readable } from "node:stream";
import type { BlobSource } from "../registry/push-source";
import { checkedBytes } from "../store/checked-bytes";

/** @param subject - What errors call the source: its reference. */
export function checkedBlob(blob: BlobSource, subject: string): BlobSource {
  const { descriptor } = blob;
  const open = (): Readable =>
    Readable.from(lastHeldBack(checkedBytes(descriptor, blob.open(), subject)), {
      objectMode: false,
    });
  if (blob.openAt === undefined) return { descriptor, open };
  // A part alone has no digest: who goes on in the middle checks the whole.
  const openAt = (start: number): Readable =>
    start === 0 ? open() : (blob.openAt?.(start) ?? open());
  return { descriptor, open, openAt };
}

async function* lastHeldBack(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (held !== undefined) yield held;
    held = piece;
  }
  if (held !== undefined) yield held;
}
