/**
 * The gate of the blob store: bytes pass while they are hashed, and the last of them only where all
 * are what digest and size name. Writes nothing.
 */
import { DigestCheck } from "../digest";
import { OciError } from "../errors";
import { exactBytes } from "../settings/byte-size";
import type { BlobKey } from "./blobs";

/**
 * Passes chunks on; fails at the end, or as soon as there are too many.
 * @throws OciError DIGEST_MISMATCH
 */
export async function* checkedBytes(
  blob: BlobKey,
  source: AsyncIterable<Uint8Array>,
  subject: string,
): AsyncGenerator<Uint8Array> {
  const check = new DigestCheck(blob.digest);
  for await (const chunk of measuredBytes(blob, source, subject)) {
    check.update(chunk);
    yield chunk;
  }
  const actual = check.actual();
  if (actual !== blob.digest) throw mismatch(blob, subject, `has the digest ${actual}`);
}

/**
 * The same by size alone, for bytes that somebody else hashes.
 * @throws OciError DIGEST_MISMATCH
 */
export async function* measuredBytes(
  blob: BlobKey,
  source: AsyncIterable<Uint8Array>,
  subject: string,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > blob.size) {
      throw mismatch(
        blob,
        subject,
        `is longer than the ${exactBytes(blob.size)} of its descriptor`,
      );
    }
    yield chunk;
  }
  if (bytes < blob.size) {
    throw mismatch(blob, subject, `ended after ${bytes} of ${exactBytes(blob.size)}`);
  }
}

function mismatch({ digest }: BlobKey, subject: string, fact: string): OciError {
  return new OciError({
    code: "DIGEST_MISMATCH",
    verb: "fetch",
    subject,
    fact: `blob ${digest} ${fact}`,
    hint: "the registry or something on the way to it serves wrong bytes; nothing was kept. Run again; if it stays so, tell the people who run it",
  });
}
