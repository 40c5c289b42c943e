/**
 * The gate of the blob store: bytes pass while they are hashed, and the last of them only where all
 * are what digest and size name. Writes nothing.
 */
import { DigestCheck } from "../digest";
import { OciError } from "../errors";
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
  const mismatch = (fact: string): OciError =>
    new OciError({
      code: "DIGEST_MISMATCH",
      verb: "fetch",
      subject,
      fact,
      hint: "the registry or something on the way to it serves wrong bytes; nothing was kept. Run again; if it stays so, tell the people who run it",
    });
  for await (const chunk of source) {
    check.update(chunk);
    if (check.bytes > blob.size) {
      throw mismatch(`blob ${blob.digest} is longer than the ${blob.size} bytes of its descriptor`);
    }
    yield chunk;
  }
  if (check.bytes < blob.size) {
    throw mismatch(`blob ${blob.digest} ended after ${check.bytes} of ${blob.size} bytes`);
  }
  const actual = check.actual();
  if (actual !== blob.digest) throw mismatch(`blob ${blob.digest} has the digest ${actual}`);
}
