/**
 * Tells how far a stream of bytes has come, as it passes. Looks at no byte.
 */

/** The same bytes. @param tell - Told how many there were so far, each time that some come. */
export async function* countedBytes(
  body: AsyncIterable<Uint8Array>,
  tell: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    tell(bytes);
    yield chunk;
  }
}
