/**
 * Prints what may be more than memory holds: piece by piece, no faster than it is read. It makes no text.
 */
import { once } from "node:events";

/**
 * Prints the pieces, one after the other. Where the reader has seen enough (`| head`), no more of them are
 * made, and that is no failure.
 *
 * @throws what making a piece throws.
 */
export async function printPieces(pieces: AsyncIterable<string>): Promise<void> {
  const { stdout } = process;
  for await (const piece of pieces) {
    if (!stdout.writable) return;
    if (stdout.write(piece)) continue;
    // A pipe that is closed meanwhile is no longer writable; anything else is thrown where it is listened for.
    await once(stdout, "drain").catch(() => undefined);
  }
}
